"""``polerelease key``: a new key for a person or for the publishing machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from release.cli._common import Commands, add_desk, add_pass_file, desk
from release.errors import ReleaseError
from release.keys import make_key, read_pass_phrase
from release.rotation import people, replace_key


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "key",
        help="replace a key that was lost or stolen",
        description="Makes a new key and drafts every role anew with it in the place of the old one. The others sign; "
        "after publishing, poles refuse the old key. This cannot be taken back.",
    )
    add_desk(command)
    command.add_argument("person", metavar="NAME", help="whose key: a person, or 'online'")
    command.add_argument("file", type=Path, metavar="FILE", help="new file for the new private key")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_pass_file(command)
    command.set_defaults(do=_key)


def _key(options: argparse.Namespace) -> int:
    place = desk(options)
    known = people(place.root())
    if options.person not in known:
        raise ReleaseError(f"nobody is called '{options.person}'; there are {', '.join(sorted(known))}")
    if options.dry_run:
        print(f"The key {known[options.person][:12]} of {options.person} would be replaced. Nothing was changed.")
        return 0
    signer = make_key(options.file, read_pass_phrase(options.pass_file))
    roles = replace_key(place, options.person, signer.public_key)
    print(f"{options.file} takes the place of the key of {options.person}. To be signed: {', '.join(roles)}.")
    return 0
