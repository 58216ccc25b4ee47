"""The whole platform in one process: a pole is claimed, speaks over mTLS, is commanded, and is shut out."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract.birth import Status
from contract.commands import Command, Reply
from contract.enrol import CA, CLAIM, RENEW, ClaimAnswer, ClaimLink, ClaimRequest, RenewRequest, read_link
from contract.watermark import read_watermark
from fleet import renewal
from fleet.actions import JobAnswer, RestoreAnswer
from fleet.app import ServeSettings, Serving, serve
from fleet.cli import main
from fleet.control import ask
from fleet.errors import FleetError
from simulator.ports import free_port
from tests.fleet.poles import EPOCH, message


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # certificates are good for the real time


@contextlib.asynccontextmanager
async def platform(folder: Path, **fields: Any) -> AsyncIterator[Serving]:
    """A platform in this process, on free ports of the loopback."""
    clock: Callable[[], datetime] = fields.pop("clock", now)
    up: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
    settings = ServeSettings(folder=folder, web_port=0, mqtt_port=free_port(), **fields)
    task = asyncio.get_running_loop().create_task(serve(settings, clock, up.set_result))
    try:
        waited: list[asyncio.Future[Any]] = [up, task]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED, timeout=120)
        assert up.done(), task.exception() if task.done() else "not up within 120 s"
        yield up.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class TestPole:
    """A pole with a key of its own that has a claim link."""

    __test__ = False

    def __init__(self, folder: Path, link: str) -> None:
        self.link: ClaimLink = read_link(link)
        self.name = self.identifier = self.link.pole
        self._folder = folder
        self.key, self.csr = key_and_csr(self.name)
        self.answer: ClaimAnswer | None = None

    def post(self, path: str, request: msgspec.Struct) -> ClaimAnswer:
        asked = urllib.request.Request(self.link.server + path, msgspec.json.encode(request))
        with urllib.request.urlopen(asked, context=self._trust(), timeout=60) as answer:
            return msgspec.json.decode(answer.read(), type=ClaimAnswer)

    def _trust(self) -> ssl.SSLContext | None:
        if not self.link.ca:
            return None
        careless = ssl.create_default_context()
        careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(self.link.server + CA, context=careless, timeout=60) as answer:
            ca = x509.load_pem_x509_certificate(answer.read())
        assert ca.fingerprint(hashes.SHA256()).hex() == self.link.ca
        return ssl.create_default_context(cadata=ca.public_bytes(serialization.Encoding.PEM).decode())

    def claim(self) -> ClaimAnswer:
        self.answer = self.post(CLAIM, ClaimRequest(pole=self.name, token=self.link.token, csr=self.csr))
        return self.answer

    def renew(self) -> ClaimAnswer:
        """A certificate for a new key; the pole goes on with it."""
        key, csr = key_and_csr(self.name)
        signature = base64.b64encode(self.key.sign(csr.encode(), ec.ECDSA(hashes.SHA256()))).decode()
        self.answer = self.post(RENEW, RenewRequest(pole=self.name, csr=csr, signature=signature))
        self.key, self.csr = key, csr
        return self.answer

    def context(self) -> ssl.SSLContext:
        assert self.answer is not None
        ca, cert, key = (self._folder / f"{self.name}.{end}" for end in ("ca", "pem", "key"))
        ca.write_text(self.answer.ca)
        cert.write_text(self.answer.certificate)
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        key.write_bytes(self.key.private_bytes(serialization.Encoding.PEM, *form))
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(cert, key)
        return context

    def connect(self) -> aiomqtt.Client:
        assert self.answer is not None
        lost = msgspec.json.encode(Status(pole=self.name, state="offline", at=now(), reason="lost"))
        return aiomqtt.Client(
            self.answer.host,
            self.answer.port,
            identifier=self.identifier,
            tls_context=self.context(),
            protocol=aiomqtt.ProtocolVersion.V5,
            timeout=120,
            will=aiomqtt.Will(f"sp/v2/{self.name}/status", lost, qos=1, retain=True),
        )


def key_and_csr(name: str) -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return key, csr.public_bytes(serialization.Encoding.PEM).decode()


async def claimed(running: Serving, name: str) -> TestPole:
    link = await asyncio.to_thread(ask, running.folder / "control.sock", "claim", {"pole": name, "valid_s": 60}, str)
    pole = TestPole(running.folder, link)
    await asyncio.to_thread(pole.claim)
    return pole


async def shut_out(pole: TestPole) -> None:
    """Returns once the broker refuses the pole's certificate: it reads its new list between two connections."""
    async with asyncio.timeout(120):
        while await asyncio.to_thread(admitted, pole):
            await asyncio.sleep(0.05)


