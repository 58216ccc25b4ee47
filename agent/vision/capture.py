"""Frames from a camera, the newest always, with a limit on every wait.

A thread of its own reads and drops frames as fast as they come, since a decoder must see every one of them; only those
that are due are converted. What hangs in spite of all limits, or aborts the process, ``camera`` ends from outside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from agent.errors import AgentError, Retry
from agent.vision import sentences as say
from agent.vision.boxes import Frame
from agent.vision.source import Source
from agent.vision.stream.live import Note, Stream, StreamLimits

_SLACK = 0.25
"""Share of a frame's time by which a file's frame may come before it is due."""


class Taken(NamedTuple):
    """A frame's pixels and the monotonic second at which it was read, or the second of the file that it belongs to."""

    frame: Frame
    at_s: float


@contextmanager
def newest(source: Source, limits: StreamLimits, now: Callable[[], float] = time.monotonic) -> Iterator[Newest]:
    """The newest frame of a live source while the block runs. Retry: as ``Source.stream``; Stuck: as ``stop``."""
    reader = Newest(source.stream(limits, now), limits, now)
    try:
        reader.thread.start()
        yield reader
    finally:
        reader.stop(limits.read_s + 1.0)


class Stuck(AgentError):
    """Only the end of the process frees the camera."""


class Newest:
    """The reading thread and its one slot."""

    def __init__(self, stream: Stream, limits: StreamLimits, now: Callable[[], float]) -> None:
        self._stream = stream
        self._limits = limits
        self._now = now
        self._slot: Taken | None = None
        self._end: BaseException | None = None
        self._received_s = now()
        self._stopping = False
        self._fresh = threading.Condition()
        self.read = 0
        self.skipped = 0
        # the one thread of ours: a read cannot be awaited, and the process must count while it waits
        self.thread = threading.Thread(target=self._run, daemon=True)  # noqa: TID251

    def take(self, wait_s: float) -> Taken | None:
        """A frame that has not been taken yet, within so long; None: none came, and the stream stands.

        Retry: the stream has ended or hangs. MemoryError: as the decoder's.
        """
        with self._fresh:
            self._fresh.wait_for(lambda: self._slot is not None or self._end is not None, wait_s)
            taken, self._slot = self._slot, None
        if taken is not None:
            return taken
        if isinstance(self._end, Retry | MemoryError):
            raise self._end
        if self._end is not None:
            raise Retry(say.STREAM_BROKE(end=self._end)) from self._end
        if self._now() - self._received_s > 2 * self._limits.read_s + 1.0:
            raise Retry(say.READ_CAMERA_DOES_NOT())
        return None

    def note(self) -> Note | None:
        """What is wrong with the stream although it stands."""
        return self._stream.note()

    def stop(self, within_s: float) -> None:
        """End the thread, and then the stream. Stuck: it hangs in a read, and its device stays open."""
        self._stopping = True
        if self.thread.ident is not None:
            self.thread.join(within_s)
        if self.thread.is_alive():
            raise Stuck(say.READ_CAMERA_DOES_NOT())
        self._stream.close()

    def _run(self) -> None:
        try:
            self._go_on()
            end: BaseException = Retry(say.STREAM_ENDED())
        except Exception as exc:  # noqa: BLE001  # whatever it is, the thread that takes must learn of it
            end = exc
        with self._fresh:
            self._end = end
            self._fresh.notify()

    def _go_on(self) -> None:
        due_s = self._now()
        for image in self._stream.frames():
            if self._stopping:
                return
            now_s = self._received_s = self._now()
            if image is None:
                continue
            self.read += 1
            if now_s < due_s:
                self.skipped += 1
                continue
            due_s = max(due_s + 1 / self._limits.fps, now_s - 1 / self._limits.fps)
            frame = image.bgr()
            with self._fresh:
                self.skipped += self._slot is not None
                self._slot = Taken(frame, now_s)
                self._fresh.notify()


def video(source: Source, limits: StreamLimits, rate: float | None = None) -> Iterator[Taken]:
    """A file's frames on its own time scale, skipping down to ``limits.fps``. Retry: it cannot be opened or decoded.

    ``rate``: its frames per second, where the stamps in it are wrong.
    """
    container = source.file(limits)
    try:
        due_s = 0.0
        for number, frame in enumerate(container.frames()):
            if frame is None:
                continue
            at_s = number / rate if rate else frame.at_s or 0.0
            if at_s + _SLACK / (rate or container.rate) < due_s:
                continue
            due_s = max(due_s + 1 / limits.fps, at_s - 1 / limits.fps)
            yield Taken(frame.bgr(), at_s)
    except Retry as exc:
        raise source.placed(exc) from exc
    finally:
        container.close()
