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
from agent.acquire.scan import USUAL, Result, Scan
from agent.cli._command import Commands
from agent.cli._numbers import number, whole
from agent.config.settings import LineSettings
from agent.errors import AgentError
from agent.plain import plain
from agent.system.clock import SystemClock

FOUND, NOTHING = 0, 1
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}$")


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "scan",
        help="find out what hangs on a line",
        description="Finds the devices on a serial line, its baud rate and parity, and prints settings for them. It "
        "listens first, then asks; it never writes to a device. Stop the agent before: only one may own a line.",
    )
    command.add_argument("port", metavar="PORT", help="serial port, or HOST:PORT of a server that speaks RFC 2217")
    command.add_argument("--line", default="a", metavar="NAME", help="name of the line in the settings (%(default)s)")
    command.add_argument(
        "--baud", type=whole(50, 4_000_000), metavar="N", help="try this baud rate only; default all usual ones"
    )
    command.add_argument(
        "--timeout", type=number(0.001, 10), default=0.1, metavar="S", help="wait for an answer (%(default)s s)"
    )
    command.add_argument(
        "--last", type=whole(1, 247), default=247, metavar="N", help="highest Modbus address (%(default)s)"
    )
    command.add_argument("--quick", action="store_true", help="ask addresses 1 to 16 only where nothing answers")
    command.add_argument("--output", metavar="FILE", help="write the settings there instead of printing them")
    command.set_defaults(do=scan)


def _problem(options: argparse.Namespace) -> str:
    """What is wrong with the command; found before the scan, not after it."""
    output = Path(options.output) if options.output else None
    wrong = {
        f"--line: '{options.line}' is no name: take a to z, 0 to 9, '-' and '_'": not NAME.match(options.line),
        f"{options.port} is a plain file, not a serial port": Path(options.port).is_file(),
        f"{output} is there already; name another file": output is not None and output.exists(),
        f"{output} cannot be written: its folder is not there, or not yours": (
            output is not None and not os.access(output.parent, os.W_OK)
        ),
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
        print("\nstopped", file=sys.stderr)
        return NOTHING
    finally:
        _clear()
    return _print(result, options)


def _print(result: Result, options: argparse.Namespace) -> int:
    for hint in result.hints:
        print(plain(hint), file=sys.stderr)
    text = fragment(result, options.line)
    if not text:
        return NOTHING
    if options.output is None:
        print(plain(text, keep="\n"), end="")
    else:
        with Path(options.output).open("x", encoding="utf-8") as file:
            file.write(text)
        print(f"{len(result.devices)} devices, written to {options.output}", file=sys.stderr)
    return FOUND


def _progress(what: str, step: int, steps: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{what} ({step} of {steps})", end="", file=sys.stderr, flush=True)
    elif step == 0:
        print(what, file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
