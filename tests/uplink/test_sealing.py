"""The pole signs its seals with the key of its certificate, by the openssl program."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest

from agent.config.settings import TlsSettings
from agent.setup.key import make_key, self_signed
from agent.store import open_store
from agent.system import openssl
from agent.uplink import sealing
from agent.uplink.sealing import PoleSealer, own_files
from contract.envelope import pack
from contract.types import Body, Event, Lane
from fleet.proof.evidence import PoleEvidence
from fleet.proof.judge import judge
from fleet.proof.keys import SealKeys, certificates
from tests.store.rig import FakeClock, boot, event, settings


def identity(folder: Path) -> TlsSettings:
    """A key and its certificate as two generations have them, the newer one in use."""
    (folder / "1").mkdir()
    key, cert = folder / "1/pole.key", folder / "1/pole.pem"
    key.write_bytes(make_key())
    cert.write_bytes(self_signed(key, ("127.0.0.1",)))  # its common name is "poleagent web"
    (folder / "current").symlink_to("1")
    current = folder / "current"
    return TlsSettings(ca_file="ca", cert_file=str(current / "pole.pem"), key_file=str(current / "pole.key"))


def test_a_seal_is_signed_by_the_key_of_the_certificate_that_it_names(tmp_path: Path) -> None:
    tls = identity(tmp_path)

    async def scenario() -> bytes:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot, pole="poleagent web") as store:

            async def keep(body: Body) -> None:
                store.put([Event.of("agent", clock.now(), body)])
                await store.flush()

            store.put([event(clock.now(), number) for number in range(10)])
            sealer = PoleSealer("poleagent web", store, tls=lambda: tls, keep=keep, clock=clock)
            assert await sealer.seal() == 1
            return pack("poleagent web", await store.unsent(Lane.EVENT)).payload

    evidence = PoleEvidence("poleagent web")
    evidence.take(asyncio.run(scenario()))
    pem = (tmp_path / "1/pole.pem").read_bytes()
    found = judge(evidence, SealKeys(certificates(pem)))
    assert (found.state, found.proven, found.findings) == ("waiting", 11, ())


def test_certificate_and_key_are_of_one_generation(tmp_path: Path) -> None:
    assert own_files(identity(tmp_path)) == (tmp_path / "1/pole.pem", tmp_path / "1/pole.key")
    assert own_files(TlsSettings(ca_file="ca")) is None
    assert own_files(None) is None


class Unneeded:
    """A store that nobody may ask."""


def test_a_pole_without_a_certificate_seals_nothing() -> None:
    sealer = PoleSealer("p", Unneeded(), tls=lambda: None, keep=Unneeded, clock=FakeClock())  # type: ignore[arg-type]
    assert asyncio.run(sealer.seal()) == 0


def test_a_missing_openssl_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(openssl, "ENVIRONMENT", {"PATH": str(tmp_path)})
    tls = identity(tmp_path)

    class Clock(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if self.elapsed > 5 * sealing.EVERY_S:
                raise asyncio.CancelledError

    async def scenario() -> None:
        clock = Clock()
        async with open_store(settings(tmp_path), clock, boot, pole="p") as store:
            store.put([event(clock.now())])
            sealer = PoleSealer("p", store, tls=lambda: tls, keep=Unneeded, clock=clock)  # type: ignore[arg-type]
            with pytest.raises(asyncio.CancelledError):
                await sealer.run()
            assert "openssl program is missing" in sealer.trouble, "status says so as long as it lasts"

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert [record.message for record in caplog.records if "sealed" in record.message] == [
        "the events cannot be sealed, the openssl program is missing: sudo apt install openssl"
    ]


def test_what_openssl_says_is_said(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be sealed"):
        asyncio.run(sealing.sign(tmp_path / "none.key", msgspec.json.encode({})))
