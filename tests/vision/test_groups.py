"""One blob over several objects, and pieces of one: which boxes a classifier is asked about."""

from __future__ import annotations

import numpy as np

from agent.vision.boxes import Bytes, Floats
from agent.vision.groups import as_objects

SIZE = (640, 360)


def boxes(*rows: tuple[float, ...]) -> Floats:
    return np.array(rows, np.float32).reshape(-1, 4)


def moving(*rows: tuple[int, int, int, int]) -> Bytes:
    """The small mask of what moves, a quarter of the frame: these parts of it."""
    mask = np.zeros((90, 160), np.uint8)
    for x1, y1, x2, y2 in rows:
        mask[y1 // 4 : y2 // 4, x1 // 4 : x2 // 4] = 255
    return mask


def test_two_who_walk_past_each_other_are_found_where_they_are_and_not_where_they_were_expected() -> None:
    mask = moving((100, 100, 140, 200), (148, 100, 188, 200))
    blob = boxes((100, 100, 188, 200))
    expected = boxes((92, 100, 132, 200), (156, 100, 196, 200))
    found = as_objects(blob, expected, mask, SIZE)
    np.testing.assert_allclose(np.sort(found[:, 0]), [100, 148], atol=4)
    assert np.ptp(found[:, 2] - found[:, 0]) < 1  # each keeps its size


def test_parts_that_explain_too_little_of_a_blob_are_one_object() -> None:
    car = (100, 100, 300, 220)
    parts = boxes((110, 110, 150, 140), (160, 180, 200, 210))
    assert as_objects(boxes(car), parts, moving(car), SIZE).tolist() == [list(car)]


def test_a_blob_that_is_said_to_be_one_thing_is_not_divided_again_among_its_parts() -> None:
    car, halves = (100, 100, 200, 160), boxes((100, 100, 148, 160), (150, 104, 200, 160))
    asked = []

    def is_one(blob: Floats, parts: list[Floats]) -> bool:
        asked.append((blob.tolist(), len(parts)))
        return True

    assert len(as_objects(boxes(car), halves, moving(car), SIZE)) == 2
    assert as_objects(boxes(car), halves, moving(car), SIZE, is_one).tolist() == [list(car)]
    assert asked == [(list(car), 2)]


def test_who_is_hidden_behind_another_is_not_made_up() -> None:
    mask = moving((100, 100, 140, 200))
    expected = boxes((100, 100, 140, 200), (118, 60, 150, 140))
    found = as_objects(boxes((90, 60, 150, 200)), expected, mask, SIZE)
    np.testing.assert_allclose(found, expected[:1], atol=1)


def test_pieces_of_one_object_are_joined_and_what_nobody_expects_is_left_as_it_is() -> None:
    pieces = boxes((102, 100, 138, 130), (104, 150, 136, 178), (400, 100, 440, 180))
    found = as_objects(pieces, boxes((100, 100, 140, 180)), moving((102, 100, 138, 130)), SIZE)
    assert sorted(found.tolist()) == [[102, 100, 138, 178], [400, 100, 440, 180]]


def test_a_blob_at_the_frames_edge_is_divided_within_the_frame() -> None:
    mask = moving((0, 100, 80, 200))
    found = as_objects(boxes((0, 100, 80, 200)), boxes((-8, 100, 36, 200), (44, 100, 84, 200)), mask, SIZE)
    assert len(found) == 2
