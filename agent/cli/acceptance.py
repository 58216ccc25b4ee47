"""``poleagent acceptance``: the newest acceptance report as a page to print."""

from __future__ import annotations

import argparse

from agent.cli import _sentences_help as about
from agent.cli._command import OK, Commands, add_settings, ending
from agent.cli._language import reader


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "acceptance", help=about.PRINT_ACCEPTANCE_REPORT(), description=about.PRINTS_ACCEPTANCE_REPORT_PAGE()
    )
    add_settings(command)
    command.set_defaults(do=lambda arguments: ending(lambda: _print(arguments)))


def _print(arguments: argparse.Namespace) -> int:
    from agent.setup.kept import newest_page  # noqa: PLC0415 - other commands need none of it

    print(newest_page(arguments.settings, reader.get()), end="")
    return OK
