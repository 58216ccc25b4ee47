"""What all commands share: their exit codes and where the platform keeps its files."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from fleet.errors import FleetError, Wrong

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for what add_subparsers() gives
INSTALLED = Path("/var/lib/polefleet")
OK, FAILED, USAGE = 0, FleetError.exit_status, Wrong.exit_status
EXIT_CODES = f"""\
exit codes:
  {OK}   it worked
  {FAILED}   it did not; the sentence on stderr says why
  {USAGE}   the command was written wrongly
"""


def add_folder(command: argparse.ArgumentParser) -> None:
    """The option ``--folder``: of the installed platform, or of who runs one without being root."""
    text = f"where the platform keeps its files ({INSTALLED}; for users other than root ~/.local/share/polefleet)"
    command.add_argument("--folder", type=Path, default=_folder(), metavar="DIR", help=text)


def _folder() -> Path:
    if os.geteuid() == 0 or os.access(INSTALLED, os.R_OK):
        return INSTALLED
    return Path.home() / ".local/share/polefleet"


def ending(do: Callable[[], int]) -> int:
    """The exit code of what is done; where it fails, its sentence goes to standard error."""
    try:
        return do()
    except FleetError as reason:
        print(reason, file=sys.stderr)
        return reason.exit_status
    except sqlite3.Error as reason:
        print(f"the database: {reason}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return OK
    except BrokenPipeError:  # `polefleet poles | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
