"""The command line ``poleagent``: a thin face over ``app`` and the control socket.

A command is a module of this folder with ``add(commands)``; nothing lists them. Only the module of the command that was
asked for is imported, so that ``status`` answers at once on a slow box; ``--help`` imports all.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import get_args

from agent.cli import _sentences_help as about
from agent.cli._command import (
    EXIT_CODES,
    FAILED,
    NOT_ALLOWED,
    NOT_RUNNING,
    OK,
    SETTINGS,
    USAGE,
    WRONG_SETTINGS,
    ending,
)
from agent.cli._language import OPTION, of_terminal, reader, split
from agent.cli._parser import Parser
from contract.words import Language

__all__ = [
    "EXIT_CODES",
    "FAILED",
    "NOT_ALLOWED",
    "NOT_RUNNING",
    "OK",
    "SETTINGS",
    "USAGE",
    "WRONG_SETTINGS",
    "ending",
    "main",
    "parser",
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    asked, words = split(sys.argv[1:] if arguments is None else arguments)
    was = reader.set("en" if words[:1] == ["run"] else of_terminal(asked))  # the journal is English
    try:
        options = parser(words[0] if words else "").parse_args(words)
        return ending(lambda: int(options.do(options)))
    finally:
        reader.reset(was)


def commands() -> tuple[str, ...]:
    """The name of each command, in the order of the alphabet: that of its module, with - for _."""
    names = (part.name for part in pkgutil.iter_modules(__path__) if not part.name.startswith("_"))
    return tuple(sorted(name.replace("_", "-") for name in names))


def parser(asked: str = "") -> argparse.ArgumentParser:
    """The parser of the command ``asked``, or of all commands; docs/reference/cli.md is made from it."""
    top = Parser(
        prog="poleagent",
        description=about.AGENT_SMART_STREET_POLE(),
        epilog=EXIT_CODES,
    )
    top.add_argument(OPTION, choices=get_args(Language), help=about.LANG())
    added = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    names = commands()
    for name in (asked,) if asked in names else names:
        importlib.import_module(f"{__name__}.{name.replace('-', '_')}").add(added)
    return top
