"""``polefleet command``: one command to one pole, several or all."""

from __future__ import annotations

import argparse
import getpass
import json

from contract.commands import Face, commands_of
from fleet.actions import JobAnswer
from fleet.cli._command import OK, Commands, add_folder
from fleet.cli.job import show
from fleet.control import ask
from fleet.errors import Wrong
from fleet.folder import Folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    rows = "; ".join(f"{row.name}: {row.text}" for row in commands_of(Face.MQTT).values())
    command = commands.add_parser(
        "command",
        help="send a command to poles",
        description="Sends a command to each pole once it is there, at most once, and keeps the replies. Prints the id "
        f"of the job; 'polefleet job' shows how far it is. Commands: {rows}",
    )
    command.add_argument("name", metavar="NAME", help="which command")
    command.add_argument(
        "poles", nargs="+", metavar="POLES", help="ids, 'all', or a column of the register such as street='Long Road'"
    )
    command.add_argument("--args", default="{}", metavar="JSON", help="the command's arguments as a JSON object")
    command.add_argument("--hours", type=float, default=24.0, metavar="N", help="after which it expires (%(default)g)")
    add_folder(command)
    command.set_defaults(do=_command)


def _command(options: argparse.Namespace) -> int:
    try:
        args = json.loads(options.args)
    except ValueError as reason:
        raise Wrong(f"--args is no JSON: {reason}") from reason
    asked = {
        "filters": options.poles,
        "name": options.name,
        "args": args,
        "expires_s": options.hours * 3600,
        "who": f"{_user()} on the command line",
    }
    control = Folder(options.folder).socket
    job = str(ask(control, "command", asked, str))
    show(ask(control, "job", {"job": job}, JobAnswer), poles=False)
    return OK


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "a user without a name"
