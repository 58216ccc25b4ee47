"""How the vision process treats its stream, on a clock of the test's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import cv2
import pytest

from agent.config.scene import CameraSettings, CountingLine, Gauge
from agent.errors import Retry
from agent.vision import pace, worker
from agent.vision.capture import Newest, Stuck, Taken
from agent.vision.order import CandidateModel, Order
from agent.vision.pipe import Message, Said, open_body
from agent.vision.pipeline import make_finder
from agent.vision.shell import Stop
from agent.vision.stream.live import Image, Note, StreamLimits
from agent.vision.stream.trouble import Ended, NotThere, StreamRefused
from agent.vision.worker import Worker
from contract.events import CameraState, Counts, WaterLevel
from tests.vision.stage import street


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker runs inside the process of all tests, whose memory is not its own."""
    monkeypatch.setattr(pace, "resident_bytes", lambda: 50 * 1024 * 1024)


class Shell:
    """Surroundings in which waiting costs no time, and the end comes at ``until_s``."""

    def __init__(self, until_s: float) -> None:
        self._now_s = 0.0
        self.wall_s = 0.0
        self._until_s = until_s
        self.said: list[Message] = []

    def now(self) -> float:
        return self._now_s

    candidate: CandidateModel | None = None
    backgrounds: int = 0

    def aligned_s(self) -> float:
        return self.wall_s

    def wait(self, seconds: float) -> None:
        self._now_s += seconds
        if self._now_s > self._until_s:
            raise Stop

    def send(self, message: Message) -> None:
        self.said.append(message)

    def states(self) -> list[str]:
        bodies = [open_body(message) for message in self.said if isinstance(message, Said)]
        return [body.state for body in bodies if isinstance(body, CameraState)]


def openings(monkeypatch: pytest.MonkeyPatch, lasts_s: float, until_s: float) -> tuple[list[float], Shell]:
    """When a stream was opened that shows a frame a second for ``lasts_s`` and dies, again and again."""
    shell = Shell(until_s)
    opened: list[float] = []

    class Reader:
        skipped = 0
        note = staticmethod(lambda: None)

        def take(self, wait_s: float) -> Taken:
            shell.wait(1.0)
            if shell.now() - opened[-1] > lasts_s:
                raise Retry("the stream ended")
            return Taken(street(), shell.now())

    @contextmanager
    def newest(*_: Any) -> Iterator[Reader]:
        opened.append(shell.now())
        yield Reader()

    monkeypatch.setattr(worker, "newest", newest)
    settings = CameraSettings(source="rtsp://10.0.0.5/1", memory_mib=100_000)
    order = Order(name="gate", source=settings.source, settings=settings)
    with pytest.raises(Stop):
        Worker(order, make_finder(settings), shell).run()
    return opened, shell


def test_a_stream_that_dies_after_each_frame_is_tried_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, shell = openings(monkeypatch, lasts_s=1.5, until_s=600.0)
    pauses = [later - earlier for earlier, later in pairwise(opened)]
    assert pauses[0] < 4
    assert 40 < pauses[-1] < 65
    assert len(shell.states()) < 40, "its states are no flood of events"


def test_a_stream_that_was_steady_is_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, _ = openings(monkeypatch, lasts_s=45.0, until_s=600.0)
    assert max(later - earlier for earlier, later in pairwise(opened)) < 50


def test_windows_follow_the_wall_clock_when_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(until_s=400.0)

    class Reader:
        skipped = 0
        note = staticmethod(lambda: None)

        def take(self, wait_s: float) -> Taken:
            shell.wait(1.0)
            if shell.now() == 130.0:
                shell.wall_s = 1_795_435_200.0 + 17.0  # the time came: the full minute is 17 s earlier than it was
            return Taken(street(), shell.now())

    @contextmanager
    def newest(*_: Any) -> Iterator[Reader]:
        yield Reader()

    monkeypatch.setattr(worker, "newest", newest)
    line = {"gate": CountingLine(a=(0.5, 0.5), b=(0.5, 1.0))}
    settings = CameraSettings(source="rtsp://10.0.0.5/1", memory_mib=100_000, line=line, window_s=60.0)
    with pytest.raises(Stop):
        Worker(Order(name="gate", source=settings.source, settings=settings), make_finder(settings), shell).run()
    reported = [message for message in shell.said if isinstance(message, Said)]
    begins = [message.boot_s for message in reported if isinstance(open_body(message), Counts)]
    assert begins == [1.0, 60.0, 120.0, 163.0, 223.0, 283.0, 343.0]


class Frames:
    """A stream of a test's own."""

    def __init__(self, frames: Callable[[], Iterator[Image | None]]) -> None:
        self.frames = frames
        self.closed = False

    def note(self) -> Note | None:
        return None

    def close(self) -> None:
        self.closed = True


def reading(frames: Callable[[], Iterator[Image | None]]) -> tuple[Newest, Frames]:
    stream = Frames(frames)
    reader = Newest(stream, StreamLimits(1.0, 5.0, 10.0), time.monotonic)
    reader.thread.start()
    return reader, stream


