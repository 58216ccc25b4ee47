"""What moves and the detector does not see at all: a vehicle that the classifier is sure of, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from agent.models.describe import read_model, shipped_folder
from agent.vision.boxes import NOTHING, Floats, Frame
from agent.vision.detector import Classifier
from agent.vision.overlooked import Overlooked
from tests.vision.stage import found, street


class Says(Classifier):
    """The real classifier with another opinion: ``shares`` of person, vehicle and two-wheeler."""

    def __init__(self, *shares: float) -> None:
        super().__init__(read_model(shipped_folder()))
        self._shares = np.array(shares, np.float32)

    def name(self, frame: Frame, box: Floats) -> Floats:
        return self._shares


def box(left: float) -> Floats:
    return np.array([[left, 100, left + 80, 150]], np.float32)


@pytest.mark.parametrize(
    ("shares", "seen"), [((0.0, 0.95, 0.0), 1), ((0.2, 0.7, 0.0), 0), ((0.95, 0.0, 0.0), 0), ((0.0, 0.0, 0.95), 0)]
)
def test_only_a_vehicle_that_the_classifier_is_sure_of_is_taken(shares: tuple[float, ...], seen: int) -> None:
    vehicles = Overlooked(Says(*shares)).vehicles(street(), NOTHING, box(100))
    assert len(vehicles) == seen


def test_where_the_detector_sees_or_doubts_something_the_classifier_is_not_asked() -> None:
    sure = Overlooked(Says(0.0, 0.95, 0.0))
    assert not len(sure.vehicles(street(), found(("person", 0.4, 110, 90, 140, 150)), box(100)))
    assert len(sure.vehicles(street(), found(("person", 0.4, 300, 90, 340, 150)), box(100)))


def test_a_speck_is_no_vehicle() -> None:
    speck = np.array([[100, 100, 180, 115]], np.float32)
    assert not len(Overlooked(Says(0.0, 0.95, 0.0)).vehicles(street(), NOTHING, speck))


def test_the_place_that_a_vehicle_left_is_no_vehicle_that_stands() -> None:
    sure = Overlooked(Says(0.0, 0.95, 0.0))
    seen = [len(sure.vehicles(street(), NOTHING, box(100))) for _ in range(8)]
    assert seen == [1, 1, 1, 1, 0, 0, 0, 0]
    drives = Overlooked(Says(0.0, 0.95, 0.0))
    assert all(len(drives.vehicles(street(), NOTHING, box(100 + 5 * step))) for step in range(12))
