"""``poleagent doctor``: what is wrong with this pole, and what to do."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from pathlib import Path

import msgspec

from agent.cli import _sentences_doctor as say
from agent.cli._ask import add_question, show, show_json
from agent.cli._command import FAILED, OK, Commands
from agent.cli._language import err, out, reader
from agent.plain import plain
from contract.diagnosis import Diagnosis

AGAIN_S = 2.0


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(commands, "doctor", say.WHAT_IS_WRONG_POLE(), say.LOOKS_AT_EACH_PART())
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=say.DIAGNOSIS_MACHINES())
    form.add_argument("--watch", action="store_true", help=say.REPEATS_WHAT_FAILED())
    form.add_argument("--qr", action="store_true", help=say.SHOWS_QR_CODE())
    command.add_argument("--bundle", type=Path, metavar="FILE", help=say.WRITES_BUNDLE())
    command.set_defaults(do=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    found = _diagnosis(options)
    if options.bundle:
        from agent.doctor.bundle import write_bundle  # noqa: PLC0415 - only where one is wanted

        write_bundle(options.bundle, found, options.settings, options.socket)
        err(say.BUNDLE_WRITTEN(file=options.bundle))
    if options.json:
        show_json(msgspec.json.encode(found))
    elif options.qr:
        _show_code(found)
    else:
        _show(found)
    while options.watch and found.causes:
        time.sleep(AGAIN_S)  # noqa: TID251 - a person waits here, and nothing else
        found = _again(options, found)
    return FAILED if found.causes else OK


def _diagnosis(options: argparse.Namespace, only: frozenset[str] | None = None) -> Diagnosis:
    from agent.doctor.run import diagnose  # noqa: PLC0415 - `--help` needs none of it

    return asyncio.run(diagnose(options.settings, socket=options.socket, only=only))


def _again(options: argparse.Namespace, before: Diagnosis) -> Diagnosis:
    """What had failed once more, and all once that is well."""
    failed = frozenset(each.name for each in before.checks if each.found)
    found = _diagnosis(options, failed or None)
    if not found.causes:
        found = _diagnosis(options)
    if sys.stdout.isatty():
        show("\x1b[H\x1b[2J")
    _show(found)
    return found


def _show(found: Diagnosis) -> None:
    from agent.doctor.page import page  # noqa: PLC0415 - `--json` needs none of it

    show(plain(page(found, reader.get(), shutil.get_terminal_size((80, 24)).columns), keep="\n"))


def _show_code(found: Diagnosis) -> None:
    import segno  # noqa: PLC0415 - only where a person looks

    from contract.diagnosis_code import code  # noqa: PLC0415

    segno.make(code(found), error="l", micro=False).terminal(compact=True)
    out(say.CODE_OF_CAUSES(count=len(found.causes)))
