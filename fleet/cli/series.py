"""``polefleet series``: one quantity over time."""

from __future__ import annotations

import argparse
from datetime import timedelta

from fleet.cli._command import OK, Commands
from fleet.cli._show import add_output, moment_of, now, show, store
from fleet.query.values import CourseAsked, course


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = "Shows one quantity of one device in hours or days, from the roll-ups: mean, smallest, largest, growth."
    command = commands.add_parser("series", help="show a quantity over time", description=text)
    command.add_argument("pole", metavar="POLE", help="the pole's id")
    command.add_argument("source", metavar="SOURCE", help="the device")
    command.add_argument("quantity", metavar="QUANTITY", help="such as temperature")
    command.add_argument("--since", metavar="TIME", help="from then on (a day ago)")
    command.add_argument("--until", metavar="TIME", help="until before then (now)")
    command.add_argument("--step", choices=("hour", "day"), default="hour", help="length of a row (%(default)s)")
    add_output(command)
    command.set_defaults(do=_series)


def _series(options: argparse.Namespace) -> int:
    until = moment_of(options.until) if options.until else now()
    since = moment_of(options.since) if options.since else until - timedelta(days=1)
    asked = CourseAsked(
        pole=options.pole,
        source=options.source,
        quantity=options.quantity,
        since=since,
        until=until,
        step=options.step,
    )
    with store(options) as db:
        found = course(db, asked)
    show(found.points, ("at", "count", "mean", "min", "max", "increase"), options)
    return OK
