"""Pictures from a camera, the newest always, with a limit on every wait.

A thread of its own reads and drops pictures as fast as they come, since a decoder must see every one of them; only
those that are due are converted. The limits are FFmpeg's own open and read time-outs: without them a silent RTSP
server holds a read for 30 s. What hangs in spite of them, or aborts the process, is ended from outside (``camera``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import cv2

from agent.errors import AgentError, Retry
from agent.vision.boxes import Picture
from agent.vision.source import Limits, open_source

_BROKEN = 10
"""So many broken pictures in a row end a stream; one that is over looks the same to OpenCV."""


class Taken(NamedTuple):
    """A picture and the monotonic second at which it was read."""

    picture: Picture
    at_s: float


@contextmanager
def newest(source: str, limits: Limits, now: Callable[[], float] = time.monotonic) -> Iterator[Newest]:
    """The newest picture of a live source while the block runs. Retry: as ``open_source``; Stuck: as ``stop``."""
    capture = open_source(source, limits)
    reader = Newest(capture, limits, now)
    try:
        reader.thread.start()
        yield reader
    finally:
        reader.stop(limits.read_s + 1.0)


class Stuck(AgentError):
    """Only the end of the process frees the camera."""


class Newest:
    """The reading thread and its one slot."""

    def __init__(self, capture: Any, limits: Limits, now: Callable[[], float]) -> None:
        self._capture = capture
        self._limits = limits
        self._now = now
        self._slot: Taken | None = None
        self._ended = False
        self._why = "ended"
        self._silent = f"sent no picture for {limits.read_s:g} s"
        self._stopping = False
        self._fresh = threading.Condition()
        self.read = 0
        self.skipped = 0
        # the one thread of ours: a read cannot be awaited, and the process must count while it waits
        self.thread = threading.Thread(target=self._run, daemon=True)  # noqa: TID251

    def take(self) -> Taken:
        """Wait for a picture that has not been taken yet. Retry: none comes any more, or none within the limit."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._slot is not None or self._ended, self._limits.read_s)
            taken, self._slot = self._slot, None
        if taken is None:
            raise Retry(f"the stream {self._why if self._ended else self._silent}")
        return taken

    def stop(self, within_s: float) -> None:
        """End the thread, and then the stream. Stuck: it hangs in a read, and its device stays open."""
        self._stopping = True
        if self.thread.ident is not None:
            self.thread.join(within_s)
        if self.thread.is_alive():
            raise Stuck("a read of the camera does not return")
        self._capture.release()

    def _run(self) -> None:
        try:
            self._go_on()
        except cv2.error as exc:
            self._why = f"broke: {exc.err or exc}"
        with self._fresh:
            self._ended = True
            self._fresh.notify()

    def _go_on(self) -> None:
        due_s = self._now()
        while not self._stopping and self._grab():
            self.read += 1
            now_s = self._now()
            if now_s < due_s:
                self.skipped += 1
                continue
            due_s = max(due_s + 1 / self._limits.fps, now_s - 1 / self._limits.fps)
            ok, picture = self._capture.retrieve()
            if not ok:
                break
            with self._fresh:
                self.skipped += self._slot is not None
                self._slot = Taken(picture, now_s)
                self._fresh.notify()

    def _grab(self) -> bool:
        """False: the stream has ended or timed out. A picture that cannot be decoded is passed over."""
        late_s = self._now() + self._limits.read_s / 2
        for _ in range(_BROKEN):
            if self._capture.grab():
                return True
            if self._now() >= late_s:
                self._why = self._silent
                break
        return False


def film(source: str, limits: Limits, rate: float | None = None) -> Iterator[Taken]:
    """A file's pictures on its own time scale, skipping down to ``limits.fps``. Retry: it cannot be opened."""
    capture = open_source(source, limits)
    try:
        fps = rate or capture.get(cv2.CAP_PROP_FPS)
        if not 0.1 <= fps <= 1000:
            fps = 25.0
        frame, due_s = -1, 0.0
        while capture.grab():
            frame += 1
            at_s = frame / fps
            if at_s + 0.25 / fps < due_s:
                continue
            due_s = max(due_s + 1 / limits.fps, at_s - 1 / limits.fps)
            ok, picture = capture.retrieve()
            if not ok:
                return
            yield Taken(picture, at_s)
    finally:
        capture.release()
