"""Rollouts in virtual time: how soon a bad release stops, how rarely a good one does, and who is counted as done.

15,000 poles look for releases once an hour, each at a minute of its own; a step of the rollout is done every ten
minutes; a pole that fails says so 5 to 20 minutes after it began, one that does not says so after 15 and counts after a
soak of an hour. What decides is ``contract.sequential`` and ``release.rollout.deciding``.

``--runs`` runs of each share of failures have a fleet of numbers (all that a step asks of it is who has begun, failed,
or is done); ``--whole`` runs have 15,000 poles as the platform shows them, and go through ``decide`` and ``standing``:
some say that they kept the release and do not come back from a reboot, some come back with the old image, a tenth is
offline now and then. Nobody is to be counted as done who does not run it.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import NamedTuple

from msgspec.structs import replace

from contract.events import InForce
from contract.plan import Assignment, Rollout
from contract.release import ReleaseId
from contract.sequential import operating, weigh
from contract.standing import InForceSaid, PoleSaid, StepSaid, standing, tally
from release.rollout.deciding import ENOUGH, decide, opened, room

POLES, BATCH = 15_000, 50
STEP_MIN, LOOK_MIN, TRIAL_MIN, SOAK_MIN = 10, 60, 15, 60
SHARES = (1.0, 0.3, 0.1, 0.05, 0.01)
TARGETS = {1.0: 3, 0.3: 12, 0.1: 43, 0.05: 125}
START = datetime(2026, 1, 1, tzinfo=UTC)
STREET = ReleaseId(kind="settings", name="street", number=2)


class Ended(NamedTuple):
    """How one run ended: stopped or all done; reports until then, poles that had begun, hours."""

    stopped: bool
    reports: int
    reached: int
    under_way: int
    hours: float


def run(share: float, chance: random.Random) -> Ended:
    """One rollout of a release that fails at ``share`` of the poles: one, evidence, 10 %, all; minutes of time."""
    begun: list[tuple[int, int, bool]] = []
    waiting: list[tuple[int, int, bool]] = []
    held, group, now = 0, 0, 0
    while True:
        while waiting and waiting[0][0] <= now:
            begun.append(heapq.heappop(waiting))
        ended = [well for _, at, well in begun if at <= now]
        done = sum(ended)
        busy = held - len(ended)
        weighed = weigh(well if at <= now else None for _, at, well in begun)
        if weighed.stopped:
            return Ended(
                stopped=True, reports=len(ended), reached=len(begun), under_way=len(begun) - len(ended), hours=now / 60
            )
        wanted = held
        if group == 0:
            wanted = 1
            group += bool(ended)
        if group == 1:
            wanted = min(POLES, held + room(done, busy, BATCH))
            group += weighed.accepted
        elif group == 2:
            wanted = max(held, POLES // 10)
            if held >= wanted and len(ended) >= ENOUGH * held:
                group += weighed.accepted
                wanted += 0 if weighed.accepted else min(POLES - held, room(done, busy, BATCH))
        elif group == 3:
            wanted = POLES
            if held == POLES and busy == 0:
                return Ended(stopped=False, reports=len(ended), reached=len(begun), under_way=0, hours=now / 60)
        for _ in range(wanted - held):
            look = now + chance.randrange(LOOK_MIN)
            well = chance.random() >= share
            end = look + (TRIAL_MIN + SOAK_MIN if well else chance.randrange(5, 20))
            heapq.heappush(waiting, (look, end, well))
        held = wanted
        now += STEP_MIN if held < POLES // 10 else 3 * STEP_MIN


def numbers(runs: int, seed: int) -> Iterator[str]:
    for share in SHARES:
        ends = [run(share, random.Random(f"{seed} {share} {number}")) for number in range(runs)]
        stopped = [end for end in ends if end.stopped]
        if share not in TARGETS:
            theory = operating(share, 1500).stops
            yield (
                f"{share:.0%} failures: {len(stopped)} of {runs} stopped wrongly = {len(stopped) / runs:.2%} "
                f"(target 0.4 %; Wald's test asked after each report {theory:.2%}); a rollout to {POLES} poles takes "
                f"{fmean(end.hours for end in ends if not end.stopped):.0f} h"
            )
            continue
        most = max(end.under_way for end in stopped)
        missed = runs - len(stopped)
        yield (
            f"{share:.0%} failures: stopped after {fmean(end.reports for end in stopped):.1f} reports in the mean "
            f"(target {TARGETS[share]}), {fmean(end.reached for end in stopped):.1f} poles reached, "
            f"{max(end.reached for end in stopped)} at most, of which under way {most} at most (a batch is {BATCH}); "
            f"{missed} of {runs} not stopped; {fmean(end.hours for end in stopped):.1f} h"
        )


@dataclass(slots=True)
class Truth:
    """What is so at one pole, which it may not have said; times are minutes."""

    look: int
    offline_from: int = 1 << 60
    offline_to: int = 1 << 60
    ends: str = "well"
    """well, fails, dies (says that it kept it, and never comes back), old (comes back with the old image)."""
    begun: int | None = None

    def online(self, now: int) -> bool:
        if self.begun is not None and self.ends == "dies" and now >= self.begun + TRIAL_MIN + 5:
            return False
        return not self.offline_from <= now < self.offline_to

    def runs(self, now: int) -> bool:
        """Whether the release runs there."""
        since = None if self.begun is None else now - self.begun
        if since is None or since < 10 or self.ends == "fails":
            return False
        return self.ends == "well" or since < TRIAL_MIN + 5


class Fleet:
    """15,000 poles as the platform shows them."""

    def __init__(self, share: float, chance: random.Random) -> None:
        kinds = ("fails", "dies", "old", "well")
        weights = (share, 0.005, 0.005, 1 - share - 0.01)
        self.truth: dict[str, Truth] = {}
        for number in range(POLES):
            off = chance.randrange(3000) if chance.random() < 0.1 else 1 << 60
            self.truth[f"P{number:05}"] = Truth(
                chance.randrange(LOOK_MIN), off, off + chance.randrange(60, 600), chance.choices(kinds, weights)[0]
            )
        self.said = {pole: PoleSaid(pole=pole, online=True, seen=START) for pole in self.truth}
        self.counted_wrongly = 0

    def minute(self, current: Assignment, now: int) -> None:
        """What poles do and send until ``now``, in steps of ten minutes."""
        at = START + timedelta(minutes=now)
        for pole, truth in self.truth.items():
            said = self.said[pole]
            if not truth.online(now):
                self.said[pole] = replace(said, online=False)
                continue
            if truth.begun is None and current.holds(pole) and (now - truth.look) % LOOK_MIN < STEP_MIN:
                truth.begun = now
                said = _step(said, "download", "begun", at, 1)
            elif truth.begun is not None:
                said = self._goes_on(said, truth, now, at)
            self.said[pole] = replace(said, online=True, seen=at)

    @staticmethod
    def _goes_on(said: PoleSaid, truth: Truth, now: int, at: datetime) -> PoleSaid:
        assert truth.begun is not None
        since, kept = now - truth.begun, said.step is not None and said.step.seq >= 2
        if since >= TRIAL_MIN and not kept:
            if truth.ends == "fails":
                return _step(said, "roll_back", "done", at, 2)
            return _runs(_step(said, "commit", "done", at, 2), str(STREET), at, 3)
        if truth.ends == "old" and since >= TRIAL_MIN + 5 and kept and said.in_force and said.in_force.seq == 3:
            return _runs(said, "settings/street/1", at, 4)
        return said

    def check(self, current: Assignment, now: int) -> None:
        """A pole that is counted as done runs it at this moment."""
        at = START + timedelta(minutes=now)
        for pole, said in self.said.items():
            if said.step is not None and standing(said, current, at)[0] == "done" and not self.truth[pole].runs(now):
                self.counted_wrongly += 1


def _step(said: PoleSaid, stage: str, outcome: str, at: datetime, seq: int) -> PoleSaid:
    step = StepSaid(
        stage=stage,  # type: ignore[arg-type]
        outcome=outcome,  # type: ignore[arg-type]
        text="a device is down",
        begun=said.step.begun if said.step else at,
        received=at,
        at=at,
        epoch="e",
        seq=seq,
    )
    return replace(said, step=step)


def _runs(said: PoleSaid, settings: str, at: datetime, seq: int) -> PoleSaid:
    body = InForce(version="0.2.0", revision="r", settings=(settings,))
    return replace(said, in_force=InForceSaid(body=body, received=at, at=at, epoch="e", seq=seq))


def whole(share: float, chance: random.Random, longest_h: int) -> tuple[Assignment, Fleet, int, int]:
    """One rollout through ``decide``; the assignment and the fleet at its end, minutes, and who is done."""
    fleet, now = Fleet(share, chance), 0
    rollout = Rollout(begun=START, opened=START, soak_s=SOAK_MIN * 60, batch=BATCH)
    current = opened(Assignment(release=STREET, share=0.0, rollout=rollout), list(fleet.said.values()), START)
    while current.rollout is not None and current.rollout.state == "running" and now < longest_h * 60:
        now += STEP_MIN
        fleet.minute(current, now)
        fleet.check(current, now)
        current = decide(current, list(fleet.said.values()), START + timedelta(minutes=now)).assignment
    found = tally(current, fleet.said.values(), START + timedelta(minutes=now))
    return current, fleet, now, found.members["done"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--whole", type=int, default=3)
    parser.add_argument("--hours", type=int, default=30, help="of a whole run, at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for row in numbers(options.runs, options.seed):
        print(row, flush=True)
    for share in (0.0, 0.3) if options.whole else ():
        wrong = done = reached = 0
        for number in range(options.whole):
            current, fleet, now, sure = whole(share, random.Random(f"{options.seed} {share} {number}"), options.hours)
            wrong += fleet.counted_wrongly
            done += sure
            reached += sum(truth.begun is not None for truth in fleet.truth.values())
            assert current.rollout is not None
            print(f"  whole, {share:.0%}: {current.rollout.state} after {now / 60:.0f} h, {sure} done", flush=True)
        print(f"whole fleets, {share:.0%} failures: {reached} began, {done} done, {wrong} counted wrongly (target 0)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
