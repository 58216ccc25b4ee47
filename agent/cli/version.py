"""``poleagent version``."""

from __future__ import annotations

import argparse

from agent import VERSION
from agent.cli import _sentences_help as about
from agent.cli._command import OK, Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("version", help=about.PRINT_VERSION(), description=about.PRINTS_VERSION())
    command.set_defaults(do=_version)


def _version(_: argparse.Namespace) -> int:
    print(VERSION)
    return OK
