"""Counts what goes through a vision process, for its beats."""

from __future__ import annotations

from agent.system.resident import resident_bytes
from agent.vision.capture import Newest
from agent.vision.finder import Finder
from agent.vision.pipe import BEAT_S, Beat
from agent.vision.pipeline import Seen


class FramePace:
    """Counters of the process's life, rates since the last beat."""

    def __init__(self, now_s: float, finder: Finder) -> None:
        self._finder = finder
        self._beaten_s = now_s - BEAT_S
        self._frames_then = 0
        self._runs_then = (0, 0.0)
        self._size = (0, 0)
        self._tracks = 0
        self.frames = 0
        self.skipped = 0
        self.reconnects = 0

    def frame(self, size: tuple[int, int], seen: Seen, reader: Newest | None) -> None:
        self.frames += 1
        self._size, self._tracks = size, len(seen.tracks)
        if reader is not None:
            self.skipped, reader.skipped = self.skipped + reader.skipped, 0

    def beat(self, now_s: float) -> Beat | None:
        """A beat when one is due."""
        spent = now_s - self._beaten_s
        if spent < BEAT_S:
            return None
        eye = self._finder.eye
        runs, busy_s = eye.runs - self._runs_then[0], eye.busy_s - self._runs_then[1]
        beat = Beat(
            width=self._size[0],
            height=self._size[1],
            frames=self.frames,
            skipped=self.skipped,
            reconnects=self.reconnects,
            tracks=self._tracks,
            frames_per_s=round((self.frames - self._frames_then) / spent, 2),
            detections_per_s=round(runs / spent, 2),
            inference_ms=round(1000 * busy_s / runs, 2) if runs else 0.0,
            memory_bytes=resident_bytes(),
            model=eye.model.about.sha256,
        )
        self._beaten_s, self._frames_then, self._runs_then = now_s, self.frames, (eye.runs, eye.busy_s)
        return beat
