"""Counting lines: each passage once, in its direction, whatever the feet do on the line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.config.scene import CountingLine
from agent.vision.rules.line import LineCounter
from contract.events import Crossing
from tests.vision.stage import track

Foot = tuple[float, float]


def upright(labels: tuple[str, ...] = ()) -> LineCounter:
    """A line from (100, 0) down to (100, 200): its right, seen from a, is the smaller x."""
    return LineCounter("gate", CountingLine(a=(100, 0), b=(100, 200), labels=labels), lambda point: point)


def passed(
    line: LineCounter, feet: Sequence[Foot], fps: float = 10.0, label: str = "person"
) -> list[tuple[float, Crossing]]:
    out = []
    for frame, foot in enumerate(feet):
        out += line.update([track("0000000a", foot, label=label, now_s=frame / fps)], frame / fps)
    return out


def straight(x1: float, x2: float, steps: int = 21, y: float = 100) -> list[Foot]:
    return [(x1 + (x2 - x1) * step / (steps - 1), y) for step in range(steps)]


@pytest.mark.parametrize(("feet", "direction"), [(straight(50, 150), -1), (straight(150, 50), 1)])
def test_a_passage_counts_once_in_its_direction(feet: list[Foot], direction: int) -> None:
    reported = passed(upright(), feet)
    assert [body.direction for _, body in reported] == [direction]
    assert reported[0][0] == pytest.approx(1.0), "the time is when the foot was on the line"


@pytest.mark.parametrize("midnight", range(1, 20))
def test_a_passage_that_midnight_falls_into_counts_once(midnight: int) -> None:
    line, reported = upright(), []
    for frame, foot in enumerate(straight(50, 150)):
        if frame == midnight:
            line.rename({"0000000a": "0000000b"})
        name = "0000000a" if frame < midnight else "0000000b"
        reported += line.update([track(name, foot, now_s=frame / 10)], frame / 10)
    assert len(reported) == 1


def test_jitter_on_the_line_counts_nothing() -> None:
    feet = straight(50, 99, 10) + [(100 + (-1) ** step * 3, 100) for step in range(100)]
    assert passed(upright(), feet) == []


def test_an_object_that_stops_on_the_line_counts_when_it_goes_on_and_only_then() -> None:
    stopped = [(100.5 - step % 2, 100.0) for step in range(300)]
    line = upright()
    assert passed(line, straight(150, 101, 10) + stopped) == []
    assert len(passed(line, straight(100, 50, 10))) == 1


def test_an_object_that_turns_back_on_the_line_counts_nothing() -> None:
    assert passed(upright(), straight(50, 103) + straight(103, 50)) == []


def test_there_and_back_counts_once_each_way() -> None:
    reported = passed(upright(), straight(50, 150) + straight(150, 50))
    assert [body.direction for _, body in reported] == [-1, 1]


def test_a_way_round_the_end_of_the_line_counts_nothing() -> None:
    around = [(50.0, 180.0), (50, 230), (80, 240), (120, 240), (150, 230), (150, 180)]
    assert passed(upright(), around) == []
    corner = [*around, (150.0, 100.0), (50.0, 100.0)]
    assert [body.direction for _, body in passed(upright(), corner)] == [1]


def test_one_leap_over_the_line_at_a_low_frame_rate_counts() -> None:
    assert len(passed(upright(), [(20, 100), (60, 100), (140, 100), (180, 100)], fps=1.0)) == 1


def test_a_track_that_nobody_sees_counts_nothing_until_it_is_seen_beyond() -> None:
    line = upright()
    for frame, (x, seen) in enumerate([(60, True), (80, True), (110, False), (140, False)]):
        assert line.update([track("0000000a", (x, 100), now_s=frame)._replace(seen=seen)], float(frame)) == []
    assert len(line.update([track("0000000a", (150, 100), now_s=4)], 4.0)) == 1


def test_a_passage_begins_where_the_object_was_detected_first_not_where_it_was_sure_to_be_one() -> None:
    line = upright()
    reported = line.update([track("0000000a", (150, 100), now_s=0.8, began=(50, 100))], 0.8)
    assert [body.direction for _, body in reported] == [-1]
    assert reported[0][0] == pytest.approx(0.4)
    assert line.update([track("0000000b", (150, 100), now_s=0.9, began=(99, 100))], 0.9) == []


def test_only_the_labels_that_are_wanted_count() -> None:
    line = upright(labels=("vehicle",))
    assert passed(line, straight(50, 150)) == []
    assert len(passed(line, straight(50, 150), label="vehicle")) == 1


def test_the_window_counts_by_label_and_begins_at_nought_again() -> None:
    line = upright()
    passed(line, straight(50, 150) + straight(150, 50))
    row = line.close()[0]
    assert (row.label, row.plus, row.minus) == ("person", 1, 1)
    assert line.close() == []
