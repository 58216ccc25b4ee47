"""``poleagent drivers``: what can be read."""

from __future__ import annotations

import argparse
import json

from agent.acquire.registry import find_drivers
from agent.cli._command import OK, Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "drivers",
        help="list the drivers",
        description="Lists the drivers that are installed: the word for 'driver =' and what it reads.",
    )
    command.add_argument("--json", action="store_true", help="one JSON object per driver and line")
    command.set_defaults(do=_drivers)


def _drivers(options: argparse.Namespace) -> int:
    drivers = find_drivers()
    for name, driver in sorted(drivers.items()):
        if options.json:
            print(json.dumps({"name": name, "summary": driver.summary}))
        else:
            print(f"{name:{max(map(len, drivers))}}  {driver.summary}")
    return OK
