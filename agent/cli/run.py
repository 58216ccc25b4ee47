"""``poleagent run``: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from agent import VERSION, app
from agent.acquire.registry import find_drivers
from agent.api import Driver
from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._command import Commands, add_settings
from agent.config.load import load
from agent.config.problem import SettingsError
from agent.config.settings import Settings
from agent.control.server import open_control
from agent.errors import ConfigError
from agent.flow import LEARNED, OPEN
from agent.plain import plain
from agent.store import open_store
from agent.system.clock import SystemClock, always_synced, kernel_synced
from agent.system.slots import Slots, state_folder
from agent.uplink.proven import STATE

log = logging.getLogger(__name__)


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "run",
        help=about.RUN_AGENT_SYSTEMD_DOES(),
        description=about.RUNS_AGENT_UNTIL_STOPPED(),
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
        asyncio.run(_live(options.settings, settings, drivers))
    except ConfigError as reason:
        print(plain(str(reason), keep="\n"), file=sys.stderr)
        return reason.exit_status
    return 0


def _first_settings(path: Path, drivers: Mapping[str, Driver]) -> Settings:
    """The settings to start with. A release on trial is taken back where it lets the agent start too often, or not."""
    slots = Slots(state_folder(path))
    try:
        slots.count_start()
    except OSError as exc:  # measuring goes first
        _warn(say.START_NOT_COUNTED(why=exc.strerror or exc))
    try:
        return load(path, drivers)
    except SettingsError as reason:
        try:
            if slots.take_back(say.AGENT_COULD_NOT_START(problems=reason.problems[0])) is None:
                raise
        except OSError as exc:  # the link may have been moved before
            _warn(say.RELEASE_NOT_TAKEN_BACK(why=exc.strerror or exc))
        return load(path, drivers)


def _warn(text: str) -> None:
    """Before the settings say how to log."""
    print(f"WARNING {plain(text)}", file=sys.stderr)


async def _live(path: Path, settings: Settings, drivers: Mapping[str, Driver]) -> None:
    """From checked settings to a clean end. ConfigError where the box does not let us start."""
    clock = SystemClock(always_synced if settings.clock.trust == "always" else kernel_synced)
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, again.set)
    with open_control(settings.local) as control:
        async with open_store(settings.store, clock, pole=settings.pole.id) as store:
            learned = await store.load_state(LEARNED) or b""
            begun = await store.load_state(OPEN) or b""
            proven = await store.load_state(STATE) or b""
            agent = app.Agent(path, settings, drivers, store, clock, learned=learned, begun=begun, proven=proven)
            await agent.flow.remember()
            for number in (signal.SIGTERM, signal.SIGINT):  # until here, a store that is long in opening need not wait
                loop.add_signal_handler(number, stop.set)
            log.info("pole %s, version %s, settings %s", settings.pole.id, VERSION, settings.revision)
            await agent.run(control, stop, again)
            agent.notifier.close()
    log.info("stopped")


class PlainFormatter(logging.Formatter):
    """Texts of devices and brokers are shown in the log and never obeyed by the terminal that shows it."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record), keep="\n")
