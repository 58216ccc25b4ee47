"""Between values and columns: keys, checksums, times. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from agent.types import Event, Lane, Row, Stamp

SEQ_BITS = 48
SEQ_MASK = (1 << SEQ_BITS) - 1
INSERT = "INSERT INTO event VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
COLUMNS = "key, epoch, kind, source, utc_us, boot, boot_us, synced, crc, body"

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


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

    @classmethod
    def of(cls, event: Event) -> Pending:
        return cls(event.lane, event.body.kind, event.source, event.at, msgspec.json.encode(event.body))

    @property
    def size(self) -> int:
        return len(self.body) + 120


class Correction(msgspec.Struct, frozen=True):
    """What was taken unsynced in ``boot`` up to ``boot_us`` happened at boot time + ``offset_us``."""

    boot: int
    boot_us: int
    offset_us: int


def checksum(key: int, columns: tuple[str, str, str, int, int, int, int], body: bytes) -> int:
    """CRC-32 over a row: ``columns`` are epoch, kind, source, utc_us, boot, boot_us, synced."""
    return zlib.crc32(body, zlib.crc32(("%d %s %s %s %d %d %d %d" % (key, *columns)).encode()))  # noqa: UP031  faster than an f-string


def columns_of(pending: Pending, key: int, epoch: str, boot: int) -> tuple[Any, ...]:
    """The parameters of ``INSERT``."""
    at = pending.at
    columns = (
        epoch,
        pending.kind,
        pending.source,
        microseconds(at.utc),
        boot,
        round(at.boot_s * 1e6),
        int(at.synced),
    )
    return (key, *columns, checksum(key, columns, pending.body), pending.body)


def stamp_of(utc_us: int, boot: int, boot_us: int, *, synced: int, corrections: Iterable[Correction]) -> Stamp:
    """The time of a row; a row taken unsynced gets its true time once that is known."""
    if not synced:
        for correction in corrections:
            if correction.boot == boot and boot_us <= correction.boot_us:
                return Stamp(at_microseconds(boot_us + correction.offset_us), boot_us / 1e6, synced=True)
    return Stamp(at_microseconds(utc_us), boot_us / 1e6, bool(synced))


def row_of(record: Sequence[Any], corrections: Iterable[Correction] = ()) -> Row | None:
    """A row from ``COLUMNS`` with texts as bytes; None where it is not what was written."""
    key, epoch, kind, source, utc_us, boot, boot_us, synced, crc, body = record
    try:
        columns = (epoch.decode(), kind.decode(), source.decode(), utc_us, boot, boot_us, synced)
        if checksum(key, columns, body) != crc:
            return None
        return Row(
            epoch=columns[0],
            seq=key & SEQ_MASK,
            lane=lane_of(key),
            kind=columns[1],
            source=columns[2],
            at=stamp_of(utc_us, boot, boot_us, synced=synced, corrections=corrections),
            body=body,
        )
    except (AttributeError, TypeError, ValueError, OverflowError):  # a damaged record may hold any type
        return None
