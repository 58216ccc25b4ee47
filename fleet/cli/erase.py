"""``polefleet erase``: all that is held of one camera is deleted."""

from __future__ import annotations

import argparse

from fleet.cli._command import OK, Commands, add_folder
from fleet.control import ask
from fleet.erasure import CameraErasure, Erased
from fleet.errors import Wrong
from fleet.export.camera import camera_name
from fleet.folder import Folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "erase",
        help="delete all that is held of one camera",
        description="Deletes the events, incidents, values and notices of one camera, what people wrote about them, "
        "and the unreadable messages of its pole. The audit keeps that it was done. Backups, notifications that were "
        "sent and the pole itself are not reached. It cannot be undone: `polefleet export --camera POLE/CAMERA` first.",
    )
    command.add_argument("--camera", required=True, type=camera_name, metavar="POLE/CAMERA", help="which camera")
    command.add_argument("--record", action="store_true", help="its entry in the register of cameras too")
    command.add_argument("--yes", action="store_true", help="it is meant")
    add_folder(command)
    command.set_defaults(do=_erase)


def _erase(options: argparse.Namespace) -> int:
    name = options.camera
    if not options.yes:
        raise Wrong(f"all of {name} would be deleted for good: export it first, then say --yes")
    asked = CameraErasure(pole=name.pole, camera=name.camera, record=options.record)
    done = ask(Folder(options.folder).socket, "erase_camera", asked, Erased)
    print(
        f"of {name} are deleted: {done.events} events, {done.incidents} incidents, {done.values} values; "
        f"{done.unreadable} unreadable messages of {name.pole}"
    )
    return OK
