"""``polerelease sign``: a person's signature under what is new on the desk."""

from __future__ import annotations

import argparse

from contract.plan import PLAN_PATH
from release.cli._common import Commands, add_desk, add_key, desk, key
from release.desk import OFFLINE, ONLINE
from release.errors import ReleaseError
from release.packing import verify


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "sign",
        help="sign what is new on the desk",
        description="Checks every new bundle on the desk, shows it, and signs each role that this key may sign and has "
        "not signed yet. A signature cannot be taken back once it is published.",
    )
    add_desk(command)
    add_key(command, "who signs")
    command.add_argument("--dry-run", action="store_true", help="only show what would be signed")
    command.set_defaults(do=_sign)


def _sign(options: argparse.Namespace) -> int:
    place = desk(options)
    seen = place.published()
    for role, path, target in place.targets():
        file = place.check_target(path, target)
        if path != PLAN_PATH and place.read(role).signed.version > seen.get(role, 0):
            manifest = verify(file)
            print(f"{manifest.release}: {manifest.about or 'no description'} ({manifest.licence})")
    signer = key(options)
    if options.dry_run:
        print("Nothing was signed.")
        return 0
    signed = [role for role in (*OFFLINE, *ONLINE) if place.sign(role, signer)]
    if not signed:
        raise ReleaseError("there is nothing on the desk that this key may sign and has not signed")
    for role in signed:
        missing = place.missing(role)
        print(f"{role} is signed" + (f"; it lacks {missing} more" if missing else ""))
    return 0
