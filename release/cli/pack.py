"""``polerelease pack``: a bundle from a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from contract.release import ROLES
from release.cli._common import Commands, add_desk, desk
from release.packing import pack, put


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "pack",
        help="make a bundle of a folder",
        description="Makes a bundle of a folder with a release.toml and puts it on the desk, to be signed. A model "
        "needs golden samples, golden-NAME.in; outputs that are missing are computed by the agent's interpreter.",
    )
    add_desk(command)
    command.add_argument("folder", type=Path, metavar="FOLDER", help="a model, settings, or a .deb, and release.toml")
    command.add_argument(
        "--number", type=int, metavar="N", help="number of the release; default one more than the last"
    )
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    command.set_defaults(do=_pack)


def _pack(options: argparse.Namespace) -> int:
    place = desk(options)
    manifest, bundle = pack(options.folder, place, options.number)
    print(
        f"{manifest.release}: {len(bundle)} bytes, {len(manifest.files)} files, {len(manifest.golden)} golden samples"
    )
    if options.dry_run:
        print("Nothing was changed.")
        return 0
    put(place, manifest, bundle)
    missing = place.missing(ROLES[manifest.release.kind])
    print(f"It lies on the desk and lacks {missing} signatures: polerelease sign {options.desk} --key FILE")
    return 0