def admitted(pole: TestPole) -> bool:
    """Whether the broker answers a CONNECT (MQTT 3.1.1); with TLS 1.3 a refusal comes after the handshake."""
    assert pole.answer is not None
    with (
        socket.create_connection((pole.answer.host, pole.answer.port), 120) as plain,
        contextlib.suppress(ssl.SSLError, ConnectionError),
        pole.context().wrap_socket(plain, server_hostname=pole.answer.host) as link,
    ):
        link.sendall(b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01x")
        return link.recv(1) == b"\x20"
    return False


def online(pole: str, **fields: Any) -> bytes:
    return msgspec.json.encode(Status(pole=pole, state="online", at=now(), epoch=EPOCH, **fields))


async def next_on(client: aiomqtt.Client, leaf: str) -> bytes:
    async with asyncio.timeout(120):
        async for each in client.messages:
            if each.topic.value.endswith(leaf):
                return bytes(each.payload)
    raise AssertionError("the connection ended")


def test_a_pole_that_takes_the_name_of_another_connection_ends_none(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f") as running:
            pole, other = await claimed(running, "p1"), await claimed(running, "p2")
            async with pole.connect() as client:
                await client.subscribe("sp/v2/p1/ack", qos=1)
                for name in ("polefleet", "p1"):
                    other.identifier = name
                    async with other.connect() as stranger:
                        await stranger.publish("sp/v2/p2/status", online("p2"), qos=1)
                        await client.publish("sp/v2/p1/summary", message("p1", [1]), qos=1)
                        assert read_watermark(await next_on(client, "/ack")).ranges == ((1, 1),)

    asyncio.run(story())


def test_a_claimed_pole_is_stored_commanded_renewed_and_revoked(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f") as running:
            control = running.folder / "control.sock"
            pole = await claimed(running, "p1")
            async with pole.connect() as client:
                await client.subscribe([("sp/v2/p1/ack", 1), ("sp/v2/p1/command", 1)])
                await client.publish("sp/v2/p1/status", online("p1", next_seq=1), qos=1)
                await client.publish("sp/v2/p1/summary", message("p1", [1, 2, 7]), qos=1)
                mark = read_watermark(await next_on(client, "/ack"))
                assert (mark.epoch, mark.ranges) == (EPOCH, ((1, 2), (7, 7)))

                args = {"filters": ["p1"], "name": "ping", "args": {}, "expires_s": 600, "who": "test"}
                job = await asyncio.to_thread(ask, control, "command", args, str)
                command = msgspec.json.decode(await next_on(client, "/command"), type=Command)
                assert (command.id, command.name) == (job, "ping")
                reply = Reply(id=job, ok=True, at=now(), clock="synced", result={"version": "0"})
                await client.publish("sp/v2/p1/reply", msgspec.json.encode(reply), qos=1)

                def done() -> bool:
                    return bool(ask(control, "job", {"job": job}, JobAnswer).progress.states == {"done": 1})

                async with asyncio.timeout(120):
                    while not await asyncio.to_thread(done):
                        await asyncio.sleep(0.05)

                await client.publish("sp/v2/p1/status", online("p1", next_seq=8), qos=1)
                resend = msgspec.json.decode(await next_on(client, "/command"), type=Command)
                assert resend.name == "resend", "the platform asks by itself for what is missing"
                assert msgspec.json.decode(resend.args) == {"epoch": EPOCH, "ranges": [[3, 6]]}
                asked: RestoreAnswer = await asyncio.to_thread(ask, control, "restore_check", {}, RestoreAnswer)
                assert [hole.ranges for hole in asked.holes] == [((3, 6),)]

            await asyncio.to_thread(pole.renew)
            async with pole.connect() as client:
                await client.publish("sp/v2/p1/summary", message("p1", [3]), qos=1)

            assert await asyncio.to_thread(ask, control, "revoke", {"pole": "p1"}, int) == 2
            await shut_out(pole)

    asyncio.run(story())


def test_a_pole_speaks_on_its_own_topics_only_and_never_acknowledges(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f") as running:
            one, other = await claimed(running, "p1"), await claimed(running, "p2")
            async with one.connect() as client, other.connect() as victim:
                await victim.subscribe("sp/v2/p2/ack", qos=1)
                await client.subscribe("sp/v2/#", qos=1)
                mark = b'{"epoch":"e","ranges":[[1,9]]}'
                for topic in ("sp/v2/p2/ack", "sp/v2/p2/summary", "sp/v2/p1/ack", "sp/v2/p2/command"):
                    with contextlib.suppress(aiomqtt.MqttError):
                        await client.publish(topic, mark, qos=1)
                await victim.publish("sp/v2/p2/summary", message("p2", [1]), qos=1)
                assert read_watermark(await next_on(victim, "/ack")).epoch == EPOCH, (
                    "the first that comes is the platform's"
                )
                assert not len(client.messages), "what is another's is not received"

    asyncio.run(story())


def test_a_claim_is_good_once_and_its_answer_can_be_asked_for_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f") as running:
            pole = await claimed(running, "p1")
            first = pole.answer
            assert first is not None
            assert (await asyncio.to_thread(pole.claim)).certificate == first.certificate
            thief = TestPole(tmp_path, str(pole.link))
            with pytest.raises(urllib.error.HTTPError) as refused:
                await asyncio.to_thread(thief.claim)
            with refused.value as answer:
                assert answer.code == 403
                assert b"has been used" in answer.read()

    asyncio.run(story())


def test_who_is_connected_with_an_earlier_certificate_is_put_out_by_a_new_claim_and_by_revoking(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f") as running:
            thief = await claimed(running, "p1")
            async with connected(thief) as stolen:
                pole = await claimed(running, "p1")
                await over(stolen)
            async with connected(pole) as own:
                await own.publish("sp/v2/p1/summary", message("p1", [1]), qos=1)
                await asyncio.to_thread(pole.claim)  # its answer was lost: no reason to put it out
                await own.publish("sp/v2/p1/summary", message("p1", [2]), qos=1)
                await asyncio.to_thread(ask, running.folder / "control.sock", "revoke", {"pole": "p1"}, int)
                await over(own)

    asyncio.run(story())


@contextlib.asynccontextmanager
async def connected(pole: TestPole) -> AsyncIterator[aiomqtt.Client]:
    """A connection that may end before it is left."""
    client = pole.connect()
    await client.__aenter__()
    try:
        yield client
    finally:
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)


async def over(client: aiomqtt.Client) -> None:
    """Returns once the broker has ended the connection."""
    async with asyncio.timeout(120):
        with contextlib.suppress(aiomqtt.MqttError):
            async for _ in client.messages:
                pass


def test_certificates_are_renewed_while_broker_and_pages_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "EVERY_S", 0.05)
    behind = timedelta(days=350)

    async def story() -> None:
        async with platform(tmp_path / "f", clock=lambda: now() - behind, host="localhost") as running:
            ports = [int(where.rstrip("/").rpartition(":")[2]) for where in (running.pages, running.broker)]
            before = [await asyncio.to_thread(presented, port) for port in ports]
            nonlocal behind
            behind = timedelta()
            async with asyncio.timeout(120):
                for port, old in zip(ports, before, strict=True):
                    while await asyncio.to_thread(presented, port) == old:
                        await asyncio.sleep(0.05)
            pole = await claimed(running, "p1")
            async with pole.connect() as client:
                await client.publish("sp/v2/p1/summary", message("p1", [1]), qos=1)

    asyncio.run(story())


def presented(port: int) -> str:
    """The certificate that the server shows."""
    return ssl.get_server_certificate(("localhost", port), timeout=60)


def test_poles_of_other_machines_claim_over_tls_with_the_fingerprint_of_the_link(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f", host="localhost") as running:
            pole = await claimed(running, "p1")
            assert pole.link.server.startswith("https://localhost:")
            async with pole.connect() as client:
                await client.publish("sp/v2/p1/summary", message("p1", [1]), qos=1)

    asyncio.run(story())


def test_the_command_line_says_that_no_platform_runs(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="start it with 'polefleet serve'"):
        ask(tmp_path / "control.sock", "health", {}, dict)


def test_a_second_platform_in_the_same_folder_says_so_and_leaves_the_first_alone(tmp_path: Path) -> None:
    folder = tmp_path / "f"

    async def story() -> None:
        async with platform(folder) as running:
            with pytest.raises(FleetError, match=r"a platform runs in .* already"):
                await serve(ServeSettings(folder=folder, web_port=0, mqtt_port=free_port()), now, lambda _: None)
            assert (await claimed(running, "p1")).answer, "its control socket is its own"
        async with platform(folder):
            pass

    asyncio.run(story())


def test_a_second_platform_on_the_same_ports_says_which(tmp_path: Path) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f") as running:
            port = int(running.pages.rstrip("/").rpartition(":")[2])
            taken = ServeSettings(folder=tmp_path / "g", web_port=port, mqtt_port=free_port())
            with pytest.raises(FleetError, match=f"port {port} cannot be opened"):
                await serve(taken, now, lambda _: None)

    asyncio.run(story())


def test_the_command_line_claims_imports_commands_and_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register = tmp_path / "poles.csv"
    register.write_text("pole,street\np1,Long Road\n", encoding="utf-8")

    async def story() -> None:
        async with platform(tmp_path / "f") as running:

            async def said(*words: str, code: int = 0) -> str:
                assert await asyncio.to_thread(main, [*words, "--folder", str(running.folder)]) == code
                printed = capsys.readouterr()
                return printed.err if code else printed.out

            assert await said("register", str(register)) == f"1 poles are in the register as {register} has them\n"
            assert read_link(await said("claim", "p1")).pole == "p1"
            job = (await said("command", "ping", "street=Long Road")).split()[1].rstrip(":")
            assert "1 queued" in await said("job", job)
            assert "no command of a pole is called 'reboot'" in await said("command", "reboot", "all", code=1)
            assert "--args is no JSON" in await said("command", "ping", "all", "--args", "{", code=2)
            assert "no job 'x'" in await said("job", "x", code=1)
            assert await said("restore-check") == "0 poles, 0 events to come; 0 questions were put to poles just now\n"
            erased = "of p1/gate are deleted: 0 events, 0 incidents, 0 values; 0 unreadable messages of p1\n"
            assert await said("erase", "--camera", "p1/gate", "--yes") == erased
            assert await said("revoke", "p1") == "0 certificates of p1 are revoked\n"

    asyncio.run(story())
