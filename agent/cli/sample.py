"""``poleagent sample``: settings to begin with."""

from __future__ import annotations

import argparse

from agent.acquire.registry import find_drivers
from agent.cli import _sentences_help as about
from agent.cli._command import OK, Commands
from agent.cli._language import reader
from agent.config.sample import sample


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "sample",
        help=about.PRINT_COMMENTED_SAMPLE_SETTINGS(),
        description=about.PRINTS_SAMPLE_SETTINGS_EVERY(),
    )
    command.set_defaults(do=_sample)


def _sample(_: argparse.Namespace) -> int:
    print(sample(find_drivers(), reader.get()), end="")
    return OK