def test_the_end_of_a_stream_is_reported_with_its_reason_and_kind() -> None:
    def refused() -> Iterator[Image | None]:
        yield None
        raise StreamRefused("the password")

    reader, stream = reading(refused)
    with pytest.raises(StreamRefused, match="the password"):
        reader.take(5.0)
    reader.stop(5.0)
    assert stream.closed


def test_what_opencv_raises_while_reading_ends_the_stream_with_its_words() -> None:
    def broken() -> Iterator[Image | None]:
        raise cv2.error("of no use")
        yield

    reader, _ = reading(broken)
    with pytest.raises(Retry, match="the stream broke: of no use"):
        reader.take(5.0)
    reader.stop(5.0)


def test_a_read_that_never_returns_ends_the_process_which_alone_frees_the_camera() -> None:
    free = threading.Event()

    def hanging() -> Iterator[Image | None]:
        free.wait()
        return
        yield

    now_s = [0.0]
    stream = Frames(hanging)
    reader = Newest(stream, StreamLimits(1.0, 5.0, 10.0), lambda: now_s[0])
    reader.thread.start()
    assert reader.take(0.01) is None
    now_s[0] = 100.0
    with pytest.raises(Retry, match="does not return"):
        reader.take(0.01)
    with pytest.raises(Stuck):
        reader.stop(0.05)
    assert not stream.closed, "a stream is not touched while it reads"
    free.set()
    reader.thread.join(5.0)


@pytest.mark.parametrize(
    ("trouble", "first_s", "last_s"),
    [
        (NotThere("x"), (0.5, 1.1), (3.0, 5.1)),
        (Ended("x"), (0.5, 1.1), (40.0, 60.1)),
        (StreamRefused("x"), (200, 301), (1800, 3601)),
    ],
)
def test_how_long_is_waited_depends_on_what_a_try_costs(
    monkeypatch: pytest.MonkeyPatch, trouble: Retry, first_s: tuple[float, float], last_s: tuple[float, float]
) -> None:
    """A camera that is not there is tried every few seconds; one that refused a password has minutes of peace."""
    shell = Shell(until_s=40_000.0)
    tries: list[float] = []

    @contextmanager
    def newest(*_: Any) -> Iterator[None]:
        tries.append(shell.now())
        raise trouble
        yield

    monkeypatch.setattr(worker, "newest", newest)
    settings = CameraSettings(source="rtsp://10.0.0.5/1", memory_mib=100_000)
    with pytest.raises(Stop):
        Worker(Order(name="gate", source=settings.source, settings=settings), make_finder(settings), shell).run()
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert first_s[0] <= pauses[0] <= first_s[1]
    assert last_s[0] <= pauses[-1] <= last_s[1]


def test_a_stream_without_a_key_frame_is_reported_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(until_s=120.0)
    opened: list[float] = []

    class Reader:
        skipped = 0

        def note(self) -> Note | None:
            return Note("waiting", "no key frame") if shell.now() < 40 else None

        def take(self, wait_s: float) -> Taken | None:
            shell.wait(wait_s)
            return Taken(street(), shell.now()) if shell.now() > 40 else None

    @contextmanager
    def newest(*_: Any) -> Iterator[Reader]:
        opened.append(shell.now())
        yield Reader()

    monkeypatch.setattr(worker, "newest", newest)
    settings = CameraSettings(source="rtsp://10.0.0.5/1", memory_mib=100_000)
    with pytest.raises(Stop):
        Worker(Order(name="gate", source=settings.source, settings=settings), make_finder(settings), shell).run()
    assert shell.states()[:2] == ["no_signal", "ok"]
    assert opened == [0.0], "it was never given up"


def test_a_new_frame_size_makes_no_dry_gauge_of_a_flooded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(until_s=200.0)

    class Reader:
        skipped = 0
        note = staticmethod(lambda: None)

        def take(self, wait_s: float) -> Taken:
            shell.wait(1.0)
            return Taken(street() if shell.now() < 100 else street(width=1280, height=720), shell.now())

    @contextmanager
    def newest(*_: Any) -> Iterator[Reader]:
        yield Reader()

    monkeypatch.setattr(worker, "newest", newest)
    settings = CameraSettings(
        source="rtsp://10.0.0.5/1", gauge={"kerb": Gauge(marks=((0.5, 0.8, 0.0), (0.5, 0.5, 0.6)))}
    )
    water = (WaterLevel(gauge="kerb", state="flooded", depth_m=0.3, confidence=0.9),)
    order = Order(name="gate", source=settings.source, settings=settings, water=water)
    with pytest.raises(Stop):
        Worker(order, make_finder(settings), shell).run()
    reported = [open_body(message) for message in shell.said if isinstance(message, Said)]
    assert not [body for body in reported if isinstance(body, WaterLevel) and body.state == "dry"]
