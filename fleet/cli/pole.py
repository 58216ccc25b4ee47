"""``polefleet pole``: all of one pole."""

from __future__ import annotations

import argparse
import sys

import msgspec

from fleet.cli._command import OK, Commands
from fleet.cli._show import add_output, show, store
from fleet.query.acceptance import AcceptanceShown
from fleet.query.one import PoleAsked, pole

SIGNATURES = {"good": "good", "bad": "BAD: not by the key of this pole", "none": "none"}


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = (
        "Shows one pole: how it is, its newest values, its acceptance report, and the numbers of events that are not "
        "stored, with the reason."
    )
    command = commands.add_parser("pole", help="show one pole", description=text)
    command.add_argument("pole", metavar="POLE", help="its id")
    add_output(command)
    command.set_defaults(do=_pole)


def _pole(options: argparse.Namespace) -> int:
    with store(options) as db:
        found = pole(db, PoleAsked(pole=options.pole))
    if options.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return OK
    show([found.line], ("pole", "mark", "state", "incidents", "seen", "name", "latitude", "longitude"), options)
    sys.stdout.write(f"\n{found.events} events stored, {found.conflicts} conflicts, {found.quarantined} unreadable\n\n")
    if found.acceptance is not None:
        _accepted(found.acceptance)
    show(found.values, ("source", "quantity", "value", "unit", "quality", "at"), options)
    if found.holes:
        sys.stdout.write("\n")
        show(found.holes, ("epoch", "first", "last", "why", "reason", "after", "before"), options)
    return OK


def _accepted(found: AcceptanceShown) -> None:
    """The acceptance report: its result, and what did not pass."""
    report = found.report
    by = f" by {report.by}" if report is not None and report.by else ""
    words = "accepted" if found.passed else "NOT accepted"
    lines = [f"{words} {found.at:%Y-%m-%d %H:%M:%SZ}{by}, signature {SIGNATURES[found.signature]}"]
    items = report.items if report is not None else ()
    wrong = [item for item in items if item.state != "passed"]
    lines += [f"  {item.state}: {item.text.get('en', item.name)}: {item.reading}" for item in wrong]
    for line in lines:
        sys.stdout.write("".join(mark if mark.isprintable() else "?" for mark in line) + "\n")
    sys.stdout.write("\n")
