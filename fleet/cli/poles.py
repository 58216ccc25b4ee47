"""``polefleet poles``: which poles there are, and how they are."""

from __future__ import annotations

import argparse

from fleet.cli._command import OK, Commands
from fleet.cli._show import add_output, show, store, whole
from fleet.query.poles import MARKS, PolesAsked, poles


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = "Lists poles by id with their mark: alarm, warning, lost (no link), good, new (registered and never seen)."
    command = commands.add_parser("poles", help="list poles", description=text)
    command.add_argument("--text", default="", metavar="TEXT", help="only those with this in id, name or street")
    command.add_argument("--mark", choices=MARKS, help="only those that are so")
    command.add_argument("--district", metavar="NAME", help="only those of this district")
    add_output(command)
    command.set_defaults(do=_poles)


def _poles(options: argparse.Namespace) -> int:
    asked = PolesAsked(text=options.text, mark=options.mark, district=options.district, limit=1000)
    columns = ("pole", "mark", "state", "incidents", "seen", "name", "street", "district")
    with store(options) as db:
        show(whole(lambda part: poles(db, part), asked), columns, options)
    return OK
