"""``polefleet restore-check``: after a backup was restored, the poles are asked for what is missing."""

from __future__ import annotations

import argparse

import msgspec

from fleet.actions import RestoreAnswer
from fleet.cli._command import FAILED, OK, Commands, add_folder
from fleet.control import ask
from fleet.folder import Folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "restore-check",
        help="ask the poles for all that is missing",
        description="Compares what each pole has numbered with what is stored, and asks for the rest at once; poles "
        "keep delivered events while they have room. Run it after a backup was restored, and again until it ends with "
        "0: then each pole is online and has reported since the platform started, and nothing is missing. Exit code 1 "
        "before.",
    )
    command.add_argument("--json", action="store_true", help="print one JSON object")
    add_folder(command)
    command.set_defaults(do=_check)


def _check(options: argparse.Namespace) -> int:
    answer = ask(Folder(options.folder).socket, "restore_check", {}, RestoreAnswer)
    if options.json:
        print(msgspec.json.encode(answer).decode())
    else:
        _show(answer)
    return FAILED if answer.holes or answer.problems or answer.silent else OK


def _show(answer: RestoreAnswer) -> None:
    for hole in answer.holes:
        ranges = ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in hole.ranges[:5])
        more = ", ..." if len(hole.ranges) > 5 else ""
        what = "not yet sent by the pole" if hole.waiting else "missing"
        print(f"{hole.pole}  epoch {hole.epoch}  {hole.count} {what}: {ranges}{more}")
    for problem in answer.problems:
        print(problem)
    if answer.silent:
        more = ", ..." if len(answer.silent) > 10 else ""
        print(
            f"{len(answer.silent)} poles are offline, or have sent nothing since the platform or its database ", end=""
        )
        print(f"started; what they have numbered is not known yet: {', '.join(answer.silent[:10])}{more}")
    missing = sum(hole.count for hole in answer.holes)
    print(f"{answer.poles} poles, {missing} events to come; {answer.asked} questions were put to poles just now")
