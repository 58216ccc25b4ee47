"""Random lives of a pole: no false alarm; and random tampering: each one found and named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from contract.types import Lane
from tests.proof.rig import POLE, SealingPole, proof, taken_apart, together

Events = list[dict[str, object]]


def live(pole: SealingPole, rng: random.Random, steps: int) -> None:
    def deliver() -> None:
        pole.deliver(rng.choice(list(Lane)), rng.randint(1, 200), lost=rng.random() < 0.2)

    def resend() -> None:
        epoch, last = pole.store.epoch, pole.store.last_seq
        first = rng.randint(1, last)
        pole.runner.run(pole.store.resend(epoch, [(first, min(last, first + 40))]))

    def unset_clock() -> None:
        pole.clock.synced, pole.clock.error_s = False, -4e8
        pole.put(rng.randint(1, 10))
        if rng.random() < 0.5:
            pole.deliver(Lane.EVENT, 500)
        pole.restamp(5.0)

    def give_up() -> None:
        pole.give_up(pole.runner.run(pole.store.unsent(Lane.RAW))[:3])

    ops: list[Callable[[], object]] = [
        lambda: pole.put(rng.randint(1, 60), rng.choice(list(Lane))),
        lambda: pole.put(rng.randint(1, 40), Lane.RAW, 5000),
        lambda: pole.put_summaries(rng.randint(1, 30)),
        deliver,
        deliver,
        deliver,
        pole.seal,
        lambda: pole.restart(clean=rng.random() < 0.5, boot=rng.random() < 0.5),
        resend,
        unset_clock,
        give_up,
        lambda: pole.runner.run(pole.store.thin(600.0)),
        pole.renew,
    ]
    pole.seal()
    for _ in range(steps):
        rng.choice(ops)()
    for _ in range(3):
        pole.deliver_all()
        pole.seal()
    pole.deliver_all()


def same(event: dict[str, object], other: dict[str, object]) -> bool:
    return (event["epoch"], event["seq"]) == (other["epoch"], other["seq"])


def flip(events: Events, at: int, rng: random.Random) -> None:
    text = bytearray(msgspec.json.encode(events[at]))
    text[rng.randrange(len(text))] ^= 1 << rng.randrange(8)
    events[at] = {"raw": bytes(text)}


def drop(events: Events, at: int, rng: random.Random) -> None:
    del rng
    gone = events[at]
    events[:] = [event for event in events if not same(event, gone)]


def swap(events: Events, at: int, rng: random.Random) -> None:
    """Two events of one epoch change places: each gets the name of the other."""
    mine = events[at]
    others = [each for each in events if each["epoch"] == mine["epoch"] and not same(each, mine)]
    other = rng.choice(others)
    for event in list(events):
        for one, two in ((mine, other), (other, mine)):
            if same(event, one):
                events[events.index(event)] = {**event, "seq": two["seq"], "id": two["id"]}
                break


def add(events: Events, at: int, rng: random.Random) -> None:
    del rng
    event = events[at]
    events.append({**event, "data": {"revision": "never said"}, "type": "poleagent.settings_change.v2"})


def retime(events: Events, at: int, rng: random.Random) -> None:
    time = str(events[at]["time"])
    digit = rng.randrange(14, 16)
    events[at] = {**events[at], "time": f"{time[:digit]}{(int(time[digit]) + 1) % 6}{time[digit + 1 :]}"}


def written(events: Events) -> list[bytes]:
    return [b"[" + event["raw"] + b"]" if "raw" in event else together([event])[0] for event in events]  # type: ignore[operator]


@pytest.mark.fault(
    "the database is damaged between two seals",
    "no event counts as changed",
)
@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_file_gives_no_false_alarm(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    pole = SealingPole(tmp_path, seed, max_bytes=2 * 1024**2)
    for _ in range(3):
        live(pole, rng, 20)
        pole.put(150, rng.choice(list(Lane)))
        pole.damage()
        pole.put(20)
        pole.seal()
    pole.deliver_all()
    pole.close()
    pole.runner.close()
    found = pole.proof()
    assert {finding.what for finding in found.findings} <= {"unproven"}, found.findings
    assert found.proven > 100


@pytest.mark.fault(
    "a stored event is altered, removed, added or exchanged",
    "the seal does not fit any more, and the numbers are named",
)
@pytest.mark.parametrize("seed", range(12))
def test_a_random_life_gives_no_false_alarm_and_no_tampering_stays_unseen(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    pole = SealingPole(tmp_path, seed, max_bytes=2 * 1024**2)
    live(pole, rng, 60)
    pole.close()
    pole.runner.close()
    shutil.rmtree(pole.folder)
    found = pole.proof()
    events = taken_apart(pole.received)
    assert {finding.what for finding in found.findings} <= {"unproven"}, found.findings
    assert found.proven + found.unsealed + found.unproven == len({(e["epoch"], e["seq"]) for e in events})
    assert found.proven > len(events) // 4
    usual = set(found.findings)
    proven = [at for at, event in enumerate(events) if sealed(event, events)]
    for tamper in (flip, flip, flip, drop, drop, swap, add, retime):
        at = rng.choice(proven)
        changed, name = list(events), events[at]
        tamper(changed, at, rng)
        after = proof(POLE, written(changed), pole.certificates)
        new = [finding for finding in after.findings if finding not in usual]
        assert new, (tamper.__name__, name)
        hit = [f for f in new if f.epoch == name["epoch"] and f.first <= int(str(name["seq"])) <= f.last]
        assert hit or tamper is flip, (tamper.__name__, name, new)


def sealed(event: dict[str, object], events: Events) -> bool:
    """Whether a seal covers the event."""
    return any(
        part["epoch"] == event["epoch"] and part["first"] <= event["seq"] <= part["last"]
        for each in events
        if str(each["type"]).startswith("poleagent.seal")
        for part in msgspec.json.decode(each["data"]["head"])["ranges"]  # type: ignore[index]
    )
