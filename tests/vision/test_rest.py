"""What stands: believed once it was seen standing, found by sweeps where nobody saw it come, ended when it left."""

from __future__ import annotations

import numpy as np
import pytest

from agent.vision.boxes import NOTHING, Detections, Floats
from agent.vision.rest import Resting
from agent.vision.track import Track, Tracker, TrackerOptions
from tests.vision.stage import found, names

NOBODY: Floats = np.empty((0, 4), np.float32)
CAR = found(("vehicle", 0.5, 200, 200, 280, 240))


class Watch:
    """A tracker and what rests, frame by frame at 10 frames per second."""

    def __init__(self) -> None:
        self.tracker = Tracker(TrackerOptions(sure=0.7), names())
        self.resting = Resting(0.7)
        self.now_s = 0.0

    def step(self, look: Detections | None = None, *, sweep: bool = False, moving: Floats = NOBODY) -> list[Track]:
        self.resting.frame(self.tracker.expected(self.now_s), moving, self.now_s)
        if look is not None:
            self.resting.look(look, self.now_s)
            if sweep:
                self.resting.sweep(look, moving)
        seen = look if look is not None else NOTHING
        held = self.resting.held(seen)
        both = Detections(*(np.concatenate(pair) for pair in zip(seen, held, strict=True)))
        tracks = self.tracker.update(both, self.now_s, moving)
        self.now_s = round(self.now_s + 0.1, 3)
        return tracks

    def sweeps(self, *looks: Detections, apart: int = 10) -> list[Track]:
        tracks: list[Track] = []
        for look in looks:
            tracks = self.step(look, sweep=True)
            for _ in range(apart - 1):
                tracks = self.step()
        return tracks


@pytest.mark.parametrize("label", ["vehicle", "person"])
def test_what_stands_from_the_start_is_an_object_once_three_of_four_sweeps_agree(label: str) -> None:
    watch, it = Watch(), found((label, 0.5, 200, 200, 280, 240))
    assert watch.sweeps(it, NOTHING, it) == []
    assert [track.label for track in watch.sweeps(it)] == [label]
    assert len({track.id for _ in range(300) for track in watch.step()}) == 1


def test_what_is_found_elsewhere_at_each_sweep_is_none() -> None:
    watch = Watch()
    ghosts = [found(("person", 0.5, x, 100, x + 30, 190)) for x in range(50, 550, 50)]
    assert watch.sweeps(*ghosts) == []


def test_one_look_that_misses_what_rests_changes_nothing_and_three_spaced_ones_end_it() -> None:
    watch = Watch()
    assert watch.sweeps(CAR, CAR, CAR)
    assert watch.sweeps(NOTHING, CAR, NOTHING, NOTHING)
    assert watch.resting.doubted
    watch.sweeps(NOTHING, NOTHING)
    assert [watch.step() for _ in range(25)][-1] == []


def test_looks_that_follow_each_other_at_once_are_one_witness() -> None:
    watch = Watch()
    watch.sweeps(CAR, CAR, CAR)
    assert all(watch.step(NOTHING) for _ in range(20))


def test_a_track_that_stops_rests_only_once_it_was_seen_standing() -> None:
    watch = Watch()
    moving = np.array([[195, 195, 285, 245]], np.float32)
    for _ in range(10):
        watch.step(found(("vehicle", 0.9, 200, 200, 280, 240)), moving=moving)
    watch.step(NOTHING)
    assert watch.resting.unseen
    assert [watch.step(NOTHING) for _ in range(25)][-1] == [], "it has left"


def test_what_moves_through_a_place_is_no_witness_for_what_stands_there() -> None:
    watch = Watch()
    moving = np.array([[190, 190, 290, 250]], np.float32)
    for _ in range(4):
        watch.step(CAR, sweep=True, moving=moving)
        watch.now_s += 0.9
    assert watch.step() == []
