"""The vision process: started by the daemon (``camera``) as ``python -m agent.vision.child``, one a camera.

Its order comes on standard input, whose end means stop. Messages leave on what was standard output; whatever libraries
print goes to standard error instead. It gives up its rights (``confine``) before it loads any native library.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from agent.errors import ConfigError
from agent.vision.confine import bound_memory, confine
from agent.vision.order import EXIT_MEMORY, EXIT_REFUSED, CandidateModel, MakeBackground, Order
from agent.vision.pipe import Beat, Message, pack, said
from agent.vision.privacy import plain
from agent.vision.shell import Stop, TooLarge
from agent.vision.stream.door import AskedDoor
from contract.events import CameraState

_PR_SET_PDEATHSIG = 1
_NICE = 5
_OPENCV_NO_MEMORY = -4
_OOM_SCORE = "300"
"""Sensors and the store come first: this process has less of the processor, and goes first where memory is short."""


class Process:
    """The real surroundings: the boot clock, standard input, and the pipe that was standard output."""

    def __init__(self, out: int) -> None:
        self._out = out
        self.unconfined = ""
        self.candidate: CandidateModel | None = None
        self.backgrounds = 0
        self._asked = b""

    def now(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def aligned_s(self) -> float:
        return time.time() - self.now()

    def wait(self, seconds: float) -> None:
        ready, _, _ = select.select([0], [], [], max(0.0, seconds))
        if ready:
            piece = os.read(0, 1024)
            if not piece:
                raise Stop
            *lines, self._asked = (self._asked + piece).split(b"\n")
            for line in lines:
                wanted = msgspec.json.decode(line, type=CandidateModel | MakeBackground | None)
                if isinstance(wanted, MakeBackground):
                    self.backgrounds += 1
                else:
                    self.candidate = wanted

    def send(self, message: Message) -> None:
        if self.unconfined and isinstance(message, Beat):
            message = msgspec.structs.replace(message, unconfined=self.unconfined)
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
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds frames
    os.nice(_NICE)
    with contextlib.suppress(OSError):  # not all systems let us; the daemon then dies no sooner than we do
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, which then ends us
    line = _read_line()
    if not line:
        return 0
    order = msgspec.json.decode(line, type=Order)
    return guarded(order, Process(out), lambda process: _run(order, process))


def _run(order: Order, process: Process) -> None:
    door = None
    process.candidate = order.candidate
    if order.door is not None:
        door = AskedDoor(socket.socket(fileno=order.door))
        process.unconfined = ", ".join(confine(order.settings, order.models))
    from agent.vision.worker import work  # noqa: PLC0415  # native code comes last

    bound_memory(order.settings.memory_mib)
    work(order, process, door)


def guarded(order: Order, process: Process, run: Callable[[Process], None]) -> int:
    """The exit status that ``order`` documents."""
    try:
        run(process)
    except ConfigError as exc:
        text = plain(f"[camera.{order.name}]: {exc}", [order.password])
        with contextlib.suppress(Stop):
            process.send(said(CameraState(state="refused", text=text[:200]), process.now()))
        return EXIT_REFUSED
    except (TooLarge, MemoryError):
        return EXIT_MEMORY
    except Exception as exc:
        if _is_memory(exc):
            return EXIT_MEMORY
        raise
    except Stop:
        pass
    return 0


def _is_memory(exc: Exception) -> bool:
    """Whether OpenCV, FFmpeg or a thread failed for want of memory, each in its own words."""
    return (
        getattr(exc, "code", None) == _OPENCV_NO_MEMORY
        or getattr(exc, "errno", None) in (errno.ENOMEM, errno.EAGAIN)
        or "can't start new thread" in str(exc)
    )


def _read_line() -> bytes:
    """The order, byte by byte: what follows on standard input is for ``Process.wait``."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return b""
        line += piece
    return bytes(line)


if __name__ == "__main__":
    sys.exit(main())
