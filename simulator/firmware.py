"""Real firmware in emulation: the images of ``firmware_stubs`` as programs of this machine, or on a Cortex-M3 in QEMU.

What the agent opens is a pty in both cases; the console's lines are those of firmware_stubs/devices/console.h.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import shutil
import subprocess
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

from agent.errors import ConfigError

TREE = Path(__file__).resolve().parent.parent / "firmware_stubs"
Machine = Literal["host", "arm"]
Image = Literal["sensor_board", "field_devices"]
NEEDS: dict[Machine, tuple[str, ...]] = {
    "host": ("make", "cc"),
    "arm": ("make", "arm-none-eabi-gcc", "qemu-system-arm"),
}
BOOT_S = 10.0
ANSWER_S = 10.0
_PTY = re.compile(rb"/dev/pts/\d+")


def missing(machine: Machine = "host") -> tuple[str, ...]:
    """What is not here to build and run the images; empty = all is there."""
    if not (TREE / "Makefile").is_file():
        return (str(TREE),)
    return tuple(tool for tool in NEEDS[machine] if shutil.which(tool) is None)


def build(image: Image, machine: Machine = "host") -> Path:
    """The image, built where it was not; ConfigError says what is missing or what the compiler said."""
    absent = missing(machine)
    if absent:
        raise ConfigError(f"the {machine} build of the firmware needs {', '.join(absent)}, which is not here")
    target = f"build/{machine}/{image}{'.elf' if machine == 'arm' else ''}"
    with _one_builder():
        made = subprocess.run(["make", "-C", TREE, target], capture_output=True, text=True, check=False)
    if made.returncode:
        raise ConfigError(f"make {target} failed: {made.stderr.strip()[-500:]}")
    return TREE / target


@contextlib.contextmanager
def _one_builder() -> Iterator[None]:
    (TREE / "build").mkdir(exist_ok=True)
    with (TREE / "build" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Emulated:
    """A running image: ``port`` is what the agent opens. Use it with ``with``; it ends with the block."""

    def __init__(self, image: Image, *lines: str, machine: Machine = "host", paced: bool = False) -> None:
        path = build(image, machine)
        command = [str(path), *(["--paced"] if paced else [])]
        if machine == "arm":
            serial = ["-serial", "pty", "-serial", "pty"]
            command = ["qemu-system-arm", "-M", "lm3s6965evb", "-kernel", str(path), "-nographic", "-monitor", "none"]
            command += serial
        self._lines = b""
        self._held = -1
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        try:
            self.port = self._pty()
            if machine == "arm":
                console = self._pty()
                # QEMU looks once a second whether somebody has opened a pty, and drops what comes before: the line
                # stays open, and once the console answers, the line does too
                self._held = self._open(self.port)
                self._to = self._from = self._open(console)
                self._meet(image)
            for line in lines:
                self.say(line)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._to == self._from:
            os.close(self._to)
        if self._held >= 0:
            os.close(self._held)
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def say(self, line: str) -> str:
        """Tell the console ``line``; what follows its ``ok``, with the rows before it. ConfigError for ``error``."""
        os.write(self._to, line.encode("ascii") + b"\n")
        rows: list[str] = []
        while True:
            row = self._row(ANSWER_S)
            if row.startswith("error"):
                raise ConfigError(f"'{line}': {row}")
            if row.startswith("ok"):
                return "\n".join([*rows, row.removeprefix("ok").strip()])
            rows.append(row)

    def send(self, line: str) -> None:
        """Tell the console a line that it does not answer."""
        os.write(self._to, line.encode("ascii") + b"\n")

    def stat(self, number: int) -> tuple[int, int, int]:
        """Requests that device ``number`` received, what it answered, and how many of them were no reads."""
        questions, answers, writes = self.say(f"stat {number}").split()
        return int(questions), int(answers), int(writes)

    @staticmethod
    def _open(name: str) -> int:
        fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd)
        return fd

    def _meet(self, image: Image) -> None:
        """Until it has booted, what is said to a console is lost in part."""
        end = time.monotonic() + BOOT_S
        while image == "field_devices":
            os.write(self._to, b"\nlist\n")
            lines = []
            with contextlib.suppress(ConfigError):  # that is: nothing more came
                while True:
                    lines.append(self._row(0.1))
            if "ok" in lines:
                return
            if time.monotonic() > end:
                raise ConfigError("the emulated console does not answer")

    def _pty(self) -> str:
        end = time.monotonic() + BOOT_S
        while not (found := _PTY.search(row := self._row(end - time.monotonic()).encode())):
            if time.monotonic() > end:
                raise ConfigError(f"the image did not start: {row.decode()}")
        return found.group().decode()

    def _row(self, within_s: float) -> str:
        end = time.monotonic() + within_s
        while b"\n" not in self._lines:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self._from, 4096) if ready else b""
            if not data:
                raise ConfigError("the emulated console does not answer")
            self._lines += data
        row, _, self._lines = self._lines.partition(b"\n")
        return row.decode("ascii", "replace").strip()
