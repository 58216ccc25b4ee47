"""``polefleet completeness``: pole x day."""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta

import msgspec

from fleet.cli._command import OK, Commands
from fleet.cli._show import add_output, now, store, whole
from fleet.errors import Wrong
from fleet.proof.book import SealBook
from fleet.query.completeness import CompletenessAsked, completeness

LETTERS = {"complete": "#", "open": "+", "explained": "e", "waiting": "w", "missing": "M", "none": "."}
"""How the state of a day is printed."""


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = (
        "Shows for each pole and day (UTC) whether all its events are stored: # complete, + all so far, e explained "
        "(the pole deleted and reported it), w waiting on the pole, M missing, . no events. Behind the pole: what the "
        "check of its seals has found: verified, waiting, unproven, broken (polefleet verify names what)."
    )
    command = commands.add_parser("completeness", help="show whether all events are stored", description=text)
    command.add_argument("--days", type=int, default=14, metavar="N", help="so many days, today the last (%(default)s)")
    command.add_argument("--until", metavar="DATE", help="the last day (today)")
    command.add_argument("--pole", default="", metavar="POLE", help="only this pole")
    add_output(command)
    command.set_defaults(do=_completeness)


def _completeness(options: argparse.Namespace) -> int:
    try:
        until = date.fromisoformat(options.until) if options.until else now().date()
    except ValueError:
        raise Wrong(f"{options.until!r} is no date: write 2026-11-23") from None
    asked = CompletenessAsked(since=until - timedelta(days=options.days - 1), until=until, pole=options.pole, limit=200)
    with store(options) as db:
        seals = SealBook(options.folder)
        for row in whole(lambda part: seals.with_states(completeness(db, part)), asked):
            if options.json:
                sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
                continue
            days = "".join(LETTERS[state] for state in row.days)  # type: ignore[attr-defined]
            missing = row.missing  # type: ignore[attr-defined]
            seal = "" if row.seal == "none" else f"  {row.seal}"  # type: ignore[attr-defined]
            sys.stdout.write(f"{days}  {row.pole}{seal}{f'  {missing} missing' if missing else ''}\n")  # type: ignore[attr-defined]
    return OK
