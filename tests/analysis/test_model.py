"""A trained model next to the engine: its windows, its worker, and what follows from its residuals."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analysis.model import MAX_WAITING, Consultant, ModelDetector, ask_worker
from agent.analysis.windows import Grid
from agent.analysis.worker import frame, read_frame
from agent.config.settings import AnomalySettings
from agent.errors import ConfigError, Retry
from agent.system.clock import SystemClock
from contract.events import Anomaly
from contract.types import Quality
from tests.analysis.made import reading, stamp

STEP_S = 300.0
TOML = """task = "anomaly"
name = "window-autoencoder"
sha256 = "{sha256}"
step_s = 300.0
window = 4
quantities = ["noise", "wind_speed"]
mean = [50.0, 3.0]
std = [2.0, 1.0]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = b"no model at all"
    (tmp_path / "model.tflite").write_bytes(data)
    (tmp_path / "model.toml").write_text(TOML.format(sha256=hashlib.sha256(data).hexdigest()), encoding="utf-8")
    return tmp_path


def feed(detector: ModelDetector, first: int, count: int) -> None:
    for index in range(first, first + count):
        at = stamp(index * STEP_S)
        detector.take(reading(50.0 + index % 3, at, "noise"))
        detector.take(reading(3.0, at, "wind_speed"))


def test_a_step_holds_the_means_of_all_quantities() -> None:
    grid = Grid(("noise", "wind_speed"), STEP_S)
    items = [reading(50.0, stamp(0), "noise"), reading(52.0, stamp(10), "noise"), reading(3.0, stamp(20), "wind_speed")]
    items += [reading(99.0, stamp(30), "noise", quality=Quality.BAD), reading(51.0, stamp(300), "noise")]
    [step] = [step for item in items for step in grid.take(item)]
    assert step.values == (51.0, 3.0)


def test_a_missing_quantity_is_held_for_some_steps_and_then_a_hole() -> None:
    grid = Grid(("noise", "wind_speed"), STEP_S)
    list(grid.take(reading(3.0, stamp(0), "wind_speed")))
    steps = [step for index in range(6) for step in grid.take(reading(50.0, stamp(index * STEP_S), "noise"))]
    assert [step.values[1] for step in steps[:4]] == [3.0, 3.0, 3.0, 3.0]
    assert steps[4].values[1] != steps[4].values[1]


def test_windows_are_standardised_and_end_with_the_hour(folder: Path) -> None:
    detector = ModelDetector(folder, AnomalySettings())
    feed(detector, 0, 5)
    [window] = detector.waiting
    assert window[:8] == (0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0)
    assert window[8] ** 2 + window[9] ** 2 == pytest.approx(1.0)


def test_what_the_model_cannot_explain_is_an_anomaly(folder: Path) -> None:
    detector = ModelDetector(folder, AnomalySettings())
    feed(detector, 0, 450)
    rng = random.Random(1)
    usual = [[rng.gauss(0, 0.1), rng.gauss(0, 0.1)] for _ in detector.waiting]
    assert detector.judge(usual) == []
    assert detector.waiting == []
    feed(detector, 450, 1)
    [event] = detector.judge([[0.05, 90.0]])
    assert isinstance(event.body, Anomaly)
    assert event.body.quantities == ("wind_speed",)
    assert event.body.quantities[0] == "wind_speed"


def test_windows_that_nobody_judges_are_bounded_and_counted(folder: Path) -> None:
    detector = ModelDetector(folder, AnomalySettings())
    feed(detector, 0, MAX_WAITING + 14)
    assert len(detector.waiting) == MAX_WAITING
    assert detector.left_out == 10


def test_a_model_that_cannot_be_used_is_left_with_a_word(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    consultant = Consultant(AnomalySettings(model=str(tmp_path / "none")), SystemClock(), lambda _: None)
    consultant.take(reading(50.0, stamp(0), "noise"))
    assert "anomalies are found without it" in caplog.text
    consultant.use(AnomalySettings(model=str(folder)))
    assert len(caplog.records) == 1


def test_a_damaged_or_wrong_model_is_refused(folder: Path) -> None:
    (folder / "model.tflite").write_bytes(b"another")
    with pytest.raises(ConfigError, match="not the file that"):
        ModelDetector(folder, AnomalySettings())
    (folder / "model.toml").write_text('task = "anomaly"', encoding="utf-8")
    with pytest.raises(ConfigError, match="missing required field"):
        ModelDetector(folder, AnomalySettings())


def test_a_worker_that_fails_says_why_and_the_windows_wait(folder: Path) -> None:
    with pytest.raises(Retry, match="the model in"):
        asyncio.run(ask_worker(folder, [[0.0] * 10]))


def test_a_worker_without_its_model_ends_with_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent.analysis.worker", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_frames_are_read_as_they_were_written_until_the_end() -> None:
    stream = io.BytesIO(frame([[1.0, 2.0]]) + frame([]) + b"\0\0")
    assert [read_frame(stream), read_frame(stream), read_frame(stream)] == [[[1.0, 2.0]], [], None]


@given(st.binary(max_size=64))
def test_any_bytes_are_a_frame_an_end_or_an_error_of_a_kind(data: bytes) -> None:
    with suppress(ValueError):  # msgspec's are of this kind too
        read_frame(io.BytesIO(data))
