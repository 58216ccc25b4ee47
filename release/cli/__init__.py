"""The command line ``polerelease``. A command is a module of this folder with ``add(commands)``; nothing lists them."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from release.errors import ReleaseError

EXIT_CODES = """\
exit codes:
  0   it worked
  1   it did not; the sentence on stderr says why
  2   the command was written wrongly
"""


def commands() -> tuple[str, ...]:
    """The name of each command, in the order of the alphabet: that of its module, with - for _."""
    names = (part.name for part in pkgutil.iter_modules(__path__) if not part.name.startswith("_"))
    return tuple(sorted(name.replace("_", "-") for name in names))


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; docs/reference/polerelease.md is made from it."""
    top = argparse.ArgumentParser(
        prog="polerelease",
        description="Packs, signs and publishes models, settings and versions for poles.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in commands():
        importlib.import_module(f"{__name__}.{name.replace('-', '_')}").add(added)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(options.do(options))
    except ReleaseError as reason:
        print(reason, file=sys.stderr)
        return 1
