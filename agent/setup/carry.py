"""``poleagent carry``: rows of this pole onto a stick, encrypted to its platform; the platform's marks from it.

Each file is whole or not there: it is on the stick under another name before it gets its own, and its name says how
large it is. So the stick may be pulled out at any moment, and the next run goes on behind what is there.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import get_args

import msgspec

from agent.control.client import Client
from agent.errors import AgentError
from agent.setup import sentences_carry as say
from agent.system.openssl import OpensslFailed, openssl
from agent.uplink.carry import certified
from contract.carry import (
    FOLDER,
    MARKS_BYTES,
    PLATFORM_NAME,
    PLATFORM_PEM,
    UNIT_BYTES,
    CarriedMessage,
    CarriedRows,
    UnitName,
    digest_of,
    pole_of_marks,
    read_rows_name,
    rows_name,
)
from contract.requests import CarryMarksArgs, CarryMarksResult, CarryRowsArgs, CarryRowsResult, LaneName

WAIT_S = 60.0
_PART = "rows.part"


class CarryPole(msgspec.Struct, frozen=True, kw_only=True):
    """Which pole, with what: its own certificate and key, the CA of its platform, the daemon's socket."""

    pole: str
    ca: Path
    cert: Path
    key: Path
    socket: str


class CarriedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Events that are on the stick now, and those of them that were there before."""

    events: int
    before: int
    bytes: int


def carry_in(job: CarryPole, stick: Path) -> tuple[int, int]:
    """Files of this pole with marks, and waiting events that count as delivered now. Raises ``AgentError``."""
    folder = _folder(stick)
    with _reading(stick):
        files = [
            each for each in sorted(folder.iterdir()) if pole_of_marks(each.name) == job.pole and not each.is_symlink()
        ]
    done = 0
    for file in files:
        with _reading(file):
            if file.stat().st_size > MARKS_BYTES:
                raise AgentError(say.MARKS_TOO_LONG(file=file.name))
        signed = base64.b64encode(_read(file)).decode()
        with Client(job.socket) as client:
            answer = client.ask("carry_marks", CarryMarksArgs(signed=signed), wait_s=WAIT_S)
        done += msgspec.json.decode(answer, type=CarryMarksResult).events
    return len(files), done


def carry_out(job: CarryPole, stick: Path, now: datetime) -> CarriedOut:
    """Writes all that waits. Raises ``AgentError``; what was written until then is good."""
    folder = _folder(stick)
    if not (folder / PLATFORM_PEM).is_file():
        raise AgentError(say.NOT_PREPARED(stick=stick))
    try:
        good = asyncio.run(certified(folder / PLATFORM_PEM, job.ca, PLATFORM_NAME))
    except OpensslFailed as reason:
        raise AgentError(say.NO_OPENSSL()) from reason
    if not good:
        raise AgentError(say.FOREIGN_STICK(stick=stick))
    with _reading(stick):
        there = {name.digest for name in _units(folder, job.pole)}
    secret = _read(job.key)
    events = before = written = 0
    for messages, count in _messages(job):
        unit = CarriedRows(pole=job.pole, at=now, messages=messages)
        digest = digest_of(msgspec.msgpack.encode(messages), secret)
        if digest in there:
            before += count
        else:
            try:
                written += _write(folder, job, digest, asyncio.run(_closed(job, folder, unit)))
            except OSError as reason:
                _unlink(folder / _PART)
                if reason.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                    raise AgentError(say.STICK_FULL(events=events)) from reason
                raise AgentError(say.STICK_LOST(stick=stick, why=_why(reason), events=events)) from reason
        events += count
    return CarriedOut(events=events, before=before, bytes=written)


def _messages(job: CarryPole) -> Iterator[tuple[tuple[CarriedMessage, ...], int]]:
    """All that waits, in parts of about ``UNIT_BYTES``, with the number of events of each; alarms first."""
    some: list[CarriedMessage] = []
    count = size = 0
    for lane in get_args(LaneName):
        after = 0
        while True:
            with Client(job.socket) as client:
                raw = client.ask("carry_rows", CarryRowsArgs(lane=lane, after=after), wait_s=WAIT_S)
            answer = msgspec.json.decode(raw, type=CarryRowsResult)
            if not answer.events:
                break
            after = answer.last
            payload = base64.b64decode(answer.payload)
            some.append(CarriedMessage(lane, payload))
            count, size = count + answer.events, size + len(payload)
            if size >= UNIT_BYTES:
                yield tuple(some), count
                some, count, size = [], 0, 0
    if some:
        yield tuple(some), count


async def _closed(job: CarryPole, folder: Path, unit: CarriedRows) -> bytes:
    """Signed by the pole, encrypted to the platform."""
    plain = msgspec.msgpack.encode(unit)
    try:
        own = ("-signer", str(job.cert), "-inkey", str(job.key))
        signed = await openssl(
            "cms", "-sign", "-binary", "-nodetach", "-md", "sha256", *own, "-outform", "DER", data=plain
        )
        to = ("-recip", str(folder / PLATFORM_PEM), "-keyopt", "ecdh_kdf_md:sha256")
        return await openssl("cms", "-encrypt", "-binary", "-aes-256-gcm", *to, "-outform", "DER", data=signed)
    except OpensslFailed as reason:
        raise AgentError(say.NOT_CLOSED(why=reason)) from reason


def _write(folder: Path, job: CarryPole, digest: str, data: bytes) -> int:
    part = folder / _PART
    _unlink(part)
    # a stick may hold links, and this user may be root
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / rows_name(job.pole, digest, len(data)))
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return len(data)


def _units(folder: Path, pole: str) -> Iterator[UnitName]:
    """Files of rows of the pole that are whole; torn ones are removed, since their rows are written again."""
    for file in list(folder.iterdir()):
        name = read_rows_name(file.name)
        if name is not None and name.pole == pole:
            if not file.is_symlink() and file.stat().st_size == name.size:
                yield name
            else:
                _unlink(file)


def _folder(stick: Path) -> Path:
    with _reading(stick):
        if not stick.is_dir():
            raise AgentError(say.NO_STICK(stick=stick))
        folder = stick / FOLDER
        if folder.is_symlink() or not folder.is_dir():
            raise AgentError(say.NOT_PREPARED(stick=stick))
        _unlink(folder / _PART)
    return folder


def _read(file: Path) -> bytes:
    with _reading(file):
        return file.read_bytes()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as reason:
        raise AgentError(say.STICK_NOT_READ(stick=path, why=_why(reason))) from reason


def _unlink(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return  # it is in nobody's way, or what follows fails with a sentence


def _why(reason: OSError) -> str:
    return (reason.strerror or str(reason)).lower()
