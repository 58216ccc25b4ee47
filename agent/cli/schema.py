"""``poleagent schema``: the settings for editors."""

from __future__ import annotations

import argparse

from agent.acquire.registry import find_drivers
from agent.cli import _sentences_help as about
from agent.cli._command import OK, Commands
from agent.config.schema import schema_text


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "schema",
        help=about.PRINT_JSON_SCHEMA_SETTINGS(),
        description=about.PRINTS_JSON_SCHEMA_SETTINGS(),
    )
    command.set_defaults(do=_schema)


def _schema(_: argparse.Namespace) -> int:
    print(schema_text(find_drivers()), end="")
    return OK
