"""``polefleet revoke``: a pole that is lost or stolen speaks no more."""

from __future__ import annotations

import argparse

from fleet.cli._command import OK, Commands, add_folder
from fleet.control import ask
from fleet.folder import Folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "revoke",
        help="shut a pole out",
        description="Revokes all certificates of a pole and shuts it out of the broker at once. What it has sent "
        "stays. A new claim lets it in again.",
    )
    command.add_argument("pole", metavar="POLE", help="id of the pole")
    add_folder(command)
    command.set_defaults(do=_revoke)


def _revoke(options: argparse.Namespace) -> int:
    count = ask(Folder(options.folder).socket, "revoke", {"pole": options.pole}, int)
    print(f"{count} certificates of {options.pole} are revoked")
    return OK
