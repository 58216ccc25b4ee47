"""``python -m agent.setup.child SETTINGS``: the setup as a process that speaks JSON lines, for the page on the pole.

It is the same setup as at the terminal; who answers sits at the other end of a pipe. The command names the settings
file; the first line in says what to do, each later one answers a question; where the lines end the setup stops, as by
Ctrl-C.
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from agent.acquire.registry import find_drivers
from agent.acquire.tty import STABLE_NAMES
from agent.config.settings import LocalSettings
from agent.errors import AgentError
from agent.plain import plain
from agent.setup.answers import Answers
from agent.setup.find import TTYS, Find, about
from agent.setup.flow import SetupJob
from agent.setup.lines import (
    LINE_BYTES,
    FoundRow,
    FromSetup,
    ScanStep,
    SetupAnswer,
    SetupBegin,
    SetupEnd,
    SetupQuestion,
    SetupSaid,
)
from agent.setup.sentences import NO_PORT, STOPPED, STOPPED_LATE, SetupError
from agent.setup.sentences_steps import ASK_NAMES
from agent.setup.whole import WholeJob, WholeSetup
from agent.system.clock import SystemClock
from agent.system.peek import peek

USUAL = Path("/etc/poleagent/poleagent.toml")
"""The settings of the unit."""
_TERMINAL = re.compile(r"tty\d*|console|ptmx")
"""Where a person types, and no device answers."""


class PipeAsker:
    """Somebody at the other end of standard input and output."""

    attended = True

    def __init__(self) -> None:
        self._number = 0

    def say(self, text: str) -> None:
        put(SetupSaid(text=text))

    def text(self, question: str) -> str:
        return self._ask("text", question)

    def edits(self, finds: Sequence[Find]) -> str:
        rows = tuple(FoundRow(name=find.name, about=about(find)[:200]) for find in finds)
        return self._ask("finds", ASK_NAMES(), rows)

    def yes(self, question: str) -> bool:
        return self._ask("yes", question) == "y"

    def _ask(self, kind: Literal["text", "yes", "finds"], text: str, finds: tuple[FoundRow, ...] = ()) -> str:
        self._number += 1
        put(SetupQuestion(number=self._number, kind=kind, text=text, finds=finds))
        while True:
            answer = msgspec.json.decode(_line(), type=SetupAnswer)
            if answer.number == self._number:
                return answer.text.strip()


def put(line: FromSetup) -> None:
    """KeyboardInterrupt: nobody reads it any more."""
    try:
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
        sys.stdout.flush()
    except BrokenPipeError as reason:
        raise KeyboardInterrupt from reason


def _line() -> str:
    line = sys.stdin.readline(LINE_BYTES)
    if not line:
        raise KeyboardInterrupt
    return line


def serial_port(asked: str, *also: Path) -> str:
    """The port under a name that root alone can turn elsewhere. SetupError: it is none, and so is never opened.

    ``also``: folders whose files play serial ports, on a bench.
    """
    try:
        real = Path(asked).resolve()
    except (OSError, RuntimeError, ValueError) as reason:
        raise SetupError(NO_PORT, port=plain(asked)) from reason
    serial = real.parent == Path("/dev") and (TTYS / real.name).exists() and not _TERMINAL.fullmatch(real.name)
    if not serial and real.parent not in also:
        raise SetupError(NO_PORT, port=plain(asked))
    return asked if Path(asked).parent in {Path("/dev"), *STABLE_NAMES} else str(real)


def main(*also: Path) -> int:
    """``also``: as for ``serial_port``."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    begin = msgspec.json.decode(_line(), type=SetupBegin)
    settings = Path(sys.argv[1])
    try:
        ports = tuple(serial_port(port, *also) for port in begin.ports)
    except SetupError as reason:
        put(SetupEnd(accepted=False, error=str(reason)))
        return 0
    job = WholeJob(
        setup=SetupJob(
            settings=settings, answers=Answers(by=begin.by, ports=ports or None), drivers=dict(find_drivers())
        ),
        socket=lambda: peek(settings, "local", "socket", LocalSettings().socket),
        usual=settings == USUAL,
        language=begin.language,
    )
    setup = WholeSetup(job, PipeAsker(), SystemClock(), _reported)
    try:
        put(SetupEnd(accepted=setup.run()))
    except AgentError as reason:
        put(SetupEnd(accepted=False, error=str(reason)))
    except KeyboardInterrupt:
        put(SetupEnd(accepted=False, error=(STOPPED_LATE if setup.written else STOPPED)()))
    return 0


def _reported(port: str, what: str, step: int, steps: int) -> None:
    put(ScanStep(port=port, what=what, step=step, steps=steps))


if __name__ == "__main__":
    sys.exit(main())
