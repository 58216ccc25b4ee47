"""The other end, for platform engineers, the demo and the long tests: bytes to events, each once, and what is missing.

Pure: it is fed payloads and asked questions; where the events go and when the watermark is sent is the caller's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec.structs import replace

from contract.birth import Status
from contract.decode import BadMessage, decode, pieces
from contract.envelope import Envelope, event_type
from contract.events import Gap, NewEpoch
from contract.fingerprints import Fingerprints, fingerprint
from contract.ranges import Ranges
from contract.watermark import RANGES, Watermark, watermarks

__all__ = ["BLOCKS", "BadMessage", "Conflict", "Receiver", "Report", "decode", "pieces"]

BLOCKS = 16
"""Blocks of fingerprints per pole: 16,384 numbers in 128 KiB. What repeats an older number counts as equal."""
MOST_CONFLICTS = 1000
"""Conflicts, and reports, that are remembered per pole; the count goes on."""

GAPS = frozenset(event_type(Gap.kind, contract) for contract in (1, 2))
"""Gap events have the same fields in both versions of the contract."""
BEGINNINGS = frozenset({event_type("epoch", 1), event_type(NewEpoch.kind)})


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A second content under one name. ``event`` has it, under an id with ``~`` and its own fingerprint at the end."""

    epoch: str
    seq: int
    event: Envelope


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a person should look at. ``text`` is one sentence."""

    type: Literal["fork", "alternating", "beyond"]
    epochs: tuple[str, ...]
    text: str


_gap = msgspec.json.Decoder(Gap)
_beginning = msgspec.json.Decoder(NewEpoch)
_COPIED = "another box seems to use this pole's id: was the card copied?"


def _read(kind: str, data: bytes) -> Gap | NewEpoch | None:
    """What an event says of the books of an epoch; None for all others."""
    try:
        if kind in GAPS:
            return _gap.decode(data)
        return _beginning.decode(data) if kind in BEGINNINGS else None
    except msgspec.DecodeError as exc:
        raise BadMessage(f"a {kind.split('.')[1]} event that cannot be read: {exc}") from exc


class _Books:
    """What is known of one epoch."""

    def __init__(self) -> None:
        self.stored = Ranges()
        self.deleted = Ranges()
        self.touched = Ranges()  # numbers that came since the last watermark
        self.first = 1  # lower ones were never given
        self.said = 0  # the pole said that all up to here were given
        self.certain: int | None = None  # the pole does not know whether later ones were given


class Receiver:
    """What has come from one pole.

    A repeat is known by (epoch, seq) and dropped; the same name with another content is a conflict, and kept. A number
    below the largest that has not come is a hole: it is on its way (the backlog drains while live events pass), or a
    ``gap`` event says that the pole had to delete it.
    """

    def __init__(self, pole: str, *, blocks: int = BLOCKS) -> None:
        self.pole = pole
        self.duplicates = 0
        self.conflicted = 0
        self.conflicts: list[Conflict] = []
        self.reports: list[Report] = []
        self._books: defaultdict[str, _Books] = defaultdict(_Books)
        self._prints = Fingerprints(blocks)
        self._others: dict[tuple[str, int], set[int]] = {}  # further contents of a name
        self._successors: dict[str, str] = {}
        self._previous: dict[str, str | None] = {}
        self._online: list[str] = []  # epochs of the statuses, in the order of their first one

    def take(self, payload: bytes) -> list[Envelope]:
        """The events of this message that had not come before; raises ``BadMessage``, and then none is taken.

        A conflict is among them, under an id of its own: who stores by id keeps both.
        """
        fresh = []
        events = decode(payload)
        notes = [(event, _read(event.type, bytes(event.data))) for event in events]
        for event, note in notes:
            new = self._name(event.epoch, event.seq, fingerprint(event.type, bytes(event.data)))
            self._books[event.epoch].touched.add(event.seq, event.seq)
            if new is None:
                self.duplicates += 1
            elif new:
                fresh.append(replace(event, id=f"{event.id}~{new:016x}"))
                self.conflicted += 1
                if len(self.conflicts) < MOST_CONFLICTS:
                    self.conflicts.append(Conflict(epoch=event.epoch, seq=event.seq, event=fresh[-1]))
            else:
                fresh.append(event)
                self._note(event.epoch, event.seq, note)
        return fresh

    def recall(self, epoch: str, seq: int, kind: str, data: bytes) -> None:
        """An event that was stored before this receiver was made: after a restart, each is recalled once.

        ``kind`` is the event's ``type``, ``data`` its own as JSON, byte for byte; raises ``BadMessage`` for what cannot
        be read.
        """
        note = _read(kind, data)
        if self._name(epoch, seq, fingerprint(kind, data)) == 0:
            self._note(epoch, seq, note)

    def _name(self, epoch: str, seq: int, value: int) -> int | None:
        """0: the name is new; None: a repeat; else the fingerprint of another content than was known."""
        known = self._prints.compare(epoch, seq, value)
        if self._books[epoch].stored.add(seq, seq):
            return 0
        if known in {None, value} or value in self._others.get((epoch, seq), ()):
            return None
        if len(self._others) < MOST_CONFLICTS:
            self._others.setdefault((epoch, seq), set()).add(value)
        return value

    def _note(self, epoch: str, seq: int, note: Gap | NewEpoch | None) -> None:
        if isinstance(note, Gap):
            for first, last in note.ranges:
                self._books[note.epoch].deleted.add(first, last)
        elif note is not None:
            self._books[epoch].first = seq
            self._previous[epoch] = note.previous
            if note.previous is not None:
                self._close(note.previous, epoch, note)
        books = self._books[epoch]
        if books.certain is not None and seq >= books.certain:
            self._beyond(epoch)

    def _close(self, previous: str, epoch: str, note: NewEpoch) -> None:
        books = self._books[previous]
        known = self._successors.setdefault(previous, epoch)
        if known != epoch:
            text = f"two epochs follow {previous}: an older copy of the card was restored, or {_COPIED}"
            self._report(Report(type="fork", epochs=(previous, known, epoch), text=text))
        if note.previous_next_seq is not None:
            books.said = max(books.said, note.previous_next_seq - 1)
            if not note.complete:
                books.certain = min(note.previous_next_seq, books.certain or note.previous_next_seq)
            if books.stored.last >= note.previous_next_seq:
                books.certain = note.previous_next_seq
                self._beyond(previous)

    def _beyond(self, epoch: str) -> None:
        text = f"more of epoch {epoch} has come than the pole knows of: an older copy of the card was restored, or the "
        self._report(Report(type="beyond", epochs=(epoch,), text=f"{text}card lost what it had acknowledged"))

    def _report(self, report: Report) -> None:
        if report not in self.reports and len(self.reports) < MOST_CONFLICTS:
            self.reports.append(report)

    def take_status(self, status: Status) -> None:
        """What the retained status says of the numbers that were given, and of who gives them."""
        if status.state != "online" or not status.epoch:
            return
        if status.next_seq is not None:
            books = self._books[status.epoch]
            books.said = max(books.said, status.next_seq - 1)
        if status.epoch not in self._online:
            self._online = [*self._online[-MOST_CONFLICTS:], status.epoch]
        elif status.epoch != self._online[-1]:
            pair = tuple(sorted((status.epoch, self._online[-1])))
            self._report(Report(type="alternating", epochs=pair, text=_COPIED))
            self._online.remove(status.epoch)
            self._online.append(status.epoch)

    def epochs(self) -> tuple[str, ...]:
        return tuple(self._books)

    def _of(self, epoch: str) -> _Books:
        """To look at: what is not known is not remembered either."""
        return self._books.get(epoch) or _Books()

    def count(self, epoch: str) -> int:
        return len(self._of(epoch).stored)

    def deleted(self, epoch: str) -> tuple[tuple[int, int], ...]:
        """What the pole said it had to delete."""
        return self._of(epoch).deleted.ranges()

    def missing(self, epoch: str, last: int | None = None) -> tuple[tuple[int, int], ...]:
        """Numbers up to ``last``, or the largest known, that have neither come nor been reported as deleted."""
        books, known = self._of(epoch), Ranges()
        for ranges in (books.stored, books.deleted):
            for first, end in ranges.ranges():
                known.add(first, end)
        return known.holes(books.first, last)

    def holes(self, epoch: str) -> tuple[tuple[int, int], ...]:
        """Numbers that the pole has and that have not come. Once the backlog is drained, these are lost."""
        books = self._of(epoch)
        last = max(books.said, books.stored.last)
        return self.missing(epoch, last if books.certain is None else min(last, books.certain - 1))

    def lost(self, epoch: str) -> tuple[tuple[int, int], ...]:
        """Numbers that were given once, that have not come, and of which the pole knows nothing any more."""
        books = self._of(epoch)
        if books.certain is None:
            return ()
        missing = self.missing(epoch, max(books.said, books.stored.last))
        return tuple((max(first, books.certain), last) for first, last in missing if last >= books.certain)

    def abandoned(self) -> tuple[str, ...]:
        """Epochs from which no chain of ``previous`` leads to the one that the pole is in.

        Links of the chain may still be on their way. Once the backlog is drained, the pole knows nothing of them any
        more, and what has not come is lost: its database is gone, an older copy of the card was restored, or another
        box uses the pole's id.
        """
        epoch = self._online[-1] if self._online else next(reversed(self._books), None)
        chain = set()
        while epoch is not None and epoch not in chain:
            chain.add(epoch)
            epoch = self._previous.get(epoch)
        return tuple(epoch for epoch in self._books if epoch not in chain)

    def certain(self, epoch: str) -> int | None:
        """The first number of which the pole does not know whether it was given; None where it knows of all."""
        return self._of(epoch).certain

    def watermark(self, epoch: str) -> bytes:
        """The newest ranges, as many as one watermark holds (``ack = "platform"``)."""
        return msgspec.json.encode(Watermark(epoch=epoch, ranges=self._of(epoch).stored.ranges()[-RANGES:]))

    def watermarks(self) -> Iterator[bytes]:
        """What to publish to ``{prefix}/{pole}/ack`` once all that was taken is stored for good.

        It names what came since the last time, repeats as well: the pole may not have received the watermark.
        """
        for epoch, books in self._books.items():
            if len(books.touched):
                yield from watermarks(epoch, [each for each in books.stored.ranges() if books.touched.meets(*each)])
                books.touched = Ranges()
