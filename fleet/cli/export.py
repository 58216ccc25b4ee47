"""``polefleet export``: tables as CSV."""

from __future__ import annotations

import argparse
import sys

import msgspec

from fleet.cli._command import OK, Commands, add_folder
from fleet.cli._show import now, store
from fleet.errors import Wrong
from fleet.export.table import TABLES, lines


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = "Prints a table as CSV. The options of each table are the parameters of the API's list of the same name."
    command = commands.add_parser("export", help="print a table as CSV", description=text)
    command.add_argument("table", choices=sorted(TABLES), help="which table")
    command.add_argument("only", nargs="*", metavar="NAME=VALUE", help="such as pole=p-0017 since=2026-11-23T00:00:00Z")
    add_folder(command)
    command.set_defaults(do=_export)


def _export(options: argparse.Namespace) -> int:
    given = {}
    for each in options.only:
        name, equals, value = each.partition("=")
        if not equals:
            raise Wrong(f"{each!r} has no value: write NAME=VALUE")
        given[name] = value
    try:
        asked = msgspec.convert(given, TABLES[options.table], strict=False)
    except msgspec.ValidationError as reason:
        raise Wrong(str(reason)) from None
    with store(options) as db:
        for line in lines(db, options.table, asked, now()):
            sys.stdout.write(line)
    return OK
