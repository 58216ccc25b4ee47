"""``polerelease verify``: whether a bundle, or a whole desk, is as it should be."""

from __future__ import annotations

import argparse
from pathlib import Path

from contract.plan import PLAN_PATH
from release.cli._common import Commands, now
from release.desk import OFFLINE, ReleaseDesk
from release.packing import verify


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "verify",
        help="check a bundle or a desk",
        description="Checks a bundle: its files, its model or settings, its golden samples. Of a desk every bundle and "
        "every signature; for CI.",
    )
    command.add_argument("path", type=Path, metavar="BUNDLE|DESK", help="a bundle, or the folder of a desk")
    command.set_defaults(do=_verify)


def _verify(options: argparse.Namespace) -> int:
    if not options.path.is_dir():
        manifest = verify(options.path)
        print(f"{manifest.release} is as its manifest says: {manifest.about or 'no description'}")
        return 0
    place = ReleaseDesk(options.path, now())
    for _, path, target in place.targets():
        file = place.check_target(path, target)
        if path != PLAN_PATH:
            print(f"{verify(file).release} is as its manifest says")
    for role in OFFLINE:
        missing = place.missing(role)
        print(
            f"{role}: version {place.read(role).signed.version}, "
            + (f"lacks {missing} signatures" if missing else "signed")
        )
    return 0
