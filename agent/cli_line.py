"""The commands about lines: what the lines of a settings file can carry, and ``poleagent scan``."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path

from agent.acquire.fragment import fragment
from agent.acquire.plan import plan
from agent.acquire.registry import find_drivers
from agent.acquire.scan import USUAL, Result, Scan
from agent.api import Driver
from agent.config.settings import LineSettings, Settings
from agent.errors import AgentError
from agent.system.clock import SystemClock

FOUND, NOTHING = 0, 1
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}$")


def loads(settings: Settings, drivers: dict[str, Driver]) -> list[str]:
    """A row for each line with a bit rate that polls: how much of its time is planned, and what cannot be met."""
    rows = []
    for name, line in settings.lines.items():
        devices = [device for device in settings.devices.values() if device.common.line == name]
        planned = plan(line, devices, drivers)
        if planned.shares:
            rows.append(f"line {name}: {planned.load:.0%} of its time is planned")
        rows += [f"line {name}: {problem}" for problem in planned.problems]
    return rows


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
        print(hint, file=sys.stderr)
    text = fragment(result, options.line)
    if not text:
        return NOTHING
    if options.output is None:
        print(text, end="")
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
