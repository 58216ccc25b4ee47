"""A trained model next to the streaming engine: it knows how several quantities go together.

The model runs in a short-lived process (``agent.analysis.worker``), some windows at a time; what it cannot explain of a
quantity is judged by that quantity's own past (``Tail``), as the engine judges its deviations, and ends in the same
events.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Never

import msgspec

from agent.analysis import sentences as say
from agent.analysis.tail import Sides
from agent.analysis.trigger import Trigger
from agent.analysis.windows import GridStep, Windows
from agent.analysis.worker import frame
from agent.config.settings import AnomalySettings
from agent.errors import ConfigError, Retry
from agent.models.describe import describe
from agent.system.child import command
from agent.system.clock import Clock
from contract.events import Anomaly, Severity, episode_id
from contract.types import Event, Reading

BAND = 3.0  # decades that the expected range stands for: one value in a thousand lies outside
THRESHOLD = 9.0
"""Decades over all quantities that make an alarm."""
SOURCE = "pole"
MAX_WAITING = 512  # windows; past it the newest are left out, and counted
TIMEOUT_S = 60.0
EVERY_S = 900.0

log = logging.getLogger(__name__)


class ModelDetector:
    """Pure: ``take`` collects windows, ``judge`` gets what the worker made of them; ``left_out`` counts the lost."""

    def __init__(self, folder: Path, settings: AnomalySettings) -> None:
        self.folder = folder
        described = describe(folder, ("series",))
        self._model = described.series
        self._weights = described.about.sha256
        self.loaded = ""
        """SHA-256 of the weights, once the worker has judged windows with them."""
        self._windows = Windows(self._model)
        self._sides = [Sides(share=0.01, pace=0.02, floor=0.1, warm_up=200) for _ in self._model.quantities]
        self._trigger = Trigger()
        self._rest_s = settings.rest_s
        self._waiting: list[tuple[GridStep, tuple[float, ...]]] = []
        self.left_out = 0

    def take(self, reading: Reading) -> None:
        for window in self._windows.take(reading):
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append(window)
            else:
                self.left_out += 1

    @property
    def waiting(self) -> list[tuple[float, ...]]:
        """Windows that want to be judged, the oldest first."""
        return [window for _, window in self._waiting]

    def judge(self, residuals: Sequence[Sequence[float]]) -> list[Event]:
        """What follows from the oldest windows, whose ``residuals`` these are."""
        out: list[Event] = []
        self.loaded = self._weights
        steps = [step for step, _ in self._waiting[: len(residuals)]]
        del self._waiting[: len(residuals)]
        for step, row in zip(steps, residuals, strict=True):
            scores = self.scores(row)
            change = self._trigger.step(sum(scores) / THRESHOLD, step.at.boot_s, self._rest_s)
            if change is not None:
                out.append(self._event(step, row, scores, ended=change == "end"))
        return out

    def scores(self, row: Sequence[float]) -> list[float]:
        """Decades of each quantity's residual by its own past, which learns it."""
        return [sides.score(one, 0.0) for sides, one in zip(self._sides, row, strict=True)]

    def _event(self, step: GridStep, row: Sequence[float], scores: Sequence[float], *, ended: bool) -> Event:
        names, std = self._model.quantities, self._model.std
        order = sorted(range(len(names)), key=lambda place: -scores[place])
        worst = order[0]
        expected = step.values[worst] - row[worst] * std[worst]
        sides = self._sides[worst]
        severity: Severity = "warning" if self._trigger.top >= 1.3 else "info"
        body = Anomaly(
            id=episode_id("anomaly", SOURCE, self._trigger.since_s),
            quantities=tuple(names[place] for place in order if scores[place] > 0.0) or (names[worst],),
            phase="end" if ended else "begin",
            reason="over" if ended else None,
            severity=severity,
            since=datetime.fromtimestamp(step.at.utc.timestamp() - (step.at.boot_s - self._trigger.since_s), UTC),
            score=round(self._trigger.top, 2),
            value=float(f"{step.values[worst]:.6g}"),
            low=float(f"{expected - sides.below.size_of(BAND, 0.0) * std[worst]:.6g}"),
            high=float(f"{expected + sides.above.size_of(BAND, 0.0) * std[worst]:.6g}"),
        )
        return Event.of(SOURCE, step.at, body)


