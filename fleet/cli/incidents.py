"""``polefleet incidents``: what is wrong, and what was."""

from __future__ import annotations

import argparse

from fleet.cli._command import OK, Commands
from fleet.cli._show import add_output, now, show, store, whole
from fleet.query.incidents import IncidentsAsked, incidents


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = "Lists incidents, the newest first: those that are open, or with --all also those that are over."
    command = commands.add_parser("incidents", help="list incidents", description=text)
    command.add_argument("--all", action="store_true", help="also those that are over")
    command.add_argument("--pole", default="", metavar="POLE", help="only those of this pole")
    command.add_argument(
        "--kind", default="", metavar="KIND", help="only this kind: alert, sensor_fault, device_state, ..."
    )
    command.add_argument("--severity", choices=("info", "warning", "alarm"), help="only this severity")
    add_output(command)
    command.set_defaults(do=_incidents)


def _incidents(options: argparse.Namespace) -> int:
    asked = IncidentsAsked(
        open=None if options.all else True,
        pole=options.pole,
        kind=options.kind,
        severity=options.severity,
        limit=1000,
    )
    columns = ("begin", "end", "pole", "source", "severity", "kind", "type", "by", "text")
    with store(options) as db:
        show(whole(lambda part: incidents(db, part, now()), asked), columns, options)
    return OK
