"""``polefleet carry``: events of poles without a link, on a stick."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fleet.actions import CarriedAnswer
from fleet.carry import prepare, take
from fleet.cli._command import FAILED, OK, Commands, add_folder
from fleet.cli._show import now
from fleet.control import ask
from fleet.errors import NoSuch
from fleet.folder import Folder
from fleet.pki import Authority


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = (
        "For poles without a link. `carry out` prepares a stick: it writes the certificate to which poles encrypt. On "
        "the pole, `poleagent carry out` writes its events onto it. `carry in` takes them, each once, by the way of "
        "all events, writes on the stick what is stored, and removes what it took. `poleagent carry in` brings that "
        "back. Who carries the stick can read nothing; each step can be repeated. The platform must run for `carry in`."
    )
    command = commands.add_parser("carry", help="take events from a stick", description=text)
    command.add_argument("way", choices=("out", "in"), help="out: prepare a stick for poles; in: take what poles wrote")
    command.add_argument("stick", type=Path, metavar="STICK", help="folder where the stick is mounted")
    add_folder(command)
    command.set_defaults(do=_carry)


def _carry(options: argparse.Namespace) -> int:
    folder = Folder(options.folder)
    if not folder.identity.is_dir():
        raise NoSuch(f"{folder.identity} is not there: has `polefleet serve` run in this folder?")
    authority = Authority(folder.identity, now)
    pair = authority.carry()
    if options.way == "out":
        prepare(options.stick, pair)
        print(f"{options.stick} is ready: poles of this platform write onto it with 'poleagent carry out'")
        return OK
    taken = take(options.stick, pair, authority.file, lambda args: ask(folder.socket, "carried", args, CarriedAnswer))
    for pole in taken.poles.values():
        print(f"{pole.pole}: {pole.events} events taken, {pole.repeated} were there before")
    for problem in taken.problems:
        print(problem, file=sys.stderr)
    if not taken.poles and not taken.problems:
        print(f"no events are on {options.stick}")
    return FAILED if taken.problems else OK
