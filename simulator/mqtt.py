"""A pole's connection by MQTT 3.1.1 over mutual TLS, as small as it can be: thousands of them fit into one process."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import CertificateSigningRequestBuilder, Name

from contract.topics import Topics
from fleet.pki import Authority

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
CLEAN, WILL_QOS1_RETAINED = 0x02, 0x2C
KEEPALIVE_S = 600


class PoleSocket:
    """``connect`` subscribes to what is meant for the pole; ``packet`` gives what comes. Raises ``OSError``."""

    def __init__(self, pole: str, port: int, context: ssl.SSLContext | None, topics: Topics, will: bytes = b"") -> None:
        self.pole = pole
        self.topics = topics
        self.port = port
        self._context = context
        self._will = will
        self._number = 0

    async def connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self._context)
        will = _text(self.topics.status.encode()) + _text(self._will) if self._will else b""
        flags = CLEAN | (WILL_QOS1_RETAINED if self._will else 0)
        head = b"\0\4MQTT\4" + bytes((flags,)) + KEEPALIVE_S.to_bytes(2, "big")
        self._send(CONNECT, head + _text(self.pole.encode()) + will)
        await self._expect(CONNACK)
        topics = (self.topics.ack, self.topics.command)
        self._send(SUBSCRIBE, b"\0\1" + b"".join(_text(topic.encode()) + b"\1" for topic in topics))
        await self._expect(SUBACK)

    async def _expect(self, kind: int) -> None:
        if (await self._packet())[0] != kind:
            raise ConnectionError(f"the broker refuses {self.pole}")

    def cut(self) -> None:
        """As a link that breaks: the broker sees nothing of it but the end."""
        self._writer.transport.abort()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._number = self._number % 65_535 + 1
        self._send(PUBLISH | 2 | retain, _text(topic.encode()) + self._number.to_bytes(2, "big") + payload)

    async def received(self) -> tuple[str, bytes]:
        """The next message, acknowledged: its topic and payload."""
        while True:
            kind, body = await self._packet()
            if kind & 0xF0 == PUBLISH:
                length = 2 + int.from_bytes(body[:2], "big")
                rest = length
                if kind & 0x06:
                    self._send(PUBACK, body[length : length + 2])
                    rest += 2
                return body[2:length].decode(), body[rest:]

    def _send(self, kind: int, body: bytes) -> None:
        length, rest = bytearray(), len(body)
        while True:
            rest, digit = rest // 128, rest % 128
            length.append(digit | (128 if rest else 0))
            if not rest:
                break
        self._writer.write(bytes((kind, *length)) + body)

    async def _packet(self) -> tuple[int, bytes]:
        try:
            kind = (await self._reader.readexactly(1))[0]
            length = shift = 0
            while True:
                digit = (await self._reader.readexactly(1))[0]
                length |= (digit & 127) << shift
                shift += 7
                if digit < 128:
                    return kind, await self._reader.readexactly(length)
        except asyncio.IncompleteReadError as reason:
            raise ConnectionError(f"the broker has ended the link of {self.pole}") from reason


def _text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def certified(authority: Authority, folder: Path, pole: str) -> ssl.SSLContext:
    """What a pole that was claimed connects with: a new key, and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = CertificateSigningRequestBuilder().subject_name(Name([])).sign(key, hashes.SHA256())
    issued = authority.sign(csr.public_bytes(serialization.Encoding.PEM).decode(), pole)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / f"{pole}.pem"  # several are made at the same time
    file.write_bytes(issued.pem.encode() + key.private_bytes(serialization.Encoding.PEM, *form))
    made = ssl.create_default_context(cafile=str(authority.file))
    made.load_cert_chain(file)
    file.unlink()
    return made
