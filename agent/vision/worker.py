"""The vision process: one camera from its stream to messages on a pipe. Pictures are born and die here.

Started by the daemon (``camera``) as ``python -m agent.vision.worker``; its order comes on standard input, whose end
means stop. Messages leave on what was standard output; whatever libraries print goes to standard error instead.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, Protocol

import cv2
import msgspec

from agent.config.address import hidden
from agent.errors import ConfigError, Retry
from agent.vision.boxes import Picture
from agent.vision.capture import Newest, Taken, film, newest
from agent.vision.evidence import Keeper, to_hide
from agent.vision.finder import Finder
from agent.vision.order import EXIT_MEMORY, EXIT_REFUSED, Order
from agent.vision.pace import FramePace
from agent.vision.pipe import BEAT_S, Message, pack, said
from agent.vision.pipeline import Seen, VisionPipeline, make_finder
from agent.vision.source import Limits, live
from contract.events import CameraState, Crossing, Incident, Tamper, WaterLevel
from contract.types import Body

_PR_SET_PDEATHSIG = 1
_NICE = 5
_OOM_SCORE = "300"
"""Sensors and the store come first: this process has less of the processor, and goes first where memory is short."""
_BACK_OFF_S = (1.0, 60.0)
_STEP_S = 1.0
"""A step of the wall clock; less is a slew."""
_STEADY_S = 30.0
"""A stream that lasts so long is tried at once when it dies; one that does not is tried less and less."""
State = Literal["ok", "no_signal", "frozen", "crashed", "too_dark", "refused"]


class Stop(Exception):
    """The daemon has closed our standard input."""


class TooLarge(Exception):
    """This process uses more memory than it may."""


class Shell(Protocol):
    """The process's surroundings; tests bring their own."""

    def now(self) -> float:
        """Seconds since boot."""

    def aligned_s(self) -> float:
        """The wall time (Unix seconds) at the zero of ``now``."""

    def wait(self, seconds: float) -> None:
        """Return after so long. Stop: the daemon wants an end."""

    def send(self, message: Message) -> None:
        """Hand a message to the daemon."""


class Worker:
    """``run`` looks until it is stopped; losing the stream is no end, it is tried again."""

    def __init__(self, order: Order, finder: Finder, shell: Shell) -> None:
        """ConfigError: evidence is asked for and cannot be kept."""
        self._order = order
        self._settings = settings = order.settings
        self._limits = Limits(settings.open_s, settings.read_s, settings.fps, settings.picture)
        self._shell = shell
        self._finder = finder
        evidence = order.settings.evidence
        self._keeper = Keeper(order.name, evidence) if evidence else None
        self._pipeline: VisionPipeline | None = None
        self._told: tuple[State, str] | None = None
        self._water = {body.gauge: body for body in order.water}
        self._pace = FramePace(shell.now(), finder)
        self._failures = 0
        self._opened_s = 0.0
        self._aligned_s = shell.aligned_s()

    def run(self) -> None:
        """Stop, TooLarge: as they say."""
        try:
            while True:
                try:
                    self._look()
                except Retry as exc:
                    self._be("no_signal", hidden(str(exc)))
                    self._pace.reconnects += 1
                    self._failures += 1
                    low, high = _BACK_OFF_S
                    self._idle(min(high, low * 2.0 ** min(self._failures - 1, 10)) * random.uniform(0.7, 1.0))  # noqa: S311
        finally:
            if self._pipeline is not None:
                self._tell(self._pipeline.end(self._shell.now()))

    def _look(self) -> None:
        self._opened_s = self._shell.now()
        if live(self._order.source):
            with newest(self._order.source, self._limits, self._shell.now) as reader:
                while True:
                    self._frame(reader.take(), reader)
        for taken in self._paced():
            self._frame(taken, None)
        if not self._settings.loop:
            self._be("no_signal", "the film has ended")
            while True:
                self._idle(3600.0)

    def _paced(self) -> Iterator[Taken]:
        """A film at its own speed, on the clock of now; what is late is skipped."""
        began_s = self._shell.now()
        for taken in film(self._order.source, self._limits):
            early_s = began_s + taken.at_s - self._shell.now()
            if early_s > 0:
                self._idle(early_s)
            elif early_s < -1.0:
                self._pace.skipped += 1
                continue
            yield Taken(taken.picture, began_s + taken.at_s)

    def _frame(self, taken: Taken, reader: Newest | None) -> None:
        picture = taken.picture
        size = (picture.shape[1], picture.shape[0])
        if self._pipeline is None or self._pipeline.size != size:
            if self._pipeline is not None:
                self._tell(self._pipeline.end(taken.at_s))
            self._pipeline = VisionPipeline(
                self._settings,
                size,
                finder=self._finder,
                aligned_s=self._aligned_s,
                water=self._water.values(),
            )
        if abs(self._shell.aligned_s() - self._aligned_s) > _STEP_S:
            self._aligned_s = self._shell.aligned_s()
            self._pipeline.align(self._aligned_s)
        seen = self._pipeline.frame(picture, taken.at_s)
        if taken.at_s - self._opened_s > _STEADY_S:
            self._failures = 0
        self._pace.frame(size, seen, reader)
        self._be(*_state(seen))
        self._tell(seen.told)
        self._evidence(picture, seen, taken.at_s)
        self._beat()
        self._shell.wait(0.0)

    def _tell(self, told: list[tuple[float, Body]]) -> None:
        for at_s, body in told:
            if isinstance(body, Crossing) and not (self._pipeline and self._pipeline.each(body.line)):
                continue
            if isinstance(body, WaterLevel) and body.state != "unknown":
                self._water[body.gauge] = body
            self._shell.send(said(body, max(0.0, at_s)))

    def _be(self, state: State, text: str = "") -> None:
        """Told when its reason changes as well: what a technician reads must be why it fails now."""
        if (state, text) != self._told:
            self._told = (state, text)
            self._shell.send(said(CameraState(state=state, text=text[:200]), self._shell.now()))

    def _evidence(self, picture: Picture, seen: Seen, at_s: float) -> None:
        keeper = self._keeper
        if keeper is None:
            return
        for _, body in seen.told:
            if isinstance(body, Incident | Tamper) and body.phase == "begin":
                rule = body.type if isinstance(body, Incident) else "tamper"
                if keeper.wants(rule):
                    hide = to_hide(picture, seen, self._finder)
                    kept = keeper.keep(picture, hide, rule, at_s + self._aligned_s)
                    self._tell([(at_s, each) for each in kept])

    def _idle(self, seconds: float) -> None:
        """Wait, and go on telling that we live."""
        until_s = self._shell.now() + seconds
        while (left := until_s - self._shell.now()) > 0:
            self._beat()
            self._shell.wait(min(left, BEAT_S))

    def _beat(self) -> None:
        beat = self._pace.beat(self._shell.now())
        if beat is None:
            return
        self._shell.send(beat)
        if beat.memory_bytes > self._settings.memory_mib * 1024 * 1024:
            raise TooLarge


