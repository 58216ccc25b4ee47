"""The scene's rules: tracks and time in, crossings, incidents and counts out. All limits are seconds, never frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agent.config.scene import SceneSettings
from agent.vision.rules.line import LineCounter
from agent.vision.rules.zone import ZoneWatch
from agent.vision.track import Track
from contract.events import Counts
from contract.types import Body

Point = tuple[float, float]


class Scene:
    """Every line and zone of one camera, and the window that is being counted.

    Times are seconds on the camera's own scale, which only grows; windows are aligned to ``aligned_s``, the wall
    time at zero, so that all poles' windows begin together.
    """

    def __init__(
        self, settings: SceneSettings, size: tuple[int, int], new_id: Callable[[], str], aligned_s: float = 0.0
    ) -> None:
        place = placed(settings, size)
        self._lines = [LineCounter(name, each, place) for name, each in settings.line.items()]
        self._zones = [ZoneWatch(name, each, place, new_id) for name, each in settings.zone.items()]
        self._window_s = settings.window_s
        self.aligned_s = aligned_s
        self._began_s: float | None = None
        self._seen_s = 0.0
        self._last_s: float | None = None

    def update(self, tracks: Sequence[Track], now_s: float, *, seeing: bool = True) -> list[tuple[float, Body]]:
        """What happened, with its time. ``seeing`` false: the view is covered or frozen, so nothing is concluded."""
        out = self._close_due(now_s)
        step = 0.0 if self._last_s is None else now_s - self._last_s
        self._last_s = now_s
        if not seeing:
            return out
        self._seen_s += min(step, 2.0)
        for line in self._lines:
            out.extend((at_s, body) for at_s, body in line.update(tracks, now_s))
        for zone in self._zones:
            out.extend((now_s, body) for body in zone.update(tracks, now_s))
        return out

    def rename(self, names: Mapping[str, str]) -> None:
        """Tracks have other names from now on, old -> new: what is known of each stays."""
        for line in self._lines:
            line.rename(names)
        for zone in self._zones:
            zone.rename(names)

    def end(self, now_s: float) -> list[tuple[float, Body]]:
        """Close the window and all that is open: the camera stops."""
        out: list[tuple[float, Body]] = [(now_s, body) for zone in self._zones for body in zone.end(now_s)]
        return [*out, *self._close(now_s)]

    def each(self, line: str) -> bool:
        """Whether every crossing of this line is wanted as an event."""
        return any(it.name == line and it.settings.each for it in self._lines)

    def _close_due(self, now_s: float) -> list[tuple[float, Body]]:
        if self._began_s is None:
            self._began_s = now_s
            return []
        if not self._lines and not self._zones:
            return []
        before = (self._began_s + self.aligned_s) // self._window_s
        due = (now_s + self.aligned_s) // self._window_s
        return self._close(due * self._window_s - self.aligned_s) if due > before else []

    def _close(self, end_s: float) -> list[tuple[float, Body]]:
        began_s = self._began_s
        if began_s is None or end_s <= began_s or not (self._lines or self._zones):
            return []
        counts = Counts(
            duration_s=round(end_s - began_s, 3),
            seen_s=round(min(self._seen_s, end_s - began_s), 3),
            lines=tuple(row for line in self._lines for row in line.close()),
            zones=tuple(row for zone in self._zones for row in zone.close(end_s)),
        )
        self._began_s = end_s
        self._seen_s = 0.0
        return [(began_s, counts)]


def placed(settings: SceneSettings, size: tuple[int, int]) -> Callable[[Point], Point]:
    """Settings' coordinates -> pixels of a frame of ``size`` (width, height)."""
    width, height = settings.frame_size or (1, 1)
    scale = size[0] / width, size[1] / height
    return lambda point: (point[0] * scale[0], point[1] * scale[1])
