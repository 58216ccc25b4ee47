"""``poleagent setup``: from the box to a pole that measures and reports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.cli import _sentences_help as common
from agent.cli import _sentences_setup as about
from agent.cli._ask import socket_path
from agent.cli._command import FAILED, OK, SETTINGS, Commands, add_settings
from agent.cli._language import err, local, out, reader
from agent.plain import plain
from agent.system.clock import SystemClock


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("setup", help=about.SET_POLE_UP(), description=about.SETS_POLE_UP())
    how = command.add_mutually_exclusive_group()
    how.add_argument("--claim", metavar="LINK", help=about.CLAIM_LINK())
    how.add_argument("--stick", nargs="?", const="", metavar="PATH", help=about.CLAIM_ON_STICK())
    how.add_argument("--offline", action="store_true", help=about.NO_PLATFORM_FOR_NOW())
    command.add_argument("--from", dest="answers", type=Path, metavar="FILE", help=about.ALL_ANSWERS())
    command.add_argument("--port", action="append", metavar="PORT", help=about.PORT_TO_SCAN())
    command.add_argument("--no-start", action="store_true", help=about.NOT_STARTED())
    command.add_argument("--socket", metavar="PATH", help=common.AGENTS_CONTROL_SOCKET_IF())
    add_settings(command)
    command.set_defaults(do=_setup)


def _setup(options: argparse.Namespace) -> int:
    from msgspec.structs import replace  # noqa: PLC0415 - `--help` needs none of these

    from agent.setup.answers import Answers, read_answers  # noqa: PLC0415
    from agent.setup.asking import FileAsker, TerminalAsker  # noqa: PLC0415
    from agent.setup.flow import SetupJob  # noqa: PLC0415
    from agent.setup.sentences import STOPPED, STOPPED_LATE  # noqa: PLC0415
    from agent.setup.whole import WholeJob, WholeSetup  # noqa: PLC0415

    answers, cameras = read_answers(options.answers) if options.answers else (Answers(), {})
    if options.claim is not None or options.stick is not None or options.offline:
        answers = replace(answers, claim=options.claim, stick=options.stick, offline=options.offline)
    if options.port:
        answers = replace(answers, ports=tuple(options.port))
    asker = FileAsker(out, replace=answers.replace) if options.answers else TerminalAsker(out, _prompt)
    job = WholeJob(
        setup=SetupJob(settings=options.settings, answers=answers, camera_tables=cameras, drivers=dict(find_drivers())),
        socket=lambda: socket_path(options),
        usual=options.settings == SETTINGS,
        start=not options.no_start,
        language=reader.get(),
    )
    setup = WholeSetup(job, asker, SystemClock(), _progress())
    try:
        return OK if setup.run() else FAILED
    except KeyboardInterrupt:
        err("\n" + (STOPPED_LATE if setup.written else STOPPED)())
        return FAILED


def _prompt(question: str) -> str:
    return input(plain(local(question), keep="\n") + " ")


def _progress() -> Callable[[str, str, int, int], None]:
    """Progress on standard error: one line that is written over on a terminal, else the first step of each kind."""
    said: set[tuple[str, str]] = set()

    def tell(port: str, what: str, step: int, steps: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
            err(f"{port}: {what} ({step} of {steps})"[:100], end="")
        elif (port, what.partition(":")[2]) not in said:
            said.add((port, what.partition(":")[2]))
            err(f"{port}: {what}")

    return tell
