"""All that is held of one camera, in one archive: for who may ask to see it, and before it is deleted."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from contract.receive import pieces
from fleet.accounts.audit import line_of
from fleet.errors import NoSuch, Wrong
from fleet.export.whole import whole_archive
from fleet.query.cameras import CamerasAsked, cameras
from fleet.query.incidents import IncidentAsked, incident
from fleet.store.archive import conflicts, readable
from fleet.store.database import Database


class CameraName(msgspec.Struct, frozen=True):
    """Which camera of which pole."""

    pole: str
    camera: str

    def __str__(self) -> str:
        return f"{self.pole}/{self.camera}"


class ArchiveFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the archive: lines of JSON."""

    what: str
    rows: int
    sha256: str


class CameraArchive(msgspec.Struct, frozen=True, kw_only=True):
    """What ``about.json`` of the archive says. ``unreadable``: damaged segments, of which nothing is in it."""

    pole: str
    camera: str
    made: datetime
    files: dict[str, ArchiveFile]
    unreadable: int


def camera_name(text: str) -> CameraName:
    """POLE/CAMERA; raises ``Wrong``."""
    pole, slash, camera = text.partition("/")
    if not (pole and slash and camera):
        raise Wrong(f"{text!r} is no camera: write POLE/CAMERA")
    return CameraName(pole, camera)


def write_archive(db: Database, path: Path, name: CameraName, now: datetime) -> CameraArchive:
    """Writes a ZIP file, whole or not at all; raises ``NoSuch`` where nothing is held of it, ``FleetError``."""
    files: dict[str, ArchiveFile] = {}
    damaged: list[int] = []
    with whole_archive(path) as archive:
        for file, (what, rows) in _CONTENT.items():
            files[file] = _write(archive, file, what, rows(db, name, now, damaged))
        about = CameraArchive(pole=name.pole, camera=name.camera, made=now, files=files, unreadable=len(damaged))
        archive.writestr("about.json", msgspec.json.format(msgspec.json.encode(about)))
        if not any(each.rows for file, each in files.items() if file != "audit.jsonl"):
            raise NoSuch(f"nothing is held of a camera {name}: `polefleet export cameras` lists all")
    return about


def _write(archive: zipfile.ZipFile, file: str, what: str, rows: Iterable[bytes]) -> ArchiveFile:
    digest, count = hashlib.sha256(), 0
    with archive.open(file, "w", force_zip64=True) as out:
        for row in rows:
            line = row + b"\n"
            out.write(line)
            digest.update(line)
            count += 1
    return ArchiveFile(what=what, rows=count, sha256=digest.hexdigest())


def _record(db: Database, name: CameraName, _: datetime, __: list[int]) -> Iterator[bytes]:
    asked = CamerasAsked(pole=name.pole, limit=1000)
    return (msgspec.json.encode(line) for line in cameras(db, asked).items if line.camera == name.camera)


def _events(db: Database, name: CameraName, _: datetime, damaged: list[int]) -> Iterator[bytes]:
    for number, body in db.scan("SELECT id, body FROM segment WHERE pole = ? ORDER BY t0, id", (name.pole,)):
        found = readable(number, body)
        if found is None:
            damaged.append(number)
            continue
        for event, piece in zip(found, pieces(body), strict=True):
            if event.source == str(name):
                yield bytes(piece)


def _conflicts(db: Database, name: CameraName, _: datetime, __: list[int]) -> Iterator[bytes]:
    return (body for event, body in conflicts(db, name.pole) if event.source == str(name))


def _incidents(db: Database, name: CameraName, now: datetime, _: list[int]) -> Iterator[bytes]:
    query = "SELECT id FROM every WHERE pole = ? AND source = ? ORDER BY begin"
    for (id_,) in db.execute(query, (name.pole, name.camera)).fetchall():
        yield msgspec.json.encode(incident(db, IncidentAsked(pole=name.pole, source=name.camera, id=id_), now))


def _rows(query: str) -> Callable[[Database, CameraName, datetime, list[int]], Iterator[bytes]]:
    def rows(db: Database, name: CameraName, _: datetime, __: list[int]) -> Iterator[bytes]:
        return (msgspec.json.encode(dict(row)) for row in db.execute(query, (name.pole, name.camera)))

    return rows


def _audit(db: Database, name: CameraName, _: datetime, __: list[int]) -> Iterator[bytes]:
    query = "SELECT * FROM desk.audit WHERE subject = ? OR substr(subject, 1, ?) = ? ORDER BY number"
    under = f"{name}/"
    return (msgspec.json.encode(line_of(row)) for row in db.execute(query, (str(name), len(under), under)))


_Content = Callable[[Database, CameraName, datetime, list[int]], Iterator[bytes]]
_SERIES = "JOIN series ON series.id = {0}.series WHERE pole = ? AND source = ? ORDER BY quantity"
_CONTENT: dict[str, tuple[str, _Content]] = {
    "record.jsonl": ("its entry in the register, and how it is", _record),
    "events.jsonl": ("its events as the pole sent them", _events),
    "conflicts.jsonl": ("second contents under names of its events", _conflicts),
    "incidents.jsonl": ("its incidents, with what people wrote about them", _incidents),
    "newest.jsonl": (
        "newest values made of its events",
        _rows(f"SELECT quantity, at, value, unit, quality FROM latest {_SERIES.format('latest')}"),  # noqa: S608  our own words
    ),
    "hours.jsonl": (
        "hours made of its events",
        _rows(f"SELECT quantity, hour.* FROM hour {_SERIES.format('hour')}, hour"),  # noqa: S608  our own words
    ),
    "notices.jsonl": (
        "notifications about it",
        _rows("SELECT channel, id, phase, state, due, text FROM desk.notice WHERE pole = ? AND source = ?"),
    ),
    "audit.jsonl": ("who looked at it, and what was done with it", _audit),
}
"""File -> what it holds, and its lines."""
