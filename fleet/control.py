"""How the command line talks to the running platform: one line of JSON each way over a unix socket of its folder.

Only who may read the folder can connect.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fleet.errors import FleetError

LINE_BYTES = 64 * 1024 * 1024
"""Longest line: a register of 200,000 poles, the replies of a job."""
WAIT_S = 600.0

Action = Callable[[msgspec.Raw], Awaitable[object]]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for: a name of the table of actions, and its arguments."""

    name: str
    args: msgspec.Raw = msgspec.Raw(b"{}")


class ControlAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``result``, or one sentence in ``error``."""

    error: str = ""
    result: msgspec.Raw = msgspec.Raw(b"null")


@contextlib.asynccontextmanager
async def serving(path: Path, actions: Mapping[str, Action]) -> AsyncIterator[None]:
    """Answers until the block is left; a socket that an earlier run left behind is replaced."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(await _answer(await reader.readline(), actions) + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            pass  # the asker is gone, or its line is too long
        finally:
            writer.close()

    path.unlink(missing_ok=True)  # noqa: ASYNC240  # before anything runs
    try:
        server = await asyncio.start_unix_server(one, path, limit=LINE_BYTES)
    except OSError as reason:
        raise FleetError(f"{path} cannot be opened: {reason}; is the path longer than 100 characters?") from reason
    path.chmod(0o600)  # noqa: ASYNC240  # before anything runs
    try:
        async with server:
            yield
    finally:
        path.unlink(missing_ok=True)  # noqa: ASYNC240  # nothing runs any more


async def _answer(line: bytes, actions: Mapping[str, Action]) -> bytes:
    try:
        asked = msgspec.json.decode(line, type=Asked)
        action = actions.get(asked.name)
        if action is None:
            error = (
                f"what runs in this folder takes no {asked.name!r}: it is of another version, or without pages (--role)"
            )
            return msgspec.json.encode(ControlAnswer(error=error))
        result = await action(asked.args)
        return msgspec.json.encode(ControlAnswer(result=msgspec.Raw(msgspec.json.encode(result))))
    except (FleetError, msgspec.DecodeError, sqlite3.Error) as reason:
        return msgspec.json.encode(ControlAnswer(error=str(reason)))


def ask(path: Path, name: str, args: object, result: type[Any]) -> Any:
    """What the running platform answers, as ``result``; raises ``FleetError``."""
    line = msgspec.json.encode(Asked(name=name, args=msgspec.Raw(msgspec.json.encode(args)))) + b"\n"
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(WAIT_S)
        try:
            link.connect(str(path))
            link.sendall(line)
            with link.makefile("rb") as answers:
                answer = answers.readline()
        except OSError as reason:
            raise FleetError(
                f"no platform runs in {path.parent}: start it with 'polefleet serve', or name its --folder ({reason})"
            ) from reason
    if not answer:
        raise FleetError("the platform ended before it answered; ask again once it runs")
    read = msgspec.json.decode(answer, type=ControlAnswer)
    if read.error:
        raise FleetError(read.error)
    return msgspec.json.decode(read.result, type=result)
