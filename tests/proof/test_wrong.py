"""Seals that say what no pole says: each is a finding, and none ends the platform."""

from __future__ import annotations

import base64
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.uplink.sealing import fingerprint_of
from contract.events import Seal
from contract.types import Event, Lane
from fleet.errors import FleetError
from fleet.proof import watch
from fleet.proof.book import SealBook
from fleet.proof.evidence import PoleEvidence
from fleet.proof.judge import PoleProof, judge
from fleet.proof.watch import SealWatch
from fleet.store.messages import Inbox
from fleet.store.sqlite import open_store
from tests.proof import rig
from tests.proof.rig import POLE, SealingPole, certificate
from tests.store.rig import START


def sealed(pole: SealingPole, *ranges: dict[str, object], signed: bool = True) -> None:
    """Put a seal that says so, by the pole's own key or by none."""
    parts = [{"epoch": pole.store.epoch, "begins": 1, "first": 1, "last": 1, "blocks": "", **each} for each in ranges]
    head = msgspec.json.encode(
        {
            "pole": pole.pole,
            "at": START,
            "synced": True,
            "certificate": fingerprint_of(pole.cert_file),
            "ranges": parts,
        }
    )
    signature = pole.key.sign(head if signed else b"another", ec.ECDSA(hashes.SHA256()))
    seal = Seal(head=head.decode(), signature=base64.b64encode(signature).decode())
    pole.store.put([Event.of("agent", pole.clock.now(), seal)])
    pole.runner.run(pole.store.flush())


class City:
    """A platform's store with what poles delivered, and its watch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.book = SealBook(folder)

    def take(self, *poles: SealingPole, deliver: bool = True) -> None:
        with open_store(self.folder / "fleet.db") as store:
            for pole in poles:
                if deliver:
                    pole.deliver_all()
                store.commit([Inbox(pole.pole, message, START, "event") for message in pole.received])
        pems = [each.public_bytes(serialization.Encoding.PEM) for pole in poles for each in pole.certificates]
        (self.folder / "ca.pem").write_bytes(b"".join(pems))

    def looked(self, days: float = 0.0) -> None:
        now = START + timedelta(days=days)
        SealWatch(self.folder / "fleet.db", self.folder / "ca.pem", self.book, lambda: now).round()


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.fixture
def pole(tmp_path: Path) -> Iterator[SealingPole]:
    (tmp_path / "one").mkdir()
    made = SealingPole(tmp_path / "one")
    made.put(10)
    yield made
    made.close()
    made.runner.close()


HUGE = base64.b64encode(bytes(32 * 2)).decode()
WRONG: dict[str, dict[str, object]] = {
    "no base64": {"blocks": "A"},
    "foreign letters": {"blocks": "锁"},
    "a number too large for the database": {"last": 99999999999999999999},
    "far more numbers than hashes": {"last": 2**52},
    "more hashes than numbers": {"blocks": HUGE},
    "before the epoch begins": {"begins": 300, "first": 1, "last": 5, "blocks": base64.b64encode(bytes(32)).decode()},
}


@pytest.mark.fault(
    "a pole's seal holds what no seal may hold: no base64, numbers beyond all bounds",
    "the seal counts as unreadable; the platform and the seals of other poles go on",
)
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_seal_is_a_finding(city: City, pole: SealingPole, what: str, *, signed: bool) -> None:
    sealed(pole, WRONG[what], signed=signed)
    city.take(pole)
    city.looked()
    assert city.book.states([POLE]) == {POLE: "broken"}
    found = {finding.what for finding in city.book.findings(POLE)}
    assert found <= {"unreadable", "signature"}
    assert pole.proof().state == "broken"  # as the command says it


def test_numbers_far_apart_cost_no_memory(pole: SealingPole) -> None:
    block = base64.b64encode(bytes(32)).decode()
    far = 2**52
    sealed(pole, {"last": 5, "blocks": block}, {"first": far, "last": far, "blocks": block})
    pole.deliver_all()
    tracemalloc.start()
    try:
        found = pole.proof().findings
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert ("missing", 6, far - 1) in {(each.what, each.first, each.last) for each in found}


def test_one_pole_does_not_keep_the_others_from_being_checked(
    city: City, pole: SealingPole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rig, "POLE", "p-2")
    (tmp_path / "two").mkdir()
    other = SealingPole(tmp_path / "two", issue=lambda key: certificate(key, "p-2"))
    other.put(10)
    for each in (pole, other):
        each.seal()
    city.take(pole, other)

    def fails(evidence: PoleEvidence, *words: object, **options: object) -> PoleProof:
        if evidence.pole == POLE:
            raise ArithmeticError("a fault of ours")
        return judge(evidence, *words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watch, "judge", fails)
    city.looked()
    assert f"the seals of {POLE} cannot be checked" in caplog.text
    assert city.book.states([POLE, "p-2"]) == {POLE: "unproven", "p-2": "verified"}
    assert "ArithmeticError" in city.book.findings(POLE)[0].text
    other.close()
    other.runner.close()


@pytest.mark.fault(
    "a pole starts cold, and its clock is set only after the first seal",
    "the seal waits for the next one, which holds the correction; then all is verified",
)
@pytest.mark.parametrize("summaries", [0, 5])
def test_a_seal_before_the_clock_was_set_waits_for_the_correction(
    city: City, pole: SealingPole, summaries: int
) -> None:
    pole.restart(boot=True)
    pole.clock.synced, pole.clock.error_s = False, -4e8
    pole.put(5)
    pole.put_summaries(summaries)
    pole.seal()
    pole.restamp(5.0)
    while pole.deliver(Lane.EVENT):
        pass
    city.take(pole, deliver=False)
    city.looked()
    assert city.book.states([POLE]) == {POLE: "waiting"}
    pole.clock.elapsed += 86_400
    pole.seal()
    city.take(pole)
    city.looked(days=1)
    assert city.book.states([POLE]) == {POLE: "verified"}


def test_what_is_never_proven_is_shown_once_it_has_waited(city: City, pole: SealingPole) -> None:
    pole.restart(boot=True)
    pole.clock.synced, pole.clock.error_s = False, -4e8
    pole.put(5)
    pole.seal()
    pole.restamp(5.0)
    city.take(pole)
    for days, state in ((0, "waiting"), (39, "waiting"), (41, "unproven")):
        city.looked(days)
        assert city.book.states([POLE]) == {POLE: state}


@pytest.mark.parametrize("broken", [b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n", b"\xff"])
def test_a_ca_that_cannot_be_read_is_a_sentence_and_ends_nothing(city: City, broken: bytes) -> None:
    (city.folder / "ca.pem").write_bytes(broken)
    with pytest.raises(FleetError, match=r"ca\.pem cannot be read"):
        city.looked()
