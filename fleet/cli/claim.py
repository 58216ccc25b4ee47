"""``polefleet claim``: the link by which a pole gets its certificate."""

from __future__ import annotations

import argparse
import sys

from fleet.cli._command import OK, Commands, add_folder
from fleet.control import ask
from fleet.folder import Folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "claim",
        help="make the link by which a pole gets its certificate",
        description="Prints a link, and on a terminal its QR code. It is good once, for one pole, until it expires; an "
        "earlier link of the same pole is good no more. A pole that is claimed anew loses its earlier certificates.",
    )
    command.add_argument("pole", metavar="POLE", help="id of the pole; it is added to the register")
    command.add_argument("--hours", type=float, default=72.0, metavar="N", help="how long it waits (%(default)g)")
    command.add_argument(
        "--cell",
        default="",
        metavar="NAME",
        help="the cell whose broker it is to use; without it that with fewest poles",
    )
    command.add_argument("--no-qr", action="store_true", help="print the link alone")
    add_folder(command)
    command.set_defaults(do=_claim)


def _claim(options: argparse.Namespace) -> int:
    args = {"pole": options.pole, "valid_s": options.hours * 3600, "cell": options.cell}
    link = str(ask(Folder(options.folder).socket, "claim", args, str))
    print(link)
    if sys.stdout.isatty() and not options.no_qr:
        import segno  # noqa: PLC0415  # only where a person looks

        segno.make(link, error="m").terminal(compact=True)
    return OK
