"""Between values and columns: keys, checksums, times. Pure."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from contract.merkle import sealed_time
from contract.types import CONTRACT, Event, Lane, Row, Stamp

SEQ_BITS = 48
SEQ_MASK = (1 << SEQ_BITS) - 1
DELIVERED = 90
"""In the column ``sent``; 0 waits, and so does anything else: no single bit that flips makes a row delivered.

The column is not under the checksum, because it changes without the rest."""
INSERT = "INSERT INTO event VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
COLUMNS = "key, epoch, kind, source, utc_us, boot, boot_us, synced, crc, body"

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBERS = struct.Struct("<qqqqq")
_ROW_BYTES = 120  # of a row without its body
_encode = msgspec.json.Encoder().encode


class Writer(Protocol):
    """Who wrote the rows of an epoch, and under which version of the contract."""

    @property
    def pole(self) -> str: ...

    @property
    def contract(self) -> int: ...


_NOBODY: Mapping[str, Writer] = MappingProxyType({})


def key_of(lane: int, seq: int) -> int:
    return lane << SEQ_BITS | seq


def seq_of(key: int) -> int:
    return key & SEQ_MASK


def lane_of(key: int) -> Lane:
    return Lane(key >> SEQ_BITS)


def microseconds(utc: datetime) -> int:
    return (utc - _UNIX) // _MICROSECOND


def at_microseconds(utc_us: int) -> datetime:
    return _UNIX + timedelta(microseconds=utc_us)


def boot_number(boot_id: str) -> int:
    """The first 32 bits of a boot id: four bytes a row, and no two boots of one pole share them."""
    return int(boot_id.replace("-", "")[:8], 16)


class Pending(msgspec.Struct, frozen=True, gc=False):
    """An event on its way to the disk. ``size`` is what it costs in memory and about what it costs on disk."""

    lane: Lane
    kind: str
    source: str
    at: Stamp
    body: bytes
    size: int

    @classmethod
    def of(cls, event: Event) -> Pending:
        body = _encode(event.body)
        return cls(event.lane, event.body.kind, event.source, event.at, body, len(body) + _ROW_BYTES)

    @classmethod
    def made(cls, lane: Lane, kind: str, source: str, at: Stamp, body: bytes) -> Pending:
        return cls(lane, kind, source, at, body, len(body) + _ROW_BYTES)


class Correction(msgspec.Struct, frozen=True):
    """What was taken unsynced in ``boot`` up to ``boot_us`` happened at boot time + ``offset_us``."""

    boot: int
    boot_us: int
    offset_us: int


@lru_cache(maxsize=1024)
def _texts_checksum(epoch: str, kind: str, source: str) -> int:
    return zlib.crc32(f"{epoch} {kind} {source}".encode())


def checksum(key: int, columns: tuple[str, str, str, int, int, int, int], body: bytes) -> int:
    """CRC-32 over a row: ``columns`` are epoch, kind, source, utc_us, boot, boot_us, synced.

    Raises ``struct.error`` for numbers that no row has.
    """
    epoch, kind, source, utc_us, boot, boot_us, synced = columns
    numbers = _NUMBERS.pack(key, utc_us, boot, boot_us, synced)
    return zlib.crc32(body, zlib.crc32(numbers, _texts_checksum(epoch, kind, source)))


def records(events: Iterable[Pending], first_seq: int, epoch: str, boot: int) -> Iterator[tuple[Any, ...]]:
    """The parameters of ``INSERT``, one row after the other; the checksum is ``checksum``'s, written out for speed."""
    crc32, pack = zlib.crc32, _NUMBERS.pack
    for seq, pending in enumerate(events, first_seq):
        at, kind, source, body = pending.at, pending.kind, pending.source, pending.body
        key = pending.lane << SEQ_BITS | seq
        utc_us = (at.utc - _UNIX) // _MICROSECOND
        boot_us = round(at.boot_s * 1e6)
        synced = int(at.synced)
        numbers = pack(key, utc_us, boot, boot_us, synced)
        crc = crc32(body, crc32(numbers, _texts_checksum(epoch, kind, source)))
        yield key, epoch, kind, source, utc_us, boot, boot_us, synced, crc, body


def stamp_of(utc_us: int, boot: int, boot_us: int, *, synced: int, corrections: Iterable[Correction]) -> Stamp:
    """The time of a row; a row taken unsynced gets its true time once that is known."""
    if not synced:
        for correction in corrections:
            if correction.boot == boot and boot_us <= correction.boot_us:
                return Stamp(at_microseconds(boot_us + correction.offset_us), boot_us / 1e6, synced=True)
    return Stamp(at_microseconds(utc_us), boot_us / 1e6, bool(synced))


def row_of(
    record: Sequence[Any], corrections: Iterable[Correction] = (), epochs: Mapping[str, Writer] = _NOBODY
) -> Row | None:
    """A row from ``COLUMNS`` with texts as bytes; None where it is not what was written."""
    key, epoch, kind, source, utc_us, boot, boot_us, synced, crc, body = record
    try:
        columns = (epoch.decode(), kind.decode(), source.decode(), utc_us, boot, boot_us, synced)
        if checksum(key, columns, body) != crc:
            return None
        writer = epochs.get(columns[0])
        return Row(
            epoch=columns[0],
            seq=key & SEQ_MASK,
            lane=lane_of(key),
            kind=columns[1],
            source=columns[2],
            at=stamp_of(utc_us, boot, boot_us, synced=synced, corrections=corrections),
            body=body,
            contract=writer.contract if writer else CONTRACT,
            pole=writer.pole if writer else "",
            taken=None if synced else sealed_time(utc_us, boot_us),
        )
    except (AttributeError, TypeError, ValueError, OverflowError, struct.error):  # a damaged record may hold any type
        return None
