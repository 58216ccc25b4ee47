"""``poleagent drivers``: what can be read."""

from __future__ import annotations

import argparse
import json

from agent.acquire.registry import find_drivers
from agent.cli import _sentences_help as about
from agent.cli._command import OK, Commands
from agent.cli._language import out


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "drivers",
        help=about.LIST_DRIVERS(),
        description=about.LISTS_DRIVERS_INSTALLED_WORD(),
    )
    command.add_argument("--json", action="store_true", help=about.ONE_JSON_OBJECT_PER_2())
    command.set_defaults(do=_drivers)


def _drivers(options: argparse.Namespace) -> int:
    drivers = find_drivers()
    for name, driver in sorted(drivers.items()):
        if options.json:
            print(json.dumps({"name": name, "summary": driver.summary}))
        else:
            out(f"{name:{max(map(len, drivers))}}  {driver.summary}")
    return OK
