"""What the commands share: the desk, the keys, the moment."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from release.desk import ReleaseDesk
from release.keys import read_key, read_pass_phrase

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for what add_subparsers() gives


def add_desk(command: argparse.ArgumentParser) -> None:
    command.add_argument("desk", type=Path, metavar="DESK", help="the desk's folder")


def add_key(command: argparse.ArgumentParser, whose: str) -> None:
    command.add_argument("--key", type=Path, required=True, metavar="FILE", help=f"the private key of {whose}")
    add_pass_file(command)


def add_pass_file(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pass-file", type=Path, required=True, metavar="FILE", help="file whose first line is the pass phrase"
    )


def number(text: str) -> float:
    """A time on the command line, above 0 and at most 10000 of its unit. ArgumentTypeError: it is none."""
    with suppress(ValueError):
        if 0 < float(text) <= 10_000:  # neither holds for what is not a number
            return float(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no number above 0, at most 10000")


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a maintainer's desk has no other clock


def show(lines: Iterable[str]) -> None:
    """What poles have said may be in them: nothing that a terminal obeys is printed."""
    for line in lines:
        print("".join(mark if mark.isprintable() else "?" for mark in line))


def desk(options: argparse.Namespace) -> ReleaseDesk:
    return ReleaseDesk(options.desk, now())


def key(options: argparse.Namespace) -> CryptoSigner:
    return read_key(options.key, read_pass_phrase(options.pass_file))
