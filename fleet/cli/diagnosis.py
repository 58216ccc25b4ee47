"""``polefleet diagnosis``: what a pole's QR code says."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from contract.diagnosis import Diagnosis
from contract.diagnosis_code import BadCode, read_code
from fleet.cli._command import OK, Commands
from fleet.errors import FleetError


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "diagnosis",
        help="read the QR code of a pole's doctor",
        description="Shows the diagnosis in the text of a QR code that 'poleagent doctor --qr' has shown on a pole "
        "without network, in English and Chinese.",
    )
    command.add_argument("code", metavar="TEXT", help="the text of the code; it begins with POLE1.")
    command.set_defaults(do=_diagnosis)


def _diagnosis(options: argparse.Namespace) -> int:
    try:
        found = read_code(options.code)
    except BadCode as reason:
        raise FleetError(str(reason)) from reason
    for row in _rows(found):
        print("".join(char if char.isprintable() else "?" for char in row))
    return OK


def _rows(found: Diagnosis) -> Iterator[str]:
    clock = "" if found.synced else ", by a clock that nobody keeps"
    yield f"pole {found.pole}, {found.at:%Y-%m-%d %H:%M} UTC{clock}, version {found.version}"
    for number, cause in enumerate(found.causes, 1):
        yield f"{number}. {cause.about or 'pole'}: {cause.text['en']} {cause.text['zh']}"
        yield f"   {cause.reading}"
        yield f"   -> {cause.todo['en']} {cause.todo['zh']}"
    if found.left_out:
        yield f"{found.left_out} more causes did not fit into the code"
