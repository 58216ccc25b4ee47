"""The model that divides what moves: what it finds in groups, what it is shown, and a pole that does not have it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from agent.config.scene import SceneSettings
from agent.errors import ConfigError
from agent.models import describe
from agent.models.describe import divider_folder, read_model, shipped_folder
from agent.vision import finder, pipeline
from agent.vision.boxes import NOTHING, Bytes, Detections, Floats, Frame
from agent.vision.detector import Classifier
from agent.vision.divider import Divider, region_of
from agent.vision.finder import BlobFinder, SearchPlaces
from agent.vision.motion import MotionDetector, small_grey
from bench.vision_models import cost
from tests.vision.stage import DATA, ROOT, needs_data

FOLDER = ROOT / "models" / "groups"
BLOB = np.array([[100, 60, 200, 160]], np.float32)


def moving(*rows: tuple[int, int, int, int]) -> Bytes:
    """The small mask of a frame of 640 x 360: these parts of it move."""
    mask = np.zeros((90, 160), np.uint8)
    for x1, y1, x2, y2 in rows:
        mask[y1 // 4 : y2 // 4, x1 // 4 : x2 // 4] = 255
    return mask


class Scripted(Divider):
    """Gives the same answer for each region."""

    def __init__(self, *rows: tuple[float, ...]) -> None:
        table = np.array(rows, np.float32).reshape(-1, 5)
        self._said = Detections(table[:, :4], np.full(len(table), 0.6, np.float32), table[:, 4].astype(np.int32))
        self.asked = 0

    def look(self, frame: Frame, mask: Bytes, box: Floats) -> Detections:
        self.asked += 1
        return self._said


def boxes_asked(
    divider: Divider | None,
    mask: Bytes | None,
    monkeypatch: pytest.MonkeyPatch,
    vehicle: float = 0.0,
    *,
    resting: Floats = NOTHING.boxes,
    limit: int = 6,
) -> list[list[float]]:
    """The boxes that the classifier is asked to name, of a divided region that first; each is a vehicle so surely."""
    asked: list[list[float]] = []
    classifier = Classifier(read_model(shipped_folder()))

    def name(_: Frame, box: Floats) -> Floats:
        asked.append(box.tolist())
        return np.array([0, vehicle, 0], np.float32)

    monkeypatch.setattr(classifier, "name", name)
    frame = np.full((360, 640, 3), 90, np.uint8)
    BlobFinder(classifier, limit, divider).find(frame, SearchPlaces(BLOB, NOTHING.boxes, resting, mask))
    return asked


TWO = ((104.0, 60.0, 140.0, 160.0, 0.0), (160.0, 60.0, 196.0, 160.0, 0.0))
BOTH = moving((104, 60, 140, 160), (160, 60, 196, 160))


def test_two_persons_of_one_region_are_two_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    assert boxes_asked(Scripted(*TWO), BOTH, monkeypatch) == [*BLOB.tolist(), *(list(row[:4]) for row in TWO)]


def test_a_group_pushes_no_resting_vehicle_out(monkeypatch: pytest.MonkeyPatch) -> None:
    group = [(100 + 20 * at, 60, 116 + 20 * at, 160) for at in range(5)]
    rest = np.array([[300, 200, 400, 260]], np.float32)
    asked = boxes_asked(Scripted(*((*each, 0) for each in group)), moving(*group), monkeypatch, resting=rest, limit=1)
    assert asked[: len(asked) - 4] == BLOB.tolist()  # the group was divided
    assert rest[0].tolist() in asked


def test_what_rests_takes_what_is_free_and_leaves_half_of_the_room_to_what_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests = np.array([[300, 2 * at, 340, 2 * at + 30] for at in range(50)], np.float32)
    asked = boxes_asked(None, BOTH, monkeypatch, resting=rests, limit=1)
    assert asked == [*rests[:3].tolist(), *BLOB.tolist()]
    group = [(100 + 20 * at, 60, 116 + 20 * at, 160) for at in range(5)]
    many = Scripted(*((*each, 0) for each in group))
    asked = boxes_asked(many, moving(*group), monkeypatch, resting=rests, limit=1)[-4:]
    assert [box for box in asked if box in rests.tolist()] == rests[:2].tolist()


def test_a_region_that_the_persons_in_it_do_not_explain_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert boxes_asked(Scripted(TWO[0]), moving((100, 60, 200, 160)), monkeypatch) == BLOB.tolist()


def test_a_region_with_a_vehicle_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert boxes_asked(Scripted(*TWO, (100, 60, 200, 160, 1)), BOTH, monkeypatch) == BLOB.tolist()


def test_a_region_that_looks_like_a_vehicle_as_a_whole_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert boxes_asked(Scripted(*TWO), BOTH, monkeypatch, vehicle=0.9) == BLOB.tolist() * 2


def test_what_lies_next_to_the_region_is_another_s(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Scripted(*TWO, (210, 60, 246, 160, 0))
    assert boxes_asked(said, BOTH, monkeypatch) == [*BLOB.tolist(), *(list(row[:4]) for row in TWO)]


@pytest.mark.parametrize("divider", [None, Scripted()], ids=["not there", "sees nothing"])
def test_without_it_regions_are_what_they_were(divider: Divider | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert boxes_asked(divider, BOTH, monkeypatch) == BLOB.tolist()


def test_no_more_regions_of_a_frame_are_divided_than_the_bound() -> None:
    divider = Scripted()
    blobs = np.array([[4 * at, 10, 4 * at + 8, 30] for at in range(100)], np.float32)
    places = SearchPlaces(blobs, NOTHING.boxes, NOTHING.boxes, moving((0, 8, 640, 32)))
    BlobFinder(Classifier(read_model(shipped_folder())), 1, divider).find(np.zeros((360, 640, 3), np.uint8), places)
    assert divider.asked == finder._DIVIDED


def test_a_camera_without_the_file_works_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "DIVIDER", "none-of-these")
    assert divider_folder() is None
    made = pipeline.make_finder(SceneSettings())
    assert isinstance(made, BlobFinder)
    assert made._divider is None


def test_a_file_that_is_not_the_described_one_is_refused_with_a_sentence(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "groups"))
    (folder / "groups.tflite").write_bytes(b"another")
    with pytest.raises(ConfigError, match=r"is not the file that model\.toml describes"):
        Divider(folder)


def test_a_model_of_another_form_is_refused_with_a_sentence(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "groups"))
    page = folder / "model.toml"
    page.write_text(page.read_text(encoding="utf-8").replace("[64, 64]", "[96, 96]"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"its input is \[1, 64, 64, 4\], described is \[1, 96, 96, 4\]"):
        Divider(folder)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 4000), (3000, 5), (360, 640)])
def test_no_size_of_frame_and_no_box_is_too_strange_for_it(size: tuple[int, int]) -> None:
    divider = Divider(FOLDER)
    frame = np.full((*size, 3), 90, np.uint8)
    mask = np.full((max(1, round(size[0] * 160 / size[1])), 160), 255, np.uint8)
    for box in ((0, 0, *size[::-1]), (-50, -50, 10, 10), (630, 350, 700, 400), (1e6, 1e6, 2e6, 2e6), (5, 5, 5, 5)):
        found = divider.look(frame, mask, np.array(box, np.float32))
        assert np.isfinite(found.boxes).all()
        assert found.boxes.shape == (len(found.scores), 4)


def test_it_is_shown_the_square_round_the_region_and_what_moves_there() -> None:
    frame = np.zeros((360, 640, 3), np.uint8)
    frame[60:160, 100:200] = (10, 20, 30)
    image, (x, y, side) = region_of(frame, moving((100, 60, 200, 160)), BLOB[0], 64)
    assert image.shape == (64, 64, 4)
    assert (x, y, side) == (88, 48, 125)
    assert image[32, 32].tolist() == [10, 20, 30, 255]
    assert image[1, 1].tolist() == [0, 0, 0, 0]


def test_one_look_costs_less_than_ten_million_multiplications() -> None:
    it = cost(FOLDER / "groups.tflite", runs=1)
    assert 1e6 < it.macs < 10e6
    assert (FOLDER / "groups.tflite").stat().st_size <= 102_400


@needs_data
def test_it_finds_those_who_walk_side_by_side() -> None:
    from bench.vision import data  # noqa: PLC0415 - it asks for the inputs

    assert DATA is not None
    motion, divider = MotionDetector(), Divider(FOLDER)
    real = data.truth("PETS09-S2L1", 300, data.PETS_SCALE)
    there = seen = 0
    for number, frame in zip(range(300), data.frames("pets09-s2l1.mp4"), strict=False):
        moved = motion.look(small_grey(frame, 160), number / 10, (480, 360))
        if number % 10 or moved.mask is None:
            continue
        for blob in moved.boxes:
            inside = [
                box
                for box in real[number].values()
                if blob[0] <= (box[0] + box[2]) / 2 <= blob[2] and blob[1] <= (box[1] + box[3]) / 2 <= blob[3]
            ]
            if len(inside) > 1:
                there += len(inside)
                seen += min(len(inside), len(finder.within(divider.look(frame, moved.mask, blob), blob)))
    assert there > 40
    assert seen >= 0.6 * there
