"""``polefleet register``: what the city knows of its poles, from a CSV file."""

from __future__ import annotations

import argparse
from pathlib import Path

from fleet.cli._command import OK, Commands, add_folder
from fleet.control import ask
from fleet.errors import FleetError
from fleet.folder import Folder
from fleet.register.places import COLUMNS, read_places

FILE_BYTES = 64 * 1024 * 1024


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "register",
        help="import the register of poles from a CSV file",
        description=f"Reads a CSV file (UTF-8) whose first line names its columns: {', '.join(COLUMNS)}. Coordinates "
        "are degrees, WGS 84. A pole that is in the register is replaced, others stay. Where a line is wrong, all "
        "wrong lines are named and nothing is imported.",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
    add_folder(command)
    command.set_defaults(do=_register)


def _register(options: argparse.Namespace) -> int:
    try:
        if options.file.stat().st_size > FILE_BYTES:
            raise FleetError(f"{options.file} is larger than {FILE_BYTES // 1024**2} MiB; split it")
        text = options.file.read_text(encoding="utf-8")
    except OSError as reason:
        raise FleetError(f"{options.file} cannot be read: {reason.strerror}") from reason
    except UnicodeDecodeError as reason:
        raise FleetError(f"{options.file} is not UTF-8 (byte {reason.start}); save it as UTF-8") from reason
    places = read_places(text)
    count = ask(Folder(options.folder).socket, "register", {"places": places}, int)
    print(f"{count} poles are in the register as {options.file} has them")
    return OK
