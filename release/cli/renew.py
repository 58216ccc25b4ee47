"""``polerelease renew``: new terms for what people sign."""

from __future__ import annotations

import argparse

from release.cli._common import Commands, add_desk, desk
from release.rotation import renew


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "renew",
        help="draft what people sign with a new term",
        description="Drafts every role that people sign with a new term of a year, to be signed. Once a year.",
    )
    add_desk(command)
    command.set_defaults(do=_renew)


def _renew(options: argparse.Namespace) -> int:
    print(f"To be signed: {', '.join(renew(desk(options)))}.")
    return 0
