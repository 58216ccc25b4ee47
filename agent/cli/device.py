"""``poleagent device``: one device, at once."""

from __future__ import annotations

import argparse
import sys

from agent.cli._ask import add_question, ascii_only, connect, decoded, show, show_json
from agent.cli._command import FAILED, OK, Commands
from agent.status.lines import reading_line
from contract.commands import DEVICE_S, DeviceArgs
from contract.health import DeviceResult


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_question(
        commands,
        "device",
        "have a device read at once, or do something",
        """Reads a device at once, before all others on its line, and prints what came; or has it do an action that its
        driver knows (docs/reference/drivers.md): our sensor board can identify, self_test and start. Behind the values
        of a Modbus device stand its registers as they came. Exit code 1 where the device did not answer well.""",
    )
    command.add_argument("name", metavar="NAME", help="the device, as in [device.NAME]")
    command.add_argument(
        "action", nargs="?", default="read", metavar="ACTION", help="read (default), or what its driver knows"
    )
    command.add_argument("--json", action="store_true", help="the answer as one JSON object")
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
        show(reading_line(reading, ascii_only=plain) + (f"  from {raw.upper()}h" if raw else "") + "\n")
    if answer.text:
        print(f"{options.name}: {answer.text}", file=sys.stdout if answer.ok else sys.stderr)
    return OK if answer.ok else FAILED
