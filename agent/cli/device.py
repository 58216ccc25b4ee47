"""``poleagent device``: one device, at once."""

from __future__ import annotations

import argparse
import sys

from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._ask import add_question, ascii_only, connect, decoded, show, show_json
from agent.cli._command import FAILED, OK, Commands
from agent.cli._language import local, out, reader
from agent.status.lines import reading_line
from contract.health import DeviceResult
from contract.requests import DEVICE_S, DeviceArgs


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "device",
        about.DEVICE_READ_ONCE_OR(),
        about.READS_DEVICE_ONCE_BEFORE(),
    )
    command.add_argument("name", metavar="NAME", help=about.DEVICE_DEVICE_NAME())
    command.add_argument("action", nargs="?", default="read", metavar="ACTION", help=about.READ_DEFAULT_OR_WHAT())
    command.add_argument("--json", action="store_true", help=about.ANSWER_ONE_JSON_OBJECT())
    command.set_defaults(do=_device)


def _device(options: argparse.Namespace) -> int:
    args = DeviceArgs(device=options.name, action=options.action)
    with connect(options) as client:
        json = client.ask("device", args, wait_s=DEVICE_S)
    answer = decoded(json, DeviceResult)
    if options.json:
        show_json(json)
        return OK if answer.ok else FAILED
    plain = ascii_only()
    for reading in answer.readings:
        raw = answer.raw.get(reading.quantity)
        show(
            reading_line(reading, ascii_only=plain, language=reader.get())
            + (f"  {local(say.FROM(raw=raw.upper()))}" if raw else "")
            + "\n"
        )
    if answer.text:
        out(say.OF_ONE(name=options.name, text=answer.text), file=sys.stdout if answer.ok else sys.stderr)
    return OK if answer.ok else FAILED
