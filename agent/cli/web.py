"""``poleagent web``: the page on the pole, for a limited time."""

from __future__ import annotations

import argparse
import asyncio
import re

from agent.cli import _sentences_help as help_
from agent.cli import _sentences_web as about
from agent.cli._ask import socket_path
from agent.cli._command import OK, Commands, add_settings
from agent.cli._language import local, out
from agent.errors import AgentError
from agent.system.clock import SystemClock

LONGEST_S = 8 * 3600.0
_UNITS = {"min": 60.0, "h": 3600.0}


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("web", help=about.PAGE_ON_THE_POLE(), description=about.OPENS_PAGE())
    command.add_argument("--for", dest="seconds", type=_seconds, default=1800.0, metavar="TIME", help=about.OPEN_FOR())
    command.add_argument("--socket", metavar="PATH", help=help_.AGENTS_CONTROL_SOCKET_IF())
    add_settings(command)
    command.set_defaults(do=_web)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d{1,4})\s*(min|h)", text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 60.0 <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(local(about.NO_SPAN(text=text, most=f"{LONGEST_S / 3600:.0f}h")))
    return seconds


def _web(options: argparse.Namespace) -> int:
    try:
        from agent.web.rights import step_down  # noqa: PLC0415
        from agent.web.run import run  # noqa: PLC0415
    except ImportError as reason:
        raise AgentError(about.NO_H11(reason=reason)) from reason
    clock = SystemClock()
    asyncio.run(run(options.settings, socket_path(options), options.seconds, clock, out, step_down=step_down))
    return OK
