"""The command line ``polefleet``. A command is a module of this folder with ``add(commands)``; nothing lists them.

Only the module of the command that was asked for is imported; ``--help`` imports all.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from fleet.cli._command import EXIT_CODES, ending

__all__ = ["EXIT_CODES", "commands", "main", "parser"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    options = parser(words[0] if words else "").parse_args(words)
    return ending(lambda: int(options.do(options)))


def commands() -> tuple[str, ...]:
    """The name of each command, in the order of the alphabet."""
    names = sorted(part.name for part in pkgutil.iter_modules(__path__) if not part.name.startswith("_"))
    return tuple(name.replace("_", "-") for name in names)


def parser(asked: str = "") -> argparse.ArgumentParser:
    """The parser of the command ``asked``, or of all commands; docs/reference/polefleet.md is made from it."""
    top = argparse.ArgumentParser(
        prog="polefleet",
        description="The platform of a city's poles: receives, proves, shows and commands them.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    names = commands()
    for name in (asked,) if asked in names else names:
        importlib.import_module(f"{__name__}.{name.replace('-', '_')}").add(added)
    return top
