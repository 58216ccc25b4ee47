"""``poleagent tune``: limits that suit a recorded series."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.analysis.replay import replay
from agent.analysis.tune import as_toml, plot, propose
from agent.cli._command import OK, Commands
from agent.cli._series import COLUMNS, add_offset, analysis


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "tune",
        help="propose limits for a recorded series",
        description=f"Proposes limits and dead bands that suit a recorded series, as settings to paste. {COLUMNS}",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the recorded series")
    command.add_argument("--settings", type=Path, metavar="FILE", help="settings to use; default: those of a new pole")
    command.add_argument(
        "--plot", type=Path, metavar="PNG", help="draw series, expected range and events (needs [tune])"
    )
    add_offset(command)
    command.set_defaults(do=_tune)


def _tune(options: argparse.Namespace) -> int:
    rows = list(replay(options.file, *analysis(options.settings), options.utc_offset_h))
    print(as_toml(propose(rows)), end="")
    if options.plot is not None:
        plot(rows, options.plot)
        print(f"# drawn: {options.plot}")
    return OK
