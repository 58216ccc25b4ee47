"""The commands that ask the running agent: status, events, readings, device, reload."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
import tomllib
from collections.abc import Callable
from typing import Never

import msgspec

from agent.cli import FAILED, NOT_ALLOWED, NOT_RUNNING, OK, WRONG_SETTINGS
from agent.config.settings import LocalSettings
from agent.control.client import Client, NotAllowed, NotRunning
from agent.errors import AgentError
from contract.commands import (
    DEVICE_S,
    LONGEST_WAIT_S,
    DeviceArgs,
    EventsArgs,
    EventsResult,
    ReadingsArgs,
    ReadingsResult,
    ReloadResult,
)
from contract.health import DeviceResult, PoleStatus

LOOK_AGAIN_S = 2.0
RELOAD_S = 60.0


def status(options: argparse.Namespace) -> int:
    path = socket_path(options)
    if options.watch:
        _watch(path)
    return _told(lambda: _show(path, options))


def events(options: argparse.Namespace) -> int:
    return _told(lambda: _events(socket_path(options), options))


def readings(options: argparse.Namespace) -> int:
    return _told(lambda: _readings(socket_path(options), options))


def device(options: argparse.Namespace) -> int:
    return _told(lambda: _device(socket_path(options), options))


def reload(options: argparse.Namespace) -> int:
    return _told(lambda: _reload(socket_path(options)))


def socket_path(options: argparse.Namespace) -> str:
    """Where to ask: ``--socket``, else what the settings say; settings that cannot be read are no obstacle."""
    if options.socket:
        return str(options.socket)
    path = LocalSettings().socket
    try:
        more = sorted((options.settings.parent / "conf.d").glob("*.toml"))
    except OSError:
        more = []
    for file in (options.settings, *more):
        try:
            path = tomllib.loads(file.read_text(encoding="utf-8"))["local"]["socket"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return str(path)


def _told(ask: Callable[[], int]) -> int:
    """What ``ask`` returns, or the code of why it could not."""
    try:
        return ask()
    except NotRunning as reason:
        print(reason, file=sys.stderr)
        return NOT_RUNNING
    except NotAllowed as reason:
        print(reason, file=sys.stderr)
        return NOT_ALLOWED


def _show(path: str, options: argparse.Namespace) -> int:
    with Client(path) as client:
        answer = client.ask("status")
    if options.json:
        print(answer.decode())
        return OK
    pole = msgspec.json.decode(answer, type=PoleStatus)
    if options.prometheus:
        from agent.status import prometheus

        print(prometheus.text(pole), end="")
    else:
        _print(_table(pole))
    return OK


def _watch(path: str) -> Never:
    """For ever, also while the agent is away: its coming back is what one waits for."""
    while True:
        try:
            with Client(path) as client:
                text = _table(msgspec.json.decode(client.ask("status"), type=PoleStatus))
        except AgentError as reason:
            text = f"{reason}\n"
        _print(("\x1b[H\x1b[2J" if sys.stdout.isatty() else "") + text)
        time.sleep(LOOK_AGAIN_S)  # noqa: TID251 - a person waits here, and nothing else


def _table(pole: PoleStatus) -> str:
    from agent.status.table import Look, table

    tty = sys.stdout.isatty()
    columns = shutil.get_terminal_size((80, 24)).columns if tty else 80
    colours = tty and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return table(pole, Look(columns=columns, colours=colours, ascii_only=_ascii_only()))


def _ascii_only() -> bool:
    """Whether the terminal lacks the signs of units, such as the degree."""
    try:
        "°µ²³".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return True
    return False


def _print(text: str) -> None:
    """A name that the terminal cannot show becomes question marks, never a traceback."""
    encoding = sys.stdout.encoding
    print(text.encode(encoding, "replace").decode(encoding), end="", flush=True)


def _events(path: str, options: argparse.Namespace) -> int:
    from agent.status.lines import event_line

    args = EventsArgs(last=options.last, source=options.source, kind=options.kind)
    wait_s = 0.0
    with Client(path) as client:
        while True:
            answer = msgspec.json.decode(client.ask("events", args, wait_s=wait_s), type=EventsResult)
            for event in answer.events:
                _print(msgspec.json.encode(event).decode() + "\n" if options.json else event_line(event) + "\n")
            if not options.follow:
                return OK
            wait_s = LONGEST_WAIT_S
            args = msgspec.structs.replace(args, after=answer.cursor, wait_s=wait_s)


def _readings(path: str, options: argparse.Namespace) -> int:
    from agent.status.lines import reading_line

    args = ReadingsArgs(last=options.last, device=options.device, quantity=options.quantity)
    ascii_only = _ascii_only()
    with Client(path) as client:
        while True:
            answer = msgspec.json.decode(client.ask("readings", args), type=ReadingsResult)
            for reading in answer.readings:
                line = (
                    msgspec.json.encode(reading).decode()
                    if options.json
                    else reading_line(reading, ascii_only=ascii_only)
                )
                _print(line + "\n")
            if not options.follow:
                return OK
            if answer.readings:
                args = msgspec.structs.replace(args, after=answer.readings[-1].at.utc, last=1000)
            time.sleep(1.0)  # noqa: TID251 - a person waits here, and nothing else


def _device(path: str, options: argparse.Namespace) -> int:
    from agent.status.lines import reading_line

    args = DeviceArgs(device=options.name, action=options.action)
    with Client(path) as client:
        told = client.ask("device", args, wait_s=DEVICE_S)
    answer = msgspec.json.decode(told, type=DeviceResult)
    if options.json:
        print(told.decode())
        return OK if answer.ok else FAILED
    ascii_only = _ascii_only()
    for reading in answer.readings:
        _print(reading_line(reading, ascii_only=ascii_only) + "\n")
    if answer.text:
        print(f"{options.name}: {answer.text}", file=sys.stdout if answer.ok else sys.stderr)
    return OK if answer.ok else FAILED


def _reload(path: str) -> int:
    with Client(path) as client:
        answer = msgspec.json.decode(client.ask("reload", wait_s=RELOAD_S), type=ReloadResult)
    if answer.problems:
        for problem in answer.problems:
            print(problem, file=sys.stderr)
        print(f"Nothing was changed; revision {answer.revision} stays in force.", file=sys.stderr)
        return WRONG_SETTINGS
    for change in answer.applied:
        print(change)
    print(f"Revision {answer.revision} is in force" + ("." if answer.applied else "; nothing had changed."))
    return OK
