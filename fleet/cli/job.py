"""``polefleet job``: how far a command is, and what the poles have answered."""

from __future__ import annotations

import argparse

import msgspec

from fleet.actions import JobAnswer
from fleet.cli._command import OK, Commands, add_folder
from fleet.control import ask
from fleet.folder import Folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "job",
        help="show how far a command is",
        description="Shows how many poles have been sent a command, have answered, refused it, or let it expire, and "
        "the reply of each.",
    )
    command.add_argument("job", metavar="JOB", help="id that 'polefleet command' printed")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    add_folder(command)
    command.set_defaults(do=_job)


def _job(options: argparse.Namespace) -> int:
    answer = ask(Folder(options.folder).socket, "job", {"job": options.job}, JobAnswer)
    if options.json:
        print(msgspec.json.encode(answer).decode())
    else:
        show(answer, poles=True)
    return OK


def show(answer: JobAnswer, *, poles: bool) -> None:
    """For people; with ``poles`` a line for each of them."""
    progress = answer.progress
    states = ", ".join(f"{count} {state}" for state, count in progress.states.items())
    print(
        f"job {progress.job}: {progress.name}, asked by {progress.who}, expires {progress.expires:%Y-%m-%d %H:%M} UTC"
    )
    print(f"  {states}")
    for one in answer.poles if poles else ():
        print(f"  {one.pole}  {one.state}  {one.reply}")
