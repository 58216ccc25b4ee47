"""``poleagent demo``: the proof story; it comes with the source and not with the package for poles."""

from __future__ import annotations

import argparse
import importlib

from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._command import Commands
from agent.cli._numbers import whole
from agent.errors import AgentError


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "demo",
        help=about.WATCH_SIMULATED_POLE_SURVIVE(),
        description=about.RUNS_REAL_AGENT_AGAINST(),
    )
    command.add_argument(
        "--seconds", type=whole(20, 86400), default=45, metavar="N", help=about.HOW_LONG_LEAST_DEFAULT()
    )
    command.add_argument("--keep", action="store_true", help=about.KEEP_PLATFORMS_PAGES_OPEN())
    command.add_argument("--json", action="store_true", help=about.PRINT_ONLY_RESULT_JSON())
    command.set_defaults(do=_demo)


def _demo(options: argparse.Namespace) -> int:
    try:
        demo = importlib.import_module("demo")
    except ImportError as reason:
        raise AgentError(say.DEMO_NOT_PACKAGE_POLES(reason=reason)) from None
    return int(demo.main(options))
