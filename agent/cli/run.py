"""``poleagent run``: the daemon."""

from __future__ import annotations

import argparse
import faulthandler

from agent import app
from agent.cli._command import Commands, add_settings


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "run",
        help="run the agent (systemd does this)",
        description="Runs the agent until it is stopped (SIGTERM or SIGINT); SIGHUP reads the settings again.",
    )
    add_settings(command)
    command.set_defaults(do=_run)


def _run(options: argparse.Namespace) -> int:
    faulthandler.enable()  # the watchdog's SIGABRT leaves in the journal where the agent was stuck
    return app.main(options.settings)
