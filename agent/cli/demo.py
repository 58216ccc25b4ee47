"""``poleagent demo``: the proof story; it comes with the source and not with the package for poles."""

from __future__ import annotations

import argparse
import importlib

from agent.cli._command import Commands
from agent.cli._numbers import whole
from agent.errors import AgentError


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "demo",
        help="watch a simulated pole survive a dead link and a kill",
        description="Runs the real agent against simulated devices and a real platform, cuts the link, kills the "
        "agent, and counts at the end what the platform has stored. Exit code 1 if a single event is missing.",
    )
    command.add_argument(
        "--seconds", type=whole(20, 86400), default=45, metavar="N", help="how long, at least 20 (%(default)s)"
    )
    command.add_argument("--keep", action="store_true", help="keep the platform's pages open at the end, until Ctrl-C")
    command.add_argument("--json", action="store_true", help="print only the result, as JSON")
    command.set_defaults(do=_demo)


def _demo(options: argparse.Namespace) -> int:
    try:
        demo = importlib.import_module("demo")
    except ImportError as reason:
        raise AgentError(f"the demo is not in the package for poles, it comes with the source: {reason}") from None
    return int(demo.main(options))
