"""``polerelease publish``: from the desk to the folder that a web server or a stick serves."""

from __future__ import annotations

import argparse
from pathlib import Path

from release.cli._common import Commands, add_desk, add_key, desk, key
from release.publishing import publish


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "publish",
        help="write the folder that poles fetch from",
        description="Brings the desk to a static folder. Doing it twice changes nothing the second time. Published "
        "metadata cannot be taken back: poles refuse older versions. Do it at least once a week, since it says for 14 "
        "days that nothing newer exists.",
    )
    add_desk(command)
    command.add_argument("site", type=Path, metavar="SITE", help="the folder")
    add_key(command, "the machine that publishes")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    command.set_defaults(do=_publish)


def _publish(options: argparse.Namespace) -> int:
    new = publish(desk(options), options.site, key(options), print, dry=options.dry_run)
    if options.dry_run:
        print("Nothing was published.")
    else:
        print(f"{options.site} is " + ("up to date." if new else "as it was."))
    return 0
