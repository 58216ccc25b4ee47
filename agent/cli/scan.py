"""``poleagent scan``: what hangs on a line."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path

from agent.acquire.fragment import fragment
from agent.acquire.registry import find_drivers
from agent.acquire.scan import Result, Scan
from agent.acquire.speeds import USUAL
from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._command import Commands
from agent.cli._language import err, local, out
from agent.cli._numbers import number, whole
from agent.config.settings import LineSettings
from agent.errors import AgentError
from agent.system.clock import SystemClock

FOUND, NOTHING = 0, 1
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}$")


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "scan",
        help=about.FIND_OUT_WHAT_HANGS(),
        description=about.FINDS_DEVICES_SERIAL_LINE(),
    )
    command.add_argument("port", metavar="PORT", help=about.SERIAL_PORT_OR_HOST())
    command.add_argument("--line", default="a", metavar="NAME", help=about.NAME_LINE_SETTINGS_DEFAULT())
    command.add_argument("--baud", type=whole(50, 4_000_000), metavar="N", help=about.TRY_BAUD_RATE_ONLY())
    command.add_argument(
        "--timeout", type=number(0.001, 10), default=0.1, metavar="S", help=about.WAIT_ANSWER_DEFAULT()
    )
    command.add_argument(
        "--last", type=whole(1, 247), default=247, metavar="N", help=about.HIGHEST_MODBUS_ADDRESS_DEFAULT()
    )
    command.add_argument("--quick", action="store_true", help=about.ASK_ADDRESSES_ONLY_WHERE())
    command.add_argument("--output", metavar="FILE", help=about.WRITE_SETTINGS_INSTEAD_PRINTING())
    command.set_defaults(do=scan)


def _problem(options: argparse.Namespace) -> str:
    """What is wrong with the command; found before the scan, not after it."""
    output = Path(options.output) if options.output else None
    wrong = {
        say.LINE_NO_NAME_TAKE(line=options.line): not NAME.match(options.line),
        say.PLAIN_FILE_NOT_SERIAL(port=options.port): Path(options.port).is_file(),
        say.ALREADY_NAME_ANOTHER_FILE(output=output): output is not None and output.exists(),
        say.CANNOT_WRITTEN_FOLDER_NOT(output=output): (output is not None and not os.access(output.parent, os.W_OK)),
    }
    return next((text for text, true in wrong.items() if true), "")


def scan(options: argparse.Namespace) -> int:
    """Scan, and print the settings; progress goes to standard error. Exit code 1 where nothing was found."""
    problem = _problem(options)
    if problem:
        raise AgentError(problem)
    network = ":" in options.port and not options.port.startswith("/")
    line = LineSettings(tcp=options.port, rfc2217=True) if network else LineSettings(port=options.port)
    usual = [setting for setting in USUAL if options.baud in {None, setting[0]}]
    if options.baud and not usual:
        usual = [(options.baud, "none"), (options.baud, "even"), (options.baud, "odd")]
    job = Scan(
        line,
        find_drivers(),
        SystemClock(),
        _progress,
        timeout_s=options.timeout,
        thorough=not options.quick,
        usual=usual,
        last=options.last,
    )
    try:
        result = asyncio.run(job.run())
    except KeyboardInterrupt:
        err(f"\n{say.STOPPED()}")
        return NOTHING
    finally:
        _clear()
    return _print(result, options)


def _print(result: Result, options: argparse.Namespace) -> int:
    for hint in result.hints:
        err(hint)
    text = fragment(result, options.line)
    if not text:
        return NOTHING
    if options.output is None:
        out(text, end="")
    else:
        with Path(options.output).open("x", encoding="utf-8") as file:
            file.write(text)
        err(say.DEVICES_WRITTEN(devices=len(result.devices), output=options.output))
    return FOUND


def _progress(what: str, step: int, steps: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{local(say.STEP(what=what, step=step, steps=steps))}", end="", file=sys.stderr, flush=True)
    elif step == 0:
        err(what)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
