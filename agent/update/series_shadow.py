"""A model of series runs next to the one in force, on the readings of now and of just before, in this process.

The daemon does nothing for it but answer: readings come from its ring and over its control socket. How well a model
says a window again is known from the first window on, its alarms only after days; so the models are compared by what
they could not say again of the same readings, in standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from agent.acquire.registry import find_drivers
from agent.analysis.model import ask_worker_now
from agent.analysis.windows import HOLD, Windows
from agent.config.load import load
from agent.config.problem import SettingsError
from agent.config.update import UpdateSettings
from agent.errors import Retry
from agent.models.describe import VISION, describe
from agent.system.slots import Slots
from agent.update import sentences as say
from agent.update.bundles import manifest_of
from agent.update.compared import AskModel
from agent.update.fit import ReleaseRefused
from agent.update.judge import Pole
from agent.update.moment import Moments
from agent.update.ringrun import readings_in
from agent.update.shadow import LEAST, MOST_ENDS, SOME_MS, ShadowRun, shadow_run
from contract.release import ReleaseId, ShadowLimits
from contract.types import Reading

LOOK_S = 15.0
"""How often the newest readings are asked for: of a hundred a second no more than one answer holds."""
MOST_WINDOWS = 512
SMALL = 0.1
"""Standard deviations; what both leave less of, both say again."""


class _Figures(NamedTuple):
    windows: int
    error: float
    """Root mean square of what is left, in standard deviations."""
    ms: float


class _Watcher:
    """The windows of one model; of more than fit the oldest go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.series = describe(folder, ("series",)).series
        self._windows = Windows(self.series)
        self._waiting: list[tuple[float, ...]] = []

    @property
    def span_s(self) -> float:
        """Time that holds as many windows as say something."""
        return (self.series.window + LEAST + HOLD) * self.series.step_s

    def take(self, reading: Reading) -> None:
        self._waiting += (flat for _, flat in self._windows.take(reading))
        del self._waiting[:-MOST_WINDOWS]

    def judge(self, ask: AskModel, moments: Moments) -> _Figures:
        """Retry: its process failed."""
        if not self._waiting:
            return _Figures(0, 0.0, 0.0)
        began = moments.monotonic()
        rows = ask(self.folder, self._waiting)
        ms = (moments.monotonic() - began) * 1000.0 / len(rows)
        squares = [value * value for value in chain.from_iterable(rows)]
        return _Figures(len(rows), math.sqrt(sum(squares) / max(1, len(squares))), ms)


class ShadowPlace(NamedTuple):
    """Where a candidate runs next to what is in force: the daemon, time, the file of settings, the slots, options."""

    pole: Pole
    moments: Moments
    settings: Path
    slots: Slots
    options: UpdateSettings


def any_shadow(release: ReleaseId, place: Path, where: ShadowPlace) -> ShadowRun:
    """The shadow run of a model of either sort; what ``series_shadow`` and ``shadow_run`` raise."""
    if describe(place, (*VISION, "series")).about.task != "series":
        return shadow_run(release, place, where.pole, where.moments, for_s=where.options.shadow_s)
    before = in_force(where.settings, where.slots, release)
    return series_shadow(place, before, where, manifest_of(place).shadow, ask_worker_now)


def in_force(settings: Path, slots: Slots, release: ReleaseId) -> Path | None:
    """The folder of the model of series that runs and that ``release`` would replace; None: nothing here uses it."""
    try:
        anomaly = load(settings, find_drivers()).anomaly
    except SettingsError:
        return None
    running = slots.running(release.kind, release.name)
    used = anomaly.enabled and anomaly.model is not None and Path(anomaly.model) == running
    return running if used else None


def series_shadow(
    place: Path, before: Path | None, where: ShadowPlace, limits: ShadowLimits, ask: AskModel
) -> ShadowRun:
    """Let the model in ``place`` run next to the one in ``before`` for ``[update] shadow_s``.

    ReleaseRefused: it is far off, too slow, says what is no number, or its process ends.
    """
    pole, moments, for_s = where.pole, where.moments, where.options.shadow_s
    if before is None or not for_s:
        return ShadowRun()
    candidate, running = _Watcher(place), _Watcher(before)
    both = candidate, running
    last = moments.now().utc
    for reading in _of_before(pole, last, max(each.span_s for each in both)):
        last = reading.at.utc
        _take(both, reading)
    until = moments.monotonic() + for_s
    while moments.monotonic() < until:
        moments.sleep(min(LOOK_S, max(0.1, until - moments.monotonic())))
        for reading in pole.readings(last):
            last = max(last, reading.at.utc)
            _take(both, reading)
    return _compared(_judged(candidate, ask, moments), _of_running(running, ask, moments), limits)


def _take(watchers: Sequence[_Watcher], reading: Reading) -> None:
    for each in watchers:
        each.take(reading)


def _of_before(pole: Pole, now: datetime, span_s: float) -> list[Reading]:
    """What the ring holds of the last ``span_s``; nothing where it cannot be asked."""
    since_ms = (now - timedelta(seconds=span_s)).timestamp() * 1000
    found = [block.id for block in pole.ring(()).blocks if block.synced and block.last_ms >= since_ms]
    return [reading for each in found for block in pole.ring((each,)).blocks for reading in readings_in(block)]


def _judged(candidate: _Watcher, ask: AskModel, moments: Moments) -> _Figures:
    reason: Retry | None = None
    for _ in range(MOST_ENDS):
        try:
            figures = candidate.judge(ask, moments)
        except Retry as exc:
            reason = exc
            continue
        if not math.isfinite(figures.error):
            raise ReleaseRefused(say.SERIES_NO_NUMBER())
        return figures
    raise ReleaseRefused(say.SERIES_ENDED(ends=MOST_ENDS, why=reason))


def _of_running(running: _Watcher, ask: AskModel, moments: Moments) -> _Figures:
    """None counted where the one in force fails itself, or says what is no number: then nothing is concluded."""
    none = _Figures(0, 0.0, 0.0)
    try:
        figures = running.judge(ask, moments)
    except Retry:
        return none
    return figures if math.isfinite(figures.error) else none


def _compared(after: _Figures, before: _Figures, limits: ShadowLimits) -> ShadowRun:
    windows = min(after.windows, before.windows)
    share = min(1.0, max(before.error, SMALL) / max(after.error, SMALL))
    if windows < LEAST:
        return ShadowRun(say.SERIES_FEW(windows=windows, least=LEAST), {"windows": float(windows)})
    if share < limits.agreement:
        raise ReleaseRefused(
            say.SERIES_FAR_OFF(
                error=after.error, before=before.error, windows=windows, share=share, limit=limits.agreement
            )
        )
    if after.ms > max(limits.slowdown * before.ms, before.ms + SOME_MS):
        raise ReleaseRefused(say.SERIES_TOO_SLOW(ms=after.ms, before=before.ms, limit=limits.slowdown))
    figures = {
        "windows": float(windows),
        "error": round(after.error, 4),
        "error_before": round(before.error, 4),
        "ms": round(after.ms, 3),
        "ms_before": round(before.ms, 3),
    }
    text = say.SERIES_FIGURES(windows=windows, error=after.error, before=before.error, ms=after.ms, ms_before=before.ms)
    return ShadowRun(text, figures)