async def ask_worker(folder: Path, windows: Sequence[Sequence[float]]) -> list[list[float]]:
    """The residuals of ``windows``, from a process that lives for this one question. Retry where it fails."""
    process = await asyncio.create_subprocess_exec(
        *command("agent.analysis.worker", str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer, trouble = await process.communicate(frame(windows))
    except TimeoutError as error:
        raise Retry(say.MODEL_DID_NOT_ANSWER(folder=folder, timeout_s=TIMEOUT_S)) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _residuals(folder, windows, answer, trouble)


def ask_worker_now(folder: Path, windows: Sequence[Sequence[float]]) -> list[list[float]]:
    """The same for a process without an event loop."""
    try:
        done = subprocess.run(
            command("agent.analysis.worker", str(folder)),
            input=frame(windows),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Retry(say.MODEL_DID_NOT_ANSWER(folder=folder, timeout_s=TIMEOUT_S)) from error
    return _residuals(folder, windows, done.stdout, done.stderr)


def _residuals(folder: Path, windows: Sequence[object], answer: bytes, trouble: bytes) -> list[list[float]]:
    try:
        residuals = msgspec.msgpack.decode(answer[4:], type=list[list[float]])
    except msgspec.DecodeError as error:
        said = trouble.decode(errors="replace").strip().rpartition("\n")[2]
        raise Retry(say.MODEL_FAILED(folder=folder, what=said or "it gave no answer")) from error
    if len(residuals) != len(windows):
        raise Retry(say.MODEL_ANSWERED_WINDOWS(folder=folder, residuals=len(residuals), windows=len(windows)))
    return residuals


async def judge_waiting(detector: ModelDetector) -> list[Event]:
    """What follows from all windows that wait; they go on waiting where the worker fails (Retry)."""
    windows = detector.waiting
    return detector.judge(await ask_worker(detector.folder, windows)) if windows else []


class Consultant:
    """Asks the model of the settings, if there is one, about what came in the last quarter of an hour.

    ``use`` takes new settings: a model that cannot be used is left, with a word in the log, and the rest goes on.
    """

    def __init__(
        self, settings: AnomalySettings, clock: Clock, put: Callable[[Sequence[Event]], None], content: str = ""
    ) -> None:
        self._clock = clock
        self._put = put
        self._used: tuple[AnomalySettings, str] | None = None
        self._detector: ModelDetector | None = None
        self.use(settings, content)

    def use(self, settings: AnomalySettings, content: str = "") -> None:
        """``content``: of the model's folder; another one is another model."""
        if (settings, content) == self._used:
            return
        self._used = settings, content
        self._detector = None
        if settings.enabled and settings.model is not None:
            try:
                self._detector = ModelDetector(Path(settings.model), settings)
            except ConfigError as reason:
                log.warning("%s; anomalies are found without it", reason)

    @property
    def left_out(self) -> int:
        """Windows that were lost because the worker did not keep up."""
        return self._detector.left_out if self._detector is not None else 0

    @property
    def weights(self) -> str:
        """SHA-256 of those that the model's worker has loaded; empty: none, or it was not asked yet."""
        return self._detector.loaded if self._detector is not None else ""

    def take(self, reading: Reading) -> None:
        if self._detector is not None:
            self._detector.take(reading)

    async def run(self) -> Never:
        """Retry where the worker fails; its windows wait for the next time."""
        while True:
            await self._clock.sleep(EVERY_S)
            if self._detector is not None:
                self._put(await judge_waiting(self._detector))
