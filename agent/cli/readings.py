"""``poleagent readings``: the newest raw readings of the pole."""

from __future__ import annotations

import argparse
import time

import msgspec

from agent.cli import _sentences_help as about
from agent.cli._ask import add_list, add_question, ascii_only, connect, decoded, show, show_json
from agent.cli._command import OK, Commands
from agent.cli._language import reader
from agent.status.lines import reading_line
from contract.requests import MOST_READINGS, ReadingsArgs, ReadingsResult

LOOK_AGAIN_S = 1.0
MOST_AT_ONCE = 1000


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "readings",
        about.LIST_NEWEST_RAW_READINGS(),
        about.LISTS_NEWEST_RAW_READINGS(),
    )
    add_list(command, "readings", most=MOST_READINGS)
    command.add_argument("--device", metavar="NAME", help=about.ONLY_THOSE_DEVICE())
    command.add_argument("--quantity", metavar="NAME", help=about.ONLY_THOSE_QUANTITY())
    command.set_defaults(do=_readings)


def _readings(options: argparse.Namespace) -> int:
    args = ReadingsArgs(last=options.last, device=options.device, quantity=options.quantity)
    plain = ascii_only()
    with connect(options) as client:
        while True:
            answer = decoded(client.ask("readings", args), ReadingsResult, verbatim=options.json)
            for reading in answer.readings:
                if options.json:
                    show_json(msgspec.json.encode(reading))
                else:
                    show(reading_line(reading, ascii_only=plain, language=reader.get()) + "\n")
            if not options.follow:
                return OK
            if answer.readings:
                args = msgspec.structs.replace(args, after=answer.readings[-1].at.utc, last=MOST_AT_ONCE)
            time.sleep(LOOK_AGAIN_S)  # noqa: TID251 - a person waits here, and nothing else
