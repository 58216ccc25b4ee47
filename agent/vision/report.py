"""What is known of a camera and was reported of it; survives its processes. No process, no I/O."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from agent.config.address import shown
from agent.config.scene import CameraSettings
from agent.system.clock import Clock
from agent.vision.advice import ADVICE, KILLED, KILLED_ADVICE, State
from agent.vision.pipe import Beat
from contract.events import CameraState, EndReason, Incident, Tamper, WaterLevel
from contract.health import CameraHealth
from contract.types import Body, Event, Lane, Stamp

_ENDS = 100
"""Ends of the process without a candidate whose times are kept."""
_log = logging.getLogger(__name__)
Emit = Callable[[Sequence[Event]], None]


class CameraReport:
    """``water``: what its gauges reported last, where it takes the place of a camera with other settings."""

    def __init__(self, name: str, settings: CameraSettings, clock: Clock, water: Iterable[WaterLevel]) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self.cut: EndReason = "restart"
        """Why nobody looks any more, where something ends for that."""
        self.state: State | None = None
        self.text = ""
        self.beat = Beat()
        self.restarts = self.refused = 0
        self._ended_s: deque[float] = deque(maxlen=_ENDS)
        self._looking = False
        """Whether the newest beat of this process said that a candidate model has looked and goes on."""
        self._ends = self._ends_before = 0
        self._since: datetime = clock.now().utc
        self._events = 0
        self._episodes: dict[str, tuple[Incident | Tamper, float]] = {}
        """What has begun and not ended, and when."""
        self.water = {body.gauge: body for body in water}
        """What each gauge reported last of dry, wet and flooded: a process that starts under water must know it."""

    def be(self, state: State, text: str, emit: Emit) -> None:
        """A change of state is one event and one line in the log."""
        self.text = text
        if state == self.state:
            return
        self.state = state
        at = self._clock.now()
        self._since = at.utc
        _log.log(logging.INFO if state == "ok" else logging.WARNING, "camera %s: %s %s", self.name, state, text)
        self._emit(CameraState(state=state, text=text[:200]), at, emit)

    def explain(self, text: str) -> None:
        """The same state in more words."""
        self.text = text

    def alive(self, beat: Beat) -> None:
        self.beat = beat
        self._looking = beat.shadow is not None and beat.shadow.state == "running" and beat.shadow.looks > 0

    def considers(self, for_s: float) -> None:
        """A candidate model is to look next to the one that counts for so long."""
        since_s = self._clock.monotonic() - for_s
        self._ends, self._ends_before = 0, sum(ended_s >= since_s for ended_s in self._ended_s)

    def restarted(self, *, outgrew: bool) -> None:
        """The process has ended; ``outgrew``: by itself, since it used more memory than it may."""
        self.restarts += 1
        if self._looking and not outgrew:
            self._ends += 1
        elif not outgrew:
            self._ended_s.append(self._clock.monotonic())
        self._looking = False

    def nonsense(self) -> None:
        """The vision process said what it must not."""
        self.refused += 1

    def take(self, body: Body, boot_s: float, emit: Emit) -> None:
        """What the vision process has seen at ``boot_s`` of the boot clock."""
        if isinstance(body, Incident | Tamper):
            self._episodes.pop(body.id, None)
            body = replace(body, reason=self.cut) if body.reason == "restart" else body
            if body.phase == "begin":
                self._episodes[body.id] = (body, boot_s)
        if isinstance(body, WaterLevel) and body.gauge in self._settings.gauge and body.state != "unknown":
            self.water[body.gauge] = body
        self._emit(body, self._stamp(boot_s), emit)

    def end_episodes(self, emit: Emit) -> None:
        """What a process that died had begun ends with it: nobody looks any more."""
        now = self._clock.now()
        for body, begun_s in self._episodes.values():
            took_s = round(max(0.0, now.boot_s - begun_s), 3)
            self._emit(replace(body, phase="end", reason=self.cut, duration_s=took_s), now, emit)
        self._episodes.clear()

    def forget_water(self, kept: Iterable[WaterLevel], emit: Emit) -> None:
        """Nobody knows the water of gauges any more, except of those that go on with ``kept``."""
        for body in self.water.values():
            if body.state != "dry" and body not in kept:
                self._emit(WaterLevel(gauge=body.gauge, state="unknown"), self._clock.now(), emit)

    def _stamp(self, boot_s: float) -> Stamp:
        """The daemon's own time of a moment in the vision process: both share the boot clock."""
        now = self._clock.now()
        ago_s = min(max(0.0, now.boot_s - boot_s), 86400.0)
        return Stamp(now.utc - timedelta(seconds=ago_s), now.boot_s - ago_s, now.synced)

    def _emit(self, body: Body, at: Stamp, emit: Emit) -> None:
        self._events += 1
        flooded = isinstance(body, WaterLevel) and body.state == "flooded"
        emit([Event.of(self.name, at, body, Lane.ALARM if flooded else None)])

    def health(self) -> CameraHealth:
        beat = self.beat
        state = self.state or "waiting"
        return CameraHealth(
            name=self.name,
            source=shown(self._settings.source),
            state=state,
            since=self._since,
            text=self.text,
            advice=KILLED_ADVICE if self.text == KILLED else ADVICE.get(state, ""),
            size=(beat.width, beat.height) if beat.width else None,
            frames_per_s=beat.frames_per_s,
            detections_per_s=beat.detections_per_s,
            inference_ms=beat.inference_ms,
            tracks=beat.tracks,
            frames=beat.frames,
            skipped=beat.skipped,
            reconnects=beat.reconnects,
            restarts=self.restarts,
            events=self._events,
            refused=self.refused,
            memory_bytes=beat.memory_bytes,
            unconfined=beat.unconfined,
            model=beat.model,
            shadow=beat.shadow and replace(beat.shadow, ends=self._ends, ends_before=self._ends_before),
            tampered=tuple(sorted({body.type for body, _ in self._episodes.values() if isinstance(body, Tamper)})),
        )
