"""One source of frames for the analysis, whatever the camera speaks: opened, decoded, and asked how it goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, Protocol

from agent.config.address import Address
from agent.vision import sentences_stream as say
from agent.vision.boxes import Frame
from agent.vision.stream.container import Container
from agent.vision.stream.decoder import Decoder, too_large
from agent.vision.stream.door import Door
from agent.vision.stream.http import Http
from agent.vision.stream.jpeg import size_of
from agent.vision.stream.rtsp import Rtsp
from agent.vision.stream.trouble import Ended
from agent.vision.stream.units import Coded
from agent.vision.stream.v4l2 import RawFrame, V4l2

_WINDOW_S = 30.0
_LOSSY = 0.02
"""Share of a window's frames that could not be used; below it, less than one frame in two seconds is missed."""
_WAITING = say.FRAMES_COME_NO_KEY()


class StreamLimits(NamedTuple):
    """Seconds to open, seconds between frames, frames per second and their size, as far as they can be chosen."""

    open_s: float
    read_s: float
    fps: float
    size: tuple[int, int] | None = None
    memory_mib: int = 400


class Note(NamedTuple):
    """What is wrong with a stream that is open: ``waiting`` for a first frame, or ``lossy``."""

    state: Literal["waiting", "lossy"]
    text: str


class Image(Protocol):
    """A decoded frame."""

    @property
    def at_s(self) -> float | None:
        """Its second on the source's own time scale, if it has one."""

    def bgr(self) -> Frame:
        """Its pixels, converted when they are asked for."""


class Stream(Protocol):
    """An open camera."""

    def frames(self) -> Iterator[Image | None]:
        """Clean frames; None: data came, or a moment passed, without one. Ended: there will be no more."""

    def note(self) -> Note | None:
        """Asked at any time, from any thread."""

    def close(self) -> None:
        """Ends it. Only from the thread that reads, or when that has ended."""


def open_network(address: Address, door: Door, limits: StreamLimits, now: Callable[[], float]) -> Stream:
    """A camera of the network. NotThere, Refused, Ended: it does not open, and why."""
    if address.scheme.startswith("rtsp"):
        return _ByRtsp(Rtsp(address, door, limits.open_s, limits.read_s, now), limits, now)
    answer = Http(address, door, limits.open_s, limits.read_s, now)
    try:
        if answer.jpeg:
            return _ByJpeg(answer.frames(), answer.close, limits, now)
        return _ByContainer(Container(answer.body, limits.memory_mib, answer.close), now)
    except BaseException:
        answer.close()
        raise


def open_usb(path: str, handle: int, limits: StreamLimits, now: Callable[[], float]) -> Stream:
    """A USB camera by its open device, which is taken over. NotThere: it does not stream, and why."""
    device = V4l2(path, handle, now, fps=limits.fps, size=limits.size, read_s=limits.read_s)
    return _ByJpeg(device.frames(), device.close, limits, now)


class _Sound:
    """Decodes, and ends a stream of which nothing can be decoded."""

    def __init__(self, codec: str, config: bytes, limits: StreamLimits, now: Callable[[], float]) -> None:
        self._decoder = Decoder(codec, limits.memory_mib, config)
        self._limits = limits
        self._now = now
        self._good_s: float | None = None
        self._name = codec

    def images(self, coded: Coded) -> Iterator[Image]:
        now_s = self._now()
        if self._good_s is None:
            self._good_s = now_s
        for frame in self._decoder.decode(coded.data):
            self._good_s = now_s
            if coded.shown:
                yield frame
        if self._decoder.broken > 5 and now_s - self._good_s > self._limits.read_s:
            raise Ended(say.DATA_COMES_NO_FRAME(name=self._name))


class _Losses:
    """How many frames were held back in the last half minute, since something that they need was lost."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._past: deque[tuple[float, int, int]] = deque([(now(), 0, 0)])

    def look(self, came: int, smeared: int) -> Note | None:
        """With the counts so far: what is to be said of them."""
        now_s = self._now()
        if now_s - self._past[-1][0] >= 1.0:
            self._past.append((now_s, came, smeared))
        while len(self._past) > 1 and now_s - self._past[0][0] > _WINDOW_S:
            self._past.popleft()
        _, then, lost = self._past[0]
        share = (smeared - lost) / (came - then) if came > then else 0.0
        if share <= _LOSSY:
            return None
        return Note("lossy", say.PACKETS_LOST_SOME_FRAMES(tens=max(10, round(share * 10) * 10)))


class _ByRtsp:
    def __init__(self, source: Rtsp, limits: StreamLimits, now: Callable[[], float]) -> None:
        self._source = source
        self._now = now
        self._limits = limits
        self._sound = _Sound(source.video.decoder, source.video.config, limits, now)
        self._opened_s = now()
        self._losses = _Losses(now)
        self._note: Note | None = None

    def frames(self) -> Iterator[Image | None]:
        for coded in self._source.frames():
            got = False
            if coded is not None:
                for image in self._sound.images(coded):
                    got = True
                    yield image
            self._note = self._losses.look(self._source.frames_of.came, self._source.frames_of.smeared)
            if self._note is None:
                self._note = self._waiting()
            if not got:
                yield None

    def note(self) -> Note | None:
        return self._note

    def close(self) -> None:
        self._source.close()

    def _waiting(self) -> Note | None:
        of = self._source.frames_of
        if not of.waiting or self._now() - self._opened_s <= self._limits.read_s:
            return None
        return Note("waiting", _WAITING if of.came else say.DATA_COMES_NO_FRAME(name=self._source.video.decoder))


class _ByJpeg:
    """JPEG frames of a network or USB camera, or frames that need no decoder."""

    def __init__(
        self,
        source: Iterator[Coded | bytes | RawFrame | None],
        close: Callable[[], None],
        limits: StreamLimits,
        now: Callable[[], float],
    ) -> None:
        self._source = source
        self.close = close
        self._limits = limits
        self._sound = _Sound("mjpeg", b"", limits, now)

    def frames(self) -> Iterator[Image | None]:
        for each in self._source:
            if isinstance(each, RawFrame) or each is None:
                yield each
                continue
            data = each if isinstance(each, bytes) else each.data
            if sentence := too_large(size_of(data) or (0, 0), self._limits.memory_mib):
                raise Ended(sentence)
            got = False
            for image in self._sound.images(Coded(data)):
                got = True
                yield image
            if not got:
                yield None

    def note(self) -> Note | None:
        return None


class _ByContainer:
    def __init__(self, source: Container, now: Callable[[], float]) -> None:
        self._source = source
        self._losses = _Losses(now)
        self._note: Note | None = None
        self.close = source.close

    def frames(self) -> Iterator[Image | None]:
        for image in self._source.frames():
            self._note = self._losses.look(self._source.came, self._source.smeared)
            yield image
        raise Ended(say.CAMERA_ENDED_STREAM())

    def note(self) -> Note | None:
        return self._note
