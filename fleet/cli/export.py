"""``polefleet export``: tables as CSV, and all that is held of one camera."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from fleet.accounts.audit import note
from fleet.accounts.roles import HERE
from fleet.cli._command import OK, Commands, add_folder
from fleet.cli._show import now, store
from fleet.desk.file import open_desk
from fleet.errors import Wrong
from fleet.export.camera import CameraName, camera_name, write_archive
from fleet.export.evidence import write_evidence
from fleet.export.table import TABLES, lines
from fleet.folder import Folder
from fleet.query.reader import reading

LONGEST_S = 3600.0
"""For all events of a pole over years."""


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = (
        "Prints a table as CSV. The options of each table are the parameters of the API's list of the same name. With "
        "--camera it writes all that is held of one camera into a ZIP file: its entry in the register, events, "
        "incidents, values, and who looked at it. With --evidence it writes all events of one pole as they came, "
        "with its certificates, for `polefleet verify`. The audit says that it was done."
    )
    command = commands.add_parser("export", help="print a table as CSV, or write all of a camera", description=text)
    command.add_argument("table", nargs="?", choices=sorted(TABLES), help="which table")
    command.add_argument("only", nargs="*", metavar="NAME=VALUE", help="such as pole=p-0017 since=2026-11-23T00:00:00Z")
    command.add_argument("--camera", type=camera_name, metavar="POLE/CAMERA", help="all of this camera")
    command.add_argument("--evidence", default="", metavar="POLE", help="all events of this pole, to be verified")
    command.add_argument("--to", type=Path, metavar="FILE", help="where to write that (POLE-CAMERA.zip, POLE.zip)")
    add_folder(command)
    command.set_defaults(do=_export)


def _export(options: argparse.Namespace) -> int:
    if sum(map(bool, (options.camera, options.table, options.evidence))) != 1:
        raise Wrong("say which table, or --camera POLE/CAMERA, or --evidence POLE")
    if options.evidence:
        return _evidence(options.evidence, options)
    return _table(options) if options.camera is None else _camera(options.camera, options)


def _evidence(pole: str, options: argparse.Namespace) -> int:
    path = options.to or Path(f"{pole}.zip".replace("/", "-"))
    at, authority = now(), Folder(options.folder).identity / "ca.pem"
    folder = Folder(options.folder)
    with reading(*folder.read):
        pass  # raises where there is nothing yet, before a desk is made
    with open_desk(folder.desk) as desk:
        with desk.change() as own:
            note(own, at, HERE.name, "evidence exported", pole, address=HERE.address, file=str(path.absolute()))
        with reading(*folder.read, longest_s=LONGEST_S) as db:
            archive = write_evidence(db, path, pole, authority.read_bytes() if authority.exists() else None, at)
    print(f"{path} has {archive.events} events of {pole} and {archive.certificates} certificates")
    return OK


def _camera(name: CameraName, options: argparse.Namespace) -> int:
    path = options.to or Path(f"{name.pole}-{name.camera}.zip".replace("/", "-"))
    at = now()
    folder = Folder(options.folder)
    with reading(*folder.read):
        pass  # raises where there is nothing yet, before a desk is made
    with open_desk(folder.desk) as desk:
        with desk.change() as own:  # before it is written: the archive shows its own line
            note(own, at, HERE.name, "camera exported", str(name), address=HERE.address, file=str(path.absolute()))
        with reading(*folder.read, longest_s=LONGEST_S) as db:
            archive = write_archive(db, path, name, at)
    print(f"{path} has {archive.files['events.jsonl'].rows} events of {name}")
    if archive.unreadable:
        print(f"{archive.unreadable} damaged segments of {name.pole} could not be read", file=sys.stderr)
    return OK


def _table(options: argparse.Namespace) -> int:
    given = {}
    for each in options.only:
        name, equals, value = each.partition("=")
        if not equals:
            raise Wrong(f"{each!r} has no value: write NAME=VALUE")
        given[name] = value
    try:
        asked = msgspec.convert(given, TABLES[options.table], strict=False)
    except msgspec.ValidationError as reason:
        raise Wrong(str(reason)) from None
    with store(options) as db:
        for line in lines(db, options.table, asked, now()):
            sys.stdout.write(line)
    return OK
