"""``polefleet serve``: the platform."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import Any

from contract.envelope import LANES
from contract.events import KINDS
from contract.topics import PREFIX
from fleet import app
from fleet.api.tiles import find_tiles
from fleet.cli._command import Commands, add_folder
from fleet.store.intake import MOST_BYTES

MOST_DAYS = 36_500
MOST_MIB = 1024 * 1024


def _kept(text: str) -> tuple[str, int]:
    name, _, days = text.partition("=")
    if name not in {*LANES, *KINDS} or not days.isdecimal() or not 1 <= int(days) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=DAYS: a name is a lane ({', '.join(LANES)}) or a kind ({', '.join(sorted(KINDS))}), "
            f"days are 1 to {MOST_DAYS}"
        )
    return name, int(days)


def _cell(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a cell: letters, digits, '.', '_' and '-', at most 32"
        )
    return text


def _mib(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_MIB:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of MiB from 1 to {MOST_MIB}")
    return int(text)


_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--host",
        {
            "default": "",
            "metavar": "NAME",
            "help": "name or address by which poles reach this machine; with it, broker and pages listen on all "
            "addresses, and the pages speak TLS",
        },
    ),
    (
        "--store",
        {
            "default": "",
            "metavar": "URL",
            "help": "keep all data in this PostgreSQL database (14 or newer) instead of SQLite: "
            "postgresql://USER@HOST/DATABASE, without a password; said once, the folder remembers it",
        },
    ),
    ("--web-port", {"type": int, "default": 8080, "metavar": "PORT", "help": "of the pages (%(default)s)"}),
    ("--mqtt-port", {"type": int, "default": 8883, "metavar": "PORT", "help": "of the broker (%(default)s)"}),
    ("--prefix", {"default": PREFIX, "metavar": "TOPIC", "help": "of all topics (%(default)s)"}),
    (
        "--keep",
        {
            "action": "append",
            "default": [],
            "type": _kept,
            "metavar": "NAME=DAYS",
            "help": f"delete events of a lane ({', '.join(LANES)}) or of a kind (such as counts) after so many days, "
            "and say so in the audit; may be given several times; without it all is kept for ever",
        },
    ),
    (
        "--mib-per-day",
        {
            "type": _mib,
            "default": MOST_BYTES // 1024**2,
            "metavar": "N",
            "help": "take so many MiB of one pole in a day (%(default)s), and alarms up to twice as many; what is more "
            "is not stored and not confirmed, so that the pole keeps it, and is an incident",
        },
    ),
    (
        "--tiles",
        {
            "type": Path,
            "metavar": "DIR",
            "help": "a base map for the city: raster tiles ZOOM/X/Y.png of Web Mercator on this machine; without it "
            "the poles draw the streets",
        },
    ),
    (
        "--tiles-crs",
        {"choices": ("wgs84", "gcj02"), "default": "wgs84", "help": "what the tiles are drawn in (%(default)s)"},
    ),
    ("--tiles-credit", {"default": "", "metavar": "TEXT", "help": "shown below the map, as licences want it"}),
    (
        "--releases",
        {
            "default": "",
            "metavar": "ADDRESS",
            "help": "the folder that the maintainers publish to, on a web server or on this machine: the pages then "
            "show how rollouts stand; nothing here can sign",
        },
    ),
    (
        "--role",
        {
            "choices": app.ROLES,
            "default": app.ALL,
            "help": "run one part of a platform that is spread over several processes or machines: broker and ingest "
            "of a cell, pages and seals, or notifications and retention; they share the database of --store "
            "(%(default)s)",
        },
    ),
    (
        "--cell",
        {
            "type": _cell,
            "metavar": "NAME",
            "help": "as which cell it writes; each process has its own (main, or the role)",
        },
    ),
)


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "serve",
        help="run the platform",
        description="Runs the platform until it is stopped (SIGTERM or SIGINT): broker, ingest, commands and pages. It "
        "needs no settings: without --host it makes its folder and its CA and serves this machine alone.",
    )
    add_folder(command)
    for name, about in _OPTIONS:
        command.add_argument(name, **about)
    command.set_defaults(do=_serve)


def _serve(options: argparse.Namespace) -> int:
    os.umask(0o077)
    settings = app.ServeSettings(
        folder=options.folder,
        store=options.store,
        host=options.host,
        web_port=options.web_port,
        mqtt_port=options.mqtt_port,
        prefix=options.prefix,
        keep_days=dict(options.keep),
        mib_per_day=options.mib_per_day,
        tiles=find_tiles(options.tiles, options.tiles_crs, options.tiles_credit) if options.tiles else None,
        releases=options.releases,
        role=options.role,
        cell=options.cell or "",
    )
    return app.main(settings, _say)


def _say(running: app.Serving) -> None:
    rows = [f"polefleet keeps its files in {running.folder}"]
    rows += [f"  {name:6}  {text}" for name, text in (("broker", running.broker), ("pages", running.pages)) if text]
    if running.first:
        rows.append(f"  nobody can log in yet: open {running.first} once, within 24 hours, to be the administrator")
    print("\n".join([*rows, f"  {running.note}"] if running.note else rows), flush=True)
