"""``polerelease init``: a desk and its keys."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from release.beginning import begin
from release.cli._common import Commands, add_desk, add_pass_file, now
from release.errors import ReleaseError
from release.keys import make_key, read_pass_phrase


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "init",
        help="make a desk and its keys",
        description="Makes a new desk, a key for each person and one for the machine that publishes.",
    )
    add_desk(command)
    command.add_argument("--keys", type=Path, required=True, metavar="FOLDER", help="new folder for the private keys")
    command.add_argument(
        "--person", action="append", required=True, metavar="NAME", help="who signs; give it once for each person"
    )
    command.add_argument("--threshold", type=int, default=2, metavar="N", help="signatures that it takes (%(default)s)")
    add_pass_file(command)
    command.set_defaults(do=_init)


def _init(options: argparse.Namespace) -> int:
    people = dict.fromkeys(options.person)
    for person in people:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", person) or person == "online":
            raise ReleaseError(f"'{person}' is no name: lower-case letters, digits, '-' and '_', and not 'online'")
    if not 1 <= options.threshold <= len(people):
        raise ReleaseError(f"{options.threshold} signatures of {len(people)} people cannot be had")
    if (options.desk / "metadata").exists():
        raise ReleaseError(f"{options.desk} is a desk already; nothing was changed")
    words = read_pass_phrase(options.pass_file)
    signers = {person: make_key(options.keys / f"{person}.pem", words) for person in people}
    online = make_key(options.keys / "online.pem", words)
    begin(options.desk, signers, online, options.threshold, now())
    print(f"{options.desk} is a desk. {options.threshold} of {', '.join(people)} sign each release.")
    for person in people:
        print(f"  {options.keys / f'{person}.pem'}: give it to {person}, to be kept offline; remove it here")
    print(f"  {options.keys / 'online.pem'}: for the machine that publishes; it can make no release")
    print(f"  {options.desk / 'metadata/root.json'}: what each pole trusts; install it as [update] root_file")
    return 0
