"""``polefleet notify``: whether notifications arrive."""

from __future__ import annotations

import argparse
import asyncio

from fleet.cli._command import OK, Commands, add_folder
from fleet.cli._show import now
from fleet.errors import FleetError, NoSuch
from fleet.incidents.channels import FILE, NotifyChannel, load
from fleet.incidents.notices import Notice
from fleet.incidents.send import send
from fleet.query.incidents import IncidentLine


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = f"Sends a test through each channel of {FILE}, or through one, and says what went wrong."
    command = commands.add_parser("notify", help="test the notifications", description=text)
    command.add_argument("channel", nargs="?", metavar="NAME", help="only this channel")
    add_folder(command)
    command.set_defaults(do=_notify)


def _notify(options: argparse.Namespace) -> int:
    channels = [each for each in load(options.folder).channel if options.channel in {None, each.name}]
    if not channels:
        raise NoSuch(f"{options.folder / FILE} has no such channel" if options.channel else f"{FILE} has no channel")
    wrong = [text for channel in channels if (text := asyncio.run(_test(channel)))]
    if wrong:
        raise FleetError("\n".join(wrong))
    return OK


async def _test(channel: NotifyChannel) -> str:
    words = {"en": "this is a test of the notifications", "zh": "这是一条测试通知"}
    line = IncidentLine(
        pole="test", source="platform", id="test", kind="test", type="test", severity="info", begin=now(), text=words
    )
    try:
        await send(channel, [Notice(phase="begin", incident=line)])
    except OSError as reason:
        return f"channel {channel.name}: {reason}"
    print(f"channel {channel.name}: sent")
    return ""
