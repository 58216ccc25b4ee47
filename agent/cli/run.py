"""``poleagent run``: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from agent import app
from agent.acquire.registry import find_drivers
from agent.api import Driver
from agent.cli._command import Commands, add_settings
from agent.config.load import load
from agent.config.problem import SettingsError
from agent.config.settings import Settings
from agent.errors import ConfigError
from agent.plain import plain
from agent.system.slots import Slots, state_folder


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
    try:
        drivers = find_drivers()
        settings = _first_settings(options.settings, drivers)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(PlainFormatter("%(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(level=settings.log.level.upper(), handlers=[handler])
        asyncio.run(app.run(options.settings, settings, drivers))
    except ConfigError as reason:
        print(plain(str(reason), keep="\n"), file=sys.stderr)
        return reason.exit_status
    return 0


def _first_settings(path: Path, drivers: Mapping[str, Driver]) -> Settings:
    """The settings to start with. A release on trial is taken back where it lets the agent start too often, or not."""
    slots = Slots(state_folder(path))
    slots.count_start()
    try:
        return load(path, drivers)
    except SettingsError as reason:
        if slots.take_back(f"the agent could not start with it: {reason.problems[0]}") is None:
            raise
        return load(path, drivers)


class PlainFormatter(logging.Formatter):
    """Texts of devices and brokers are shown in the log and never obeyed by the terminal that shows it."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record), keep="\n")
