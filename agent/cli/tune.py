"""``poleagent tune``: limits that suit a recorded series."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.analysis.replay import replay
from agent.analysis.tune import as_toml, plot, propose
from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._command import OK, Commands
from agent.cli._language import out
from agent.cli._series import COLUMNS, add_offset, analysis


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "tune",
        help=about.PROPOSE_LIMITS_RECORDED_SERIES(),
        description=about.PROPOSES_LIMITS_DEAD_BANDS(columns=COLUMNS),
    )
    command.add_argument("file", type=Path, metavar="FILE", help=about.RECORDED_SERIES())
    command.add_argument("--settings", type=Path, metavar="FILE", help=about.SETTINGS_USE_DEFAULT_THOSE())
    command.add_argument("--plot", type=Path, metavar="PNG", help=about.DRAW_SERIES_EXPECTED_RANGE())
    add_offset(command)
    command.set_defaults(do=_tune)


def _tune(options: argparse.Namespace) -> int:
    rows = list(replay(options.file, *analysis(options.settings), options.utc_offset_h))
    out(as_toml(propose(rows)), end="")
    if options.plot is not None:
        plot(rows, options.plot)
        out(say.DRAWN(file=options.plot))
    return OK
