"""What all commands share: their exit codes and where the settings are."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from agent.cli import _sentences_help as about
from agent.cli._language import err
from agent.control.client import NotAllowed, NotRunning
from agent.errors import AgentError, ConfigError

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for what add_subparsers() gives
SETTINGS = Path("/etc/poleagent/poleagent.toml")
OK, FAILED, USAGE = 0, AgentError.exit_status, 2
NOT_RUNNING, NOT_ALLOWED, WRONG_SETTINGS = NotRunning.exit_status, NotAllowed.exit_status, ConfigError.exit_status
EXIT_CODES = about.EXIT_CODES(
    ok=OK, failed=FAILED, usage=USAGE, not_running=NOT_RUNNING, not_allowed=NOT_ALLOWED, wrong_settings=WRONG_SETTINGS
)


def add_settings(command: argparse.ArgumentParser) -> None:
    """The option ``--settings`` with the file of a pole as its default."""
    command.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE", help=about.SETTINGS_FILE_DEFAULT())


def ending(do: Callable[[], int]) -> int:
    """The exit code of what is done; where it fails, its sentence goes to standard error."""
    try:
        return do()
    except AgentError as reason:
        err(str(reason))
        return reason.exit_status
    except KeyboardInterrupt:
        return OK
    except BrokenPipeError:  # `poleagent events | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
