"""What changes, as server-sent events: a page that comes back goes on where it was (Last-Event-ID)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping

import msgspec
from starlette.concurrency import run_in_threadpool

from fleet.query.poles import MARKS, Mark, marks_of
from fleet.query.reader import reading
from fleet.store.server import Where

LOOK_S = 1.0
QUIET_S = 15.0
"""After so long without a change a comment is sent, so that a dead connection is noticed."""
KEPT = 600
"""Changes that a page may have missed; one that missed more loads anew."""
SHARE = 0.1
"""Of the time, at most, is spent looking."""


class MarksChanged(msgspec.Struct, frozen=True, kw_only=True):
    """New marks: pole -> its mark; null: it is gone. ``count`` has how many poles there are of each mark."""

    marks: dict[str, str | None]
    count: dict[str, int]


class Live:
    """Looks at the store only while somebody listens, once for all who do."""

    def __init__(self, where: Where, desk: Where) -> None:
        self._files = (where, desk)
        self._run = secrets.token_hex(4)
        self._number = 0
        self._known: Mapping[str, Mark] | None = None
        self._changes: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._turn = asyncio.Lock()
        self._next = 0.0

    async def events(self, last: str = "") -> AsyncIterator[bytes]:
        """Server-sent events from after the one with the id ``last`` on; for ever."""
        await self._look()
        number = self._from(last)
        if number is None:
            number = self._number
            yield f"id: {self._run}-{number}\nevent: {'reset' if last else 'hello'}\ndata: {{}}\n\n".encode()
        quiet = time.monotonic()
        while True:
            for each, data in [change for change in self._changes if change[0] > number]:
                yield b"id: %s-%d\nevent: marks\ndata: %s\n\n" % (self._run.encode(), each, data)
                number, quiet = each, time.monotonic()
            if time.monotonic() > quiet + QUIET_S:
                quiet = time.monotonic()
                yield b": still here\n\n"
            await asyncio.sleep(LOOK_S)
            await self._look()

    def _from(self, last: str) -> int | None:
        """The number to go on from; None where what came after it is not known any more."""
        run, _, text = last.partition("-")
        if run != self._run or not text.isdecimal():
            return None
        number = int(text)
        oldest = self._changes[0][0] if self._changes else self._number + 1
        return number if oldest - 1 <= number <= self._number else None

    async def _look(self) -> None:
        async with self._turn:
            begun = time.monotonic()
            if begun < self._next:
                return
            found = await run_in_threadpool(self._read)
            took = time.monotonic() - begun
            self._next = begun + max(LOOK_S / 2, took / SHARE)
            if self._known is not None:
                new: dict[str, str | None] = {
                    pole: mark for pole, mark in found.items() if self._known.get(pole) != mark
                }
                new |= dict.fromkeys(self._known.keys() - found.keys())
                if new:
                    self._number += 1
                    count: dict[str, int] = dict.fromkeys(MARKS, 0)
                    for mark in found.values():
                        count[mark] += 1
                    change = MarksChanged(marks=new, count=count)
                    self._changes.append((self._number, msgspec.json.encode(change)))
            self._known = found

    def _read(self) -> Mapping[str, Mark]:
        with reading(*self._files) as db:
            return marks_of(db)
