"""``poleagent sample``: settings to begin with."""

from __future__ import annotations

import argparse

from agent.acquire.registry import find_drivers
from agent.cli._command import OK, Commands
from agent.config.sample import sample


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "sample",
        help="print commented sample settings",
        description="Prints sample settings in which every option stands with its meaning and its default.",
    )
    command.set_defaults(do=_sample)


def _sample(_: argparse.Namespace) -> int:
    print(sample(find_drivers()), end="")
    return OK
