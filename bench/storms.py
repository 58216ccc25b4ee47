"""Causes that the platform names: ``python -m bench.storms [--poles N] [--seeds A B ...] [--storms N]``.

A virtual city (simulator/city) reports into the platform's own store. On top of what breaks by itself, storms come, one
to three at a time: a feeder without power, a cell tower or a switch without link, settings or a model that break the
poles they went to. Each lasts 25 minutes; before it ends, the page of incidents by cause is read.

A storm is named where a line has its property and its value, and most of the line's poles are the storm's. Its lines
are all of which most poles are its own. A line that belongs to no storm is false.

Targets: 95 % named, at most 3 lines a storm.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from contract.watermark import watermarks
from fleet.desk.file import open_desk
from fleet.folder import Folder
from fleet.incidents.causes import LikelyCause, causes
from fleet.incidents.watch import watch
from fleet.query.reader import reading
from fleet.register.places import put, read_places
from fleet.store.messages import Inbox
from fleet.store.sqlite import FleetStore, open_store
from simulator.city.city import City, CitySent
from simulator.city.plan import plan, register_csv
from simulator.city.storms import KINDS, Storm, draw

BEGIN = 1_795_000_200
WINDOW_S, TICK_S, WATCH_S = 300, 30, 60
RHYTHM_S, QUIET_S = 2700, 900
"""Before the first storm, so that the platform knows the rhythm of each pole, and between two rounds of storms."""
LASTS_S = 1500
NAMED_TARGET, LINES_TARGET = 0.95, 3


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the page said of one storm."""

    storm: Storm
    named: bool
    lines: int


class Played:
    """One city and its platform; ``now`` in seconds since 1970."""

    def __init__(self, folder: Path, store: FleetStore, poles: int, seed: int) -> None:
        self.places = plan(poles, seed)
        self.city = City(self.places, seed, BEGIN, window_s=WINDOW_S, tick_s=TICK_S)
        self.now = BEGIN
        self._folder = Folder(folder)
        self._store = store
        store.change(lambda db: put(db, read_places(register_csv(self.places))))

    def take(self, sent: Iterable[CitySent]) -> None:
        at = datetime.fromtimestamp(self.now, UTC)
        messages = [Inbox(pole, payload, at, leaf) for pole, leaf, payload in sent]
        for start in range(0, len(messages), 500):
            done = self._store.commit(messages[start : start + 500])
            assert (done.refused, done.conflicts) == (0, 0), "the city sends what the contract allows"
            for (pole, epoch), ranges in done.confirmed.items():
                for mark in watermarks(epoch, ranges):
                    self.city.confirmed(pole, mark, self.now)

    def run(self, seconds: int) -> None:
        with open_desk(self._folder.desk) as desk:
            until = self.now + seconds
            while self.now < until:
                self.now += TICK_S
                self.take(self.city.step(self.now))
                if self.now % WATCH_S == 0:
                    with reading(self._folder.store, desk.where) as db:
                        watch(db, desk, self.now)

    def page(self) -> tuple[LikelyCause, ...]:
        with reading(*self._folder.read) as db:
            return causes(db)


def judged(storms: list[Storm], page: Iterable[LikelyCause], names: dict[str, int]) -> tuple[list[Outcome], int]:
    """What the page says of each storm, and how many lines belong to none."""
    lines: Counter[int] = Counter()
    named: set[int] = set()
    false = 0
    hits = [set(storm.hit) for storm in storms]
    for line in page:
        poles = {names[each.pole] for each in line.incidents}
        best = max(range(len(storms)), key=lambda one: len(poles & hits[one]))
        if 2 * len(poles & hits[best]) <= len(poles):
            false += 1
            continue
        lines[best] += 1
        value = line.value.rpartition(" ")[2] if line.by == "model" else line.value
        if (line.by, value) == (storms[best].by, storms[best].value):
            named.add(best)
    return [Outcome(storm=storm, named=n in named, lines=lines[n]) for n, storm in enumerate(storms)], false


def drawn(played: Played, chance: random.Random, most: int) -> list[Storm]:
    """One to three storms that share few poles: nobody could distinguish two causes of one outage."""
    storms: list[Storm] = []
    for _ in range(chance.randint(1, most)):
        storm = draw(chance.choice(KINDS), played.places, chance)
        taken = {number for other in storms for number in other.hit}
        if len(taken & set(storm.hit)) <= len(storm.hit) / 4:
            storms.append(storm)
    return storms


def play(poles: int, seed: int, count: int, most: int, *, tell: bool) -> tuple[list[Outcome], int]:
    chance = random.Random(seed * 7919)
    outcomes: list[Outcome] = []
    false = 0
    with tempfile.TemporaryDirectory() as root, open_store(Folder(Path(root)).store) as store:
        played = Played(Path(root), store, poles, seed)
        played.run(RHYTHM_S)
        while len(outcomes) < count:
            storms = drawn(played, chance, most)
            for storm in storms:
                played.take(played.city.begin(storm, played.now))
            played.run(LASTS_S)
            page = played.page()
            found, more = judged(storms, page, played.city.numbers)
            outcomes += found
            false += more
            if tell:
                for each in found:
                    if not each.named or each.lines > LINES_TARGET:
                        print(f"  seed {seed}: {each.storm.kind} {each.storm.value}, {len(each.storm.hit)} of ", end="")
                        print(
                            f"{len(each.storm.reached)}: {'named' if each.named else 'NOT named'}, {each.lines} lines"
                        )
                        print("    ", *((line.by, line.value, line.kind, line.poles, line.of) for line in page))
            for storm in storms:
                played.take(played.city.end(storm, played.now))
            played.run(QUIET_S)
    return outcomes, false


def main() -> int:
    parser = argparse.ArgumentParser(description="Causes that the platform names")
    parser.add_argument("--poles", type=int, default=3000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--storms", type=int, default=20, help="of each seed")
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--tell", action="store_true", help="of storms that were missed")
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    false = 0
    for seed in options.seeds:
        found, more = play(options.poles, seed, options.storms, options.at_once, tell=options.tell)
        outcomes += found
        false += more
    for kind in KINDS:
        own = [each for each in outcomes if each.storm.kind == kind]
        if own:
            named, lines = sum(each.named for each in own), max(each.lines for each in own)
            print(f"{kind:9} {named} of {len(own)} named, at most {lines} lines each")
    share = sum(each.named for each in outcomes) / len(outcomes)
    lines = max(each.lines for each in outcomes)
    print(f"all: {share:.1%} of {len(outcomes)} named (target {NAMED_TARGET:.0%}), at most {lines} lines each ", end="")
    print(f"(target {LINES_TARGET}), {false} lines of no storm; {options.poles:,} poles, seeds {options.seeds}")
    return int(share < NAMED_TARGET or lines > LINES_TARGET)


if __name__ == "__main__":
    sys.exit(main())
