"""What is carried on a stick, on the platform: opened, stored by the way of all events, confirmed on the stick.

A file goes from the stick only after its events are stored, and after the marks that say so are on it; where the stick
is full, before: without marks the pole keeps its events, and they come again as repeats.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from contract.carry import (
    FOLDER,
    MARKS_RANGES,
    PLATFORM_PEM,
    UNIT_MOST_BYTES,
    CarriedMarks,
    CarriedRows,
    UnitName,
    marks_name,
    read_rows_name,
)
from contract.watermark import Watermark
from fleet.actions import CarriedAnswer, CarriedArgs
from fleet.errors import FleetError
from fleet.openssl import CmsFailed, openssl
from fleet.pki import Pair

_TRUST = ("-no-CApath", "-no-CAstore", "-purpose", "any", "-no_check_time")


class StickFull(FleetError):
    """There is no room for what the platform has to write."""


class CarriedPole(msgspec.Struct, kw_only=True):
    """What came of one pole."""

    pole: str
    events: int = 0
    repeated: int = 0


class CarryTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What came in, by pole, and for each file that could not be taken one sentence."""

    poles: dict[str, CarriedPole]
    problems: tuple[str, ...]


def prepare(stick: Path, pair: Pair) -> None:
    """The platform's certificate on the stick, so that poles can encrypt to it. Raises ``FleetError``."""
    if not stick.is_dir():
        raise FleetError(f"{stick} is no folder: mount the stick and name its folder")
    _put(_folder(stick, make=True) / PLATFORM_PEM, pair.cert.read_bytes())


def take(stick: Path, pair: Pair, ca: Path, store: Callable[[CarriedArgs], CarriedAnswer]) -> CarryTaken:
    """All files of rows on the stick. Raises ``FleetError`` where the stick cannot be used."""
    folder = _folder(stick, make=False)
    poles: dict[str, CarriedPole] = {}
    problems: list[str] = []
    done: dict[str, list[tuple[Path, CarriedAnswer]]] = {}
    for file, name in _units(folder):
        try:
            args = _opened(file, name, pair, ca)
            answer = store(args)
        except FleetError as reason:
            problems.append(f"{file.name}: {reason}")
            continue
        known = poles.setdefault(args.pole, CarriedPole(pole=args.pole))
        known.events += answer.events
        known.repeated += answer.repeated
        done.setdefault(args.pole, []).append((file, answer))
        if answer.over:
            problems.append(f"{file.name}: more than is taken of {args.pole} in a day: bring the stick again tomorrow")
        if answer.unknown:
            text = f"it holds messages of a lane that this platform does not know ({answer.unknown})"
            problems.append(f"{file.name}: {text}: update polefleet, then bring the stick again")
        if answer.refused:
            problems.append(f"{file.name}: {answer.refused} messages cannot be read, they are in the quarantine")
    for pole, answers in done.items():
        marks = [mark for _, answer in answers for mark in answer.marks]
        taken = [file for file, answer in answers if not answer.over and not answer.unknown]
        try:
            _confirm(folder, pole, marks, pair)
        except StickFull:
            _remove(taken)
            _confirm(folder, pole, marks, pair)
        _remove(taken)
    return CarryTaken(poles=poles, problems=tuple(problems))


def _remove(files: Iterable[Path]) -> None:
    try:
        for file in files:
            file.unlink(missing_ok=True)
    except OSError as reason:
        raise FleetError(f"the stick cannot be written: {reason.strerror}; all its events are stored") from reason


def _units(folder: Path) -> Iterator[tuple[Path, UnitName]]:
    try:
        for file in sorted(folder.iterdir()):
            name = read_rows_name(file.name)
            if name is not None and not file.is_symlink():
                yield file, name
    except OSError as reason:
        raise FleetError(f"{folder.parent} cannot be read: {reason.strerror}; plug the stick in again") from reason


def _opened(file: Path, name: UnitName, pair: Pair, ca: Path) -> CarriedArgs:
    """What one file holds; raises ``FleetError`` with one sentence without its beginning."""
    try:
        size = file.stat().st_size
        if size > UNIT_MOST_BYTES:
            raise FleetError("it is larger than what a pole writes")
        closed = file.read_bytes()
    except OSError as reason:
        raise FleetError(f"it cannot be read: {reason.strerror}; plug the stick in again") from reason
    if size != name.size:
        raise FleetError("it is torn; its events are still on the pole: have them carried again")
    own = ("-inkey", str(pair.key), "-recip", str(pair.cert))
    try:
        signed = openssl("cms", "-decrypt", "-binary", "-inform", "DER", *own, data=closed)
    except CmsFailed:
        raise FleetError("it cannot be opened: it is for another platform, or it was changed") from None
    with tempfile.TemporaryDirectory(prefix="polefleet-carry-") as place:
        signer = Path(place) / "signer.pem"
        try:
            plain = openssl(
                *("cms", "-verify", "-binary", "-inform", "DER", "-CAfile", str(ca), *_TRUST),
                *("-signer", str(signer)),
                data=signed,
            )
            certificate = x509.load_pem_x509_certificate(signer.read_bytes())
        except (CmsFailed, OSError, ValueError):
            raise FleetError("it was not signed by a pole of this platform") from None
    try:
        rows = msgspec.msgpack.decode(plain, type=CarriedRows)
    except msgspec.MsgspecError as reason:
        raise FleetError(f"it holds no events: {reason}") from None
    names = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [rows.pole]:
        raise FleetError(f"it was signed by {', '.join(names) or 'nobody'} and speaks of {rows.pole}")
    return CarriedArgs(pole=rows.pole, serial=f"{certificate.serial_number:x}", messages=rows.messages)


def _confirm(folder: Path, pole: str, marks: Iterable[Watermark], pair: Pair) -> None:
    """Files of marks, each of at most ``MARKS_RANGES`` ranges."""
    some: list[Watermark] = []
    room = MARKS_RANGES
    for mark in marks:
        ranges = mark.ranges
        while ranges:
            some.append(Watermark(epoch=mark.epoch, ranges=ranges[:room]))
            ranges, room = ranges[room:], room - len(ranges[:room])
            if not room:
                _mark(folder, pole, some, pair)
                some, room = [], MARKS_RANGES
    if some:
        _mark(folder, pole, some, pair)


def _mark(folder: Path, pole: str, marks: list[Watermark], pair: Pair) -> None:
    plain = msgspec.json.encode(CarriedMarks(pole=pole, marks=tuple(marks)))
    own = ("-md", "sha256", "-signer", str(pair.cert), "-inkey", str(pair.key))
    _put(
        folder / marks_name(pole, plain),
        openssl("cms", "-sign", "-binary", "-nodetach", *own, "-outform", "DER", data=plain),
    )


def _folder(stick: Path, *, make: bool) -> Path:
    folder = stick / FOLDER
    try:
        if make:
            folder.mkdir(exist_ok=True)
        if folder.is_symlink() or not folder.is_dir():
            raise FleetError(f"{stick} has no folder {FOLDER}: has it been at a pole?")
    except OSError as reason:
        raise FleetError(f"{stick} cannot be used: {reason.strerror}; plug the stick in again") from reason
    return folder


def _put(file: Path, data: bytes) -> None:
    part = file.with_name("platform.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
        handle = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as reason:
        kind = StickFull if reason.errno in {errno.ENOSPC, errno.EDQUOT} else FleetError
        raise kind(f"the stick cannot be written: {reason.strerror}; plug it in again, or make room on it") from reason
