"""Which opening of the database gave a number, and what can be said of the openings before it.

A new random epoch begins each time that the file is opened, so (epoch, seq) is given once, whatever was done to the
file meanwhile: restored, copied to a second box, robbed of its log, or never written by a card that said so. Its first
event closes the books of the epoch before; what else is known only makes the report better.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator
from secrets import token_hex

import msgspec

from agent.store import sentences as say
from agent.store.marker import EPOCHS, Marker
from agent.store.rows import SEQ_MASK
from agent.store.trouble import Broken
from contract.events import Gap, NewEpoch
from contract.types import CONTRACT

_DELETE_EMPTY = """
DELETE FROM epoch WHERE first < (SELECT max(first) FROM epoch) AND NOT EXISTS (
    SELECT 1 FROM (SELECT 0 AS lane UNION SELECT 1 UNION SELECT 2 UNION SELECT 3) JOIN event
    ON event.key >= (lane << 48) + epoch.first
    AND event.key < (lane << 48) + (SELECT min(later.first) FROM epoch AS later WHERE later.first > epoch.first)
)
"""
"""Epochs of which no row is left; ``lane << 48`` as in the keys."""


class Epoch(msgspec.Struct, frozen=True):
    """A row of the table ``epoch``."""

    first: int
    name: str
    pole: str
    contract: int


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """How a new file came to take the place of a broken one. ``whole``: the outbox of the old one could be read.

    ``lost``: epochs of which nothing but the name could be carried over.
    """

    reason: str
    carried: int = 0
    whole: bool = True
    lost: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What this process knows of its last opening: its epoch, and the last number that was committed for certain.

    ``last`` is less than ``first`` where not even the beginning was; ``before`` is what it said of the epoch before it.
    """

    epoch: str
    first: int
    last: int
    before: bool


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Who opens the database and why, with the evidence from outside of it."""

    pole: str = ""
    box: str = ""
    why: str = say.AGENT_STARTED()
    known: Known | None = None
    marker: Marker | None = None


class Epochs:
    """The epochs of one file. ``name`` is the one of this opening, ``previous`` the one before."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Raises ``Broken`` for values that nobody wrote."""
        self._db = connection
        self.name = token_hex(8)
        self.first = 0
        """The first number of this epoch, once it has begun."""
        self._all = _read(connection)
        self.by_name = {epoch.name: epoch for epoch in self._all}
        record = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        self.previous: str | None = record[0].decode() if record else None
        if self._all and self.previous not in self.by_name:
            raise Broken(say.DATABASE_CONTRADICTS_ITSELF_DOES())
        story = connection.execute("SELECT value FROM meta WHERE name = 'story'").fetchone()
        self._story = msgspec.json.decode(story[0], type=Story) if story else None
        self._reported: dict[str, str] = {}

    @property
    def salvaged(self) -> bool:
        """Whether this file holds what could be read of broken ones: two rows may have one number."""
        return self._story is not None

    def at(self, seq: int) -> str:
        """The name of the epoch that gave ``seq``."""
        index = bisect_right(self._all, seq, key=lambda epoch: epoch.first) - 1
        return self._all[index].name if index >= 0 else self.name

    def marker(self, opening: Opening) -> Marker:
        """What lies next to the file names who has it open, and lost epochs while an event here says so."""
        names = tuple(epoch.name for epoch in self._all[-EPOCHS:])
        reported = tuple((name, reporter) for name, reporter in self._reported.items() if reporter in self.by_name)
        return Marker(epochs=names, pole=opening.pole, box=opening.box, reported=reported[-(EPOCHS // 2) :])

    def settle(self, known: Known | None, *, clean: bool) -> bool:
        """Inside the caller's transaction: an epoch whose beginning was never certain did not begin.

        Whether the books of ``previous`` are complete; ``clean`` is what the file says of that.
        """
        if known is None or known.epoch != self.previous:
            return clean or self.previous is None
        if known.last >= known.first:
            return True
        self._db.execute("DELETE FROM epoch WHERE name = ?", (known.epoch,))
        self._all.remove(self.by_name.pop(known.epoch))
        self.previous = self._all[-1].name if self._all else None
        return known.before

    def begin(self, first: int, opening: Opening, *, complete: bool) -> list[NewEpoch | Gap]:
        """Make this epoch the newest, inside the caller's transaction; the events to write, ``first`` on."""
        bodies = list(self._closing(first - 1, opening, complete=complete))
        self.first = first
        mine = Epoch(first, self.name, opening.pole, CONTRACT)
        self._db.execute("INSERT OR REPLACE INTO epoch VALUES (?, ?, ?, ?)", msgspec.structs.astuple(mine))
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (self.name,))
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 0)")
        self._db.execute("DELETE FROM meta WHERE name = 'story'")
        self._db.execute(_DELETE_EMPTY)
        self._all = _read(self._db)
        self.by_name = {epoch.name: epoch for epoch in self._all}
        return bodies

    def _closing(self, last: int, opening: Opening, *, complete: bool) -> Iterator[NewEpoch | Gap]:
        known, story = opening.known, self._story
        there = last
        if known is not None and known.epoch == self.previous:
            last = known.last
        yield NewEpoch(
            previous=self.previous,
            previous_next_seq=None if self.previous is None else last + 1,
            complete=complete,
            reason="; ".join([story.reason if story else opening.why, *self._evidence(opening)]),
            carried=story.carried if story else 0,
        )
        if self.previous is not None and there < last:
            yield _lost(self.previous, there + 1, last, say.DISK_DOES_NOT_WHAT())
        if story is not None and not story.whole:
            yield from self._damaged(last)
        missing = dict.fromkeys(story.lost if story else (), SEQ_MASK)
        if opening.marker is not None:
            missing |= dict.fromkeys(opening.marker.epochs, SEQ_MASK)
            self._reported = dict(opening.marker.reported)
            missing |= {name: SEQ_MASK for name, reporter in self._reported.items() if reporter not in self.by_name}
        missing |= {} if known is None else {known.epoch: known.last}
        for name, until in missing.items():
            if name not in self.by_name and until:
                self._reported[name] = self.name
                yield _lost(name, 1, until, say.DATABASE_GAVE_THESE_NUMBERS())

    def _damaged(self, last: int) -> Iterator[Gap]:
        """For each epoch of a damaged file: what has not come of it is lost. Where it began is not certain either."""
        ends = [*(epoch.first - 1 for epoch in self._all[1:]), last]
        for epoch, end in zip(self._all, ends, strict=False):  # none at all where nothing could be read
            if end >= epoch.first:
                yield _lost(epoch.name, 1, end, say.FILE_DAMAGED())

    def _evidence(self, opening: Opening) -> Iterator[str]:
        """What else a person should know, as parts of a sentence."""
        marker = opening.marker
        if marker is None:
            return
        if marker.box != opening.box:
            yield say.CARD_OR_COPY_ANOTHER()
        if marker.pole != opening.pole:
            yield say.POLES_ID_BEFORE(pole=marker.pole)
        if marker.epochs and marker.epochs[-1] not in self.by_name:
            yield say.FILE_OLDER_THAN_LAST()


def _read(connection: sqlite3.Connection) -> list[Epoch]:
    found = connection.execute("SELECT first, name, pole, contract FROM epoch ORDER BY first").fetchall()
    return [Epoch(int(first), name.decode(), pole.decode(), int(each)) for first, name, pole, each in found]


def _lost(epoch: str, first: int, last: int, why: str) -> Gap:
    return Gap(
        epoch=epoch,
        deleted_lane="any",
        ranges=((first, last),),
        count=0,
        reason="unreadable",
        text=say.WHAT_NOT_COME_EPOCH(why=why),
    )
