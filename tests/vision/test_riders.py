"""A moving person who rides is named after what carries it; who stands, and everything else, stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from agent.models.describe import read_model, shipped_folder
from agent.vision.boxes import Floats, Frame
from agent.vision.detector import Classifier
from agent.vision.riders import PERSON, TWO_WHEELER, Riders
from agent.vision.track import Tracker, TrackerOptions
from tests.vision.stage import found, names, street

MOVING: Floats = np.array([[90, 90, 150, 200]], np.float32)


class Says(Classifier):
    """The real classifier with another opinion: ``share`` is how sure it is of a two-wheeler."""

    def __init__(self, share: float) -> None:
        super().__init__(read_model(shipped_folder()))
        self._share = share
        self.asked = 0

    def name(self, frame: Frame, box: Floats) -> Floats:
        self.asked += 1
        return np.array([1 - self._share, 0.0, self._share], np.float32)


@pytest.mark.parametrize(("share", "label"), [(0.9, TWO_WHEELER), (0.3, PERSON)])
def test_a_moving_person_is_named_by_what_the_classifier_is_sure_of(share: float, label: int) -> None:
    seen = Riders(Says(share)).named(street(), found(("person", 0.8, 100, 100, 140, 190)), MOVING)
    assert seen.classes.tolist() == [label]
    assert seen.scores.tolist() == pytest.approx([0.8])


def test_who_stands_is_small_or_is_no_person_is_not_asked_about() -> None:
    classifier = Says(0.9)
    seen = found(
        ("person", 0.8, 400, 100, 440, 190), ("vehicle", 0.8, 95, 95, 145, 195), ("person", 0.8, 100, 100, 106, 112)
    )
    assert Riders(classifier).named(street(), seen, MOVING).classes.tolist() == seen.classes.tolist()
    assert classifier.asked == 0


@pytest.mark.parametrize(("every", "label"), [(2, "two_wheeler"), (8, "person")])
def test_a_track_is_a_two_wheeler_where_a_third_of_its_looks_say_so(every: int, label: str) -> None:
    tracker = Tracker(TrackerOptions(), names())
    for frame in range(40):
        seen = "two_wheeler" if frame % every == 0 else "person"
        tracks = tracker.update(found((seen, 0.9, 50 + frame, 100, 80 + frame, 160)), frame / 10)
    assert [track.label for track in tracks] == [label]
