"""Rows out of the bare pages of a damaged database, without the help of its header, its schema or its inner pages.

Follows the file format of SQLite (sqlite.org/fileformat2.html, sections 1.6, 2.1 and 4.1). What comes out is a guess;
the rows' own checksums say which of it is true. Nothing here raises for any bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from agent.store.budget import PAGE

_LEAF = 0x0D  # a leaf of a table
_USABLE = PAGE
_MAX_LOCAL = _USABLE - 35
_MIN_LOCAL = (_USABLE - 12) * 32 // 255 - 23
_MAX_PAYLOAD = 1024 * 1024
WAL_HEADER = 32
_WAL_MAGIC = bytes.fromhex("377f06")
FRAME_HEADER = 24
FRAME = FRAME_HEADER + PAGE
_WIDTHS = (0, 1, 2, 3, 4, 6, 8, 8)  # bytes of the serial types NULL, 6 integers, float

Record = tuple[int, list[int | float | bytes | None]]


def frames(wal: Path) -> Iterator[tuple[int, bool, int]]:
    """Frames of the current write-ahead log: page number, whether it ends a commit, where its page begins."""
    with wal.open("rb") as file:
        header = file.read(WAL_HEADER)
        if len(header) < WAL_HEADER or header[:3] != _WAL_MAGIC:  # laid out, and not begun yet
            return
        salts = header[16:24]
        offset = WAL_HEADER
        while len(head := file.read(FRAME_HEADER)) == FRAME_HEADER:
            page, size = struct.unpack(">II", head[:8])
            if head[8:16] == salts:
                yield page, size != 0, offset + FRAME_HEADER
            offset += FRAME
            file.seek(offset)


def commits_after(wal: Path, taken: int) -> int:
    """Commits that the log holds beyond its first ``taken`` frames."""
    if not wal.exists():
        return 0
    begin = WAL_HEADER + taken * FRAME
    return sum(ends for _, ends, offset in frames(wal) if offset > begin)


class Pages:
    """The pages of a database and its write-ahead log, the newest first. For use in a ``with`` block."""

    def __init__(self, path: Path) -> None:
        self._open = ExitStack()
        self._file = self._open.enter_context(path.open("rb"))
        self._count = path.stat().st_size // PAGE
        self._wal = Path(f"{path}-wal")
        self._newer: dict[int, int] = {}
        self._all_frames: list[int] = []
        if self._wal.exists():
            for page, _, offset in frames(self._wal):
                self._newer[page] = offset
                self._all_frames.append(offset)
        self._log = self._open.enter_context(self._wal.open("rb")) if self._newer else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def records(self) -> Iterator[Record]:
        """Rowid and values of whatever looks like a row, in any order, some of it old."""
        for offset in reversed(self._all_frames):
            yield from _records(self._read_log(offset), self._page)
        for number in range(1, self._count + 1):
            yield from _records(self._read_file(number), self._page)

    def _page(self, number: int) -> bytes:
        newer = self._newer.get(number)
        return self._read_file(number) if newer is None else self._read_log(newer)

    def _read_log(self, offset: int) -> bytes:
        assert self._log is not None
        self._log.seek(offset)
        return self._log.read(PAGE)

    def _read_file(self, number: int) -> bytes:
        if not 0 < number <= self._count:
            return b""
        self._file.seek((number - 1) * PAGE)
        return self._file.read(PAGE)


def _records(page: bytes, other: Callable[[int], bytes]) -> Iterator[Record]:
    """Rows of one page, if it is a leaf of a table."""
    if len(page) != PAGE or page[0] != _LEAF:
        return
    (count,) = struct.unpack_from(">H", page, 3)
    for index in range(min(count, (PAGE - 8) // 2)):
        (start,) = struct.unpack_from(">H", page, 8 + 2 * index)
        record = _cell(page, start, other)
        if record is not None:
            yield record


def _cell(page: bytes, start: int, other: Callable[[int], bytes]) -> Record | None:
    try:
        size, at = varint(page, start)
        rowid, at = varint(page, at)
        if size > _MAX_PAYLOAD:
            return None
        payload = _payload(page, at, size, other)
        return None if payload is None else (rowid, values(payload))
    except (IndexError, struct.error):
        return None


def _payload(page: bytes, at: int, size: int, other: Callable[[int], bytes]) -> bytes | None:
    if size <= _MAX_LOCAL:
        return page[at : at + size] if at + size <= PAGE else None
    local = _MIN_LOCAL + (size - _MIN_LOCAL) % (_USABLE - 4)
    if local > _MAX_LOCAL:
        local = _MIN_LOCAL
    payload = bytearray(page[at : at + local])
    (following,) = struct.unpack_from(">I", page, at + local)
    while len(payload) < size:
        more = other(following)
        if len(more) != PAGE:
            return None
        (following,) = struct.unpack_from(">I", more)
        payload += more[4 : 4 + size - len(payload)]
    return bytes(payload)


def values(payload: bytes) -> list[int | float | bytes | None]:
    """The columns of a record. Raises ``IndexError`` or ``struct.error`` for what is none."""
    end, at = varint(payload, 0)
    body = end
    found: list[int | float | bytes | None] = []
    while at < end:
        kind, at = varint(payload, at)
        width = _WIDTHS[kind] if kind < len(_WIDTHS) else 0 if kind < 12 else (kind - 12) // 2
        raw = payload[body : body + width]
        if len(raw) != width:
            raise IndexError(body)
        body += width
        found.append(_value(kind, raw))
    return found


def _value(kind: int, raw: bytes) -> int | float | bytes | None:
    if kind == 0:
        return None
    if kind == 7:
        return float(struct.unpack(">d", raw)[0])
    if kind in (8, 9):
        return kind - 8
    return raw if kind >= 12 else int.from_bytes(raw, "big", signed=True)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer and where it ends. Raises ``IndexError``."""
    number = 0
    for index in range(8):
        byte = data[at + index]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + index + 1
    number = number << 8 | data[at + 8]
    return number - (1 << 64) if number >> 63 else number, at + 9
