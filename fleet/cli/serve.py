"""``polefleet serve``: the platform."""

from __future__ import annotations

import argparse
import os

from contract.topics import PREFIX
from fleet import app
from fleet.cli._command import Commands, add_folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "serve",
        help="run the platform",
        description="Runs the platform until it is stopped (SIGTERM or SIGINT): broker, ingest, commands and pages. It "
        "needs no settings: without --host it makes its folder and its CA and serves this machine alone.",
    )
    add_folder(command)
    command.add_argument(
        "--host",
        default="",
        metavar="NAME",
        help="name or address by which poles reach this machine; with it, "
        "broker and pages listen on all addresses, and the pages speak TLS",
    )
    command.add_argument("--web-port", type=int, default=8080, metavar="PORT", help="of the pages (%(default)s)")
    command.add_argument("--mqtt-port", type=int, default=8883, metavar="PORT", help="of the broker (%(default)s)")
    command.add_argument("--prefix", default=PREFIX, metavar="TOPIC", help="of all topics (%(default)s)")
    command.set_defaults(do=_serve)


def _serve(options: argparse.Namespace) -> int:
    os.umask(0o077)
    settings = app.ServeSettings(
        folder=options.folder,
        host=options.host,
        web_port=options.web_port,
        mqtt_port=options.mqtt_port,
        prefix=options.prefix,
    )
    return app.main(settings, _say)


def _say(running: app.Serving) -> None:
    rows = [
        f"polefleet keeps its files in {running.folder}",
        f"  broker  {running.broker}",
        f"  pages   {running.pages}",
    ]
    if running.first:
        rows.append(f"  nobody can log in yet: open {running.first} once, within 24 hours, to be the administrator")
    print("\n".join([*rows, f"  {running.note}"] if running.note else rows), flush=True)