def _state(seen: Seen) -> tuple[State, str]:
    if "frozen" in seen.wrong:
        return "frozen", "the camera repeats one picture: restart it, or look at the encoder"
    if seen.dark:
        return "too_dark", "too dark to see anything: is the lamp or the infrared light off?"
    return "ok", ""


class _Process:
    """The real surroundings: the boot clock, standard input, and the pipe that was standard output."""

    def __init__(self, out: int) -> None:
        self._out = out

    def now(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def aligned_s(self) -> float:
        return time.time() - self.now()

    def wait(self, seconds: float) -> None:
        ready, _, _ = select.select([0], [], [], max(0.0, seconds))
        if ready and not os.read(0, 1024):
            raise Stop

    def send(self, message: Message) -> None:
        data = pack(message)
        while data:
            try:
                data = data[os.write(self._out, data) :]
            except BrokenPipeError as exc:
                raise Stop from exc


def main() -> int:
    out = os.dup(1)
    os.dup2(2, 1)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds pictures
    os.nice(_NICE)
    with contextlib.suppress(OSError):  # not all systems let us; the daemon then dies no sooner than we do
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, which then ends us
    cv2.setNumThreads(1)
    process = _Process(out)
    line = _read_line()
    if not line:
        return 0
    order = msgspec.json.decode(line, type=Order)
    return _guarded(order, process, lambda: Worker(order, make_finder(order.settings), process).run())


def _guarded(order: Order, process: _Process, run: Callable[[], None]) -> int:
    """The exit status that ``order`` documents."""
    try:
        run()
    except ConfigError as exc:
        text = hidden(f"[camera.{order.name}]: {exc}")
        with contextlib.suppress(Stop):
            process.send(said(CameraState(state="refused", text=text[:200]), process.now()))
        return EXIT_REFUSED
    except TooLarge:
        return EXIT_MEMORY
    except Stop:
        pass
    return 0


def _read_line() -> bytes:
    """The order, unbuffered: what follows on standard input is the sign to stop."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            return b""
        line += piece
    return bytes(line)


if __name__ == "__main__":
    sys.exit(main())
