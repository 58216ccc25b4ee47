"""A pole with a real store that seals with keys of the test's own, and what a platform receives of it."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.config.settings import MIB, TlsSettings
from agent.store import Store, open_store
from agent.uplink.sealing import PoleSealer
from contract.envelope import pack
from contract.types import Body, Event, Lane, Row
from fleet.proof.evidence import PoleEvidence
from fleet.proof.judge import PoleProof, judge
from fleet.proof.keys import SealKeys
from tests.store import rig

POLE = "p-1"


Issue = Callable[[ec.EllipticCurvePrivateKey], x509.Certificate]


def certificate(key: ec.EllipticCurvePrivateKey, pole: str = POLE) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, pole)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(rig.START - timedelta(days=1))
        .not_valid_after(rig.START + timedelta(days=400))
        .sign(key, hashes.SHA256())
    )


class SealingPole:
    """A store in ``folder``; ``received`` are the messages that arrived, in their order."""

    def __init__(self, folder: Path, seed: int = 0, max_bytes: int = 8 * MIB, issue: Issue = certificate) -> None:
        self.folder = folder / "pole"
        self.random = random.Random(seed)
        self.pole = POLE
        self.issue = issue
        self.max_bytes = max_bytes
        self.clock = rig.FakeClock()
        self.runner = asyncio.Runner()
        self.received: list[bytes] = []
        self.certificates: list[x509.Certificate] = []
        self.number = 0
        self.boots = 0
        self.renew()
        self.open()

    def renew(self) -> None:
        """Another key, and its certificate."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificates.append(self.issue(self.key))
        self.cert_file = self.folder.parent / f"pole-{len(self.certificates)}.pem"
        self.cert_file.write_bytes(self.certificates[-1].public_bytes(serialization.Encoding.PEM))

    def open(self) -> None:
        made = rig.settings(self.folder, max_bytes=self.max_bytes, delivered_bytes=min(MIB, self.max_bytes // 4))
        boots = self.boots
        self.opened = open_store(made, self.clock, lambda: f"0f0e0d0c-0000-4000-8000-{boots:012d}", pole=self.pole)
        self.store: Store = self.runner.run(self.opened.__aenter__())

    def restart(self, *, clean: bool = True, boot: bool = False) -> None:
        """``clean`` false: what a kill leaves."""
        self.runner.run(self.store.flush())
        copy = self.folder.with_name("copy")
        shutil.copytree(self.folder, copy)
        self.close()
        if not clean:
            shutil.rmtree(self.folder)
            copy.rename(self.folder)
        else:
            shutil.rmtree(copy)
        self.boots += boot
        self.open()

    def damage(self) -> None:
        """The power is cut, and some pages of the file are rubbish afterwards."""
        self.close()
        file = self.folder / "pole.db"
        pages = file.stat().st_size // 4096
        with file.open("r+b") as disk:
            for _ in range(self.random.randint(1, 6)):
                disk.seek(self.random.randrange(3, pages) * 4096)
                disk.write(self.random.randbytes(4096))
        self.open()
        self.runner.run(self.store.flush())

    def close(self) -> None:
        self.runner.run(self.opened.__aexit__(None, None, None))

    def put(self, count: int, lane: Lane = Lane.EVENT, padding: int = 0) -> None:
        self.clock.elapsed += 1
        at = self.clock.now()
        self.store.put([rig.event(at, self.number + index, lane, padding) for index in range(count)])
        self.number += count
        self.runner.run(self.store.flush())

    def put_summaries(self, count: int) -> None:
        for _ in range(count):
            self.clock.elapsed += 60
            self.store.put([rig.summary(self.clock.now()), rig.summary(self.clock.now(), source="yard")])
        self.runner.run(self.store.flush())

    def restamp(self, error_s: float) -> None:
        """The clock is found wrong and set."""
        self.clock.error_s, self.clock.synced = 0.0, True
        self.clock.elapsed += error_s
        self.runner.run(self.store.restamp(self.clock.now()))

    def deliver(self, lane: Lane, most: int = 50, *, lost: bool = False) -> int:
        """Send the oldest rows; ``lost``: the acknowledgement does not come."""
        rows = self.runner.run(self.store.unsent(lane))[:most]
        if rows:
            self.received.append(pack(self.pole, rows).payload)
        if not lost:
            self.store.acknowledge((row.epoch, row.seq) for row in rows)
            self.runner.run(self.store.flush())
        return len(rows)

    def give_up(self, rows: Sequence[Row]) -> None:
        """As the uplink does with what the broker refuses for good."""
        from contract.events import Gap  # noqa: PLC0415

        for row in rows:
            gap = Gap(
                epoch=row.epoch,
                deleted_lane=row.lane.name.lower(),
                ranges=((row.seq, row.seq),),
                count=1,
                reason="refused",
            )
            self.store.put([Event.of("agent", self.clock.now(), gap)])
        self.store.acknowledge((row.epoch, row.seq) for row in rows)
        self.runner.run(self.store.flush())

    def seal(self) -> int:
        async def keep(body: Body) -> None:
            self.store.put([Event.of("agent", self.clock.now(), body)])
            await self.store.flush()

        async def sign(_: Path, data: bytes) -> bytes:
            return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

        tls = TlsSettings(ca_file="ca", cert_file=str(self.cert_file), key_file=str(self.folder.parent / "key"))
        sealer = PoleSealer(self.pole, self.store, tls=lambda: tls, keep=keep, clock=self.clock, sign=sign)
        return self.runner.run(sealer.seal())

    def deliver_all(self) -> None:
        for lane in Lane:
            while self.deliver(lane, 500):
                pass

    def proof(self, messages: Sequence[bytes] | None = None, **options: object) -> PoleProof:
        return proof(self.pole, self.received if messages is None else messages, self.certificates, **options)


def proof(pole: str, messages: Sequence[bytes], trusted: Sequence[x509.Certificate], **options: object) -> PoleProof:
    evidence = PoleEvidence(pole)
    for message in messages:
        evidence.take(message)
    return judge(evidence, SealKeys(trusted), **options)  # type: ignore[arg-type]


def taken_apart(messages: Sequence[bytes]) -> list[dict[str, object]]:
    """Every event as JSON, in the order in which it came."""
    from contract.decode import pieces  # noqa: PLC0415

    return [msgspec.json.decode(piece) for message in messages for piece in pieces(message)]


def together(events: Sequence[dict[str, object]]) -> list[bytes]:
    return [msgspec.json.encode([event]) for event in events]
