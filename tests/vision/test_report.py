"""What is counted of a vision process that ends while a candidate model looks in it."""

from __future__ import annotations

import pytest

from agent.config.scene import CameraSettings
from agent.vision.pipe import Beat
from agent.vision.report import CameraReport
from contract.health import ShadowHealth
from tests.acquire.fakes import FakeClock

LOOKS = Beat(shadow=ShadowHealth(state="running", looks=3))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def report(clock: FakeClock) -> CameraReport:
    return CameraReport("gate", CameraSettings(source="/none.avi"), clock, ())


def ends(report: CameraReport, beat: Beat = LOOKS) -> tuple[int, int]:
    """As the status says it: with the candidate, and before."""
    report.alive(beat)
    shadow = report.health().shadow
    assert shadow is not None
    return shadow.ends, shadow.ends_before


def test_an_end_counts_where_the_newest_beat_of_that_process_says_that_the_candidate_looks(
    report: CameraReport,
) -> None:
    report.considers(300.0)
    report.alive(LOOKS)
    report.restarted(outgrew=False)
    report.restarted(outgrew=False)  # before its first beat
    assert ends(report) == (1, 0)


@pytest.mark.parametrize(
    "beat",
    [
        Beat(),
        Beat(shadow=ShadowHealth(state="running")),
        Beat(shadow=ShadowHealth(state="no_memory", looks=3)),
        Beat(shadow=ShadowHealth(state="over", looks=3)),
    ],
)
def test_an_end_without_the_candidate_or_for_want_of_memory_does_not_count(beat: Beat, report: CameraReport) -> None:
    report.considers(300.0)
    report.alive(beat)
    report.restarted(outgrew=False)
    report.alive(LOOKS)
    report.restarted(outgrew=True)
    assert ends(report) == (0, 0)
    assert report.health().restarts == 2


def test_ends_before_are_those_of_the_same_length_of_time(report: CameraReport, clock: FakeClock) -> None:
    for _ in range(3):
        report.restarted(outgrew=False)
        clock.time += 200.0
    report.considers(450.0)
    assert ends(report) == (0, 2)
    report.considers(100.0)
    assert ends(report) == (0, 0)
