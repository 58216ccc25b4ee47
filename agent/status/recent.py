"""The newest events in memory, for ``poleagent events``: also those that the platform has long got."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec

from contract.requests import MOST_EVENTS, EventLine, EventsArgs, EventsResult
from contract.types import Event, Lane, Row


class Recent:
    """The last ``MOST_EVENTS`` events but for raw samples, which ``poleagent readings`` shows; older ones fall out."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Event | Row]] = deque(maxlen=MOST_EVENTS)
        self._count = 0
        self._news = asyncio.Event()

    def add(self, events: Iterable[Event]) -> None:
        """Never waits."""
        for event in events:
            if event.lane is not Lane.RAW:
                self._count += 1
                self._kept.append((self._count, event))
        self._news.set()
        self._news = asyncio.Event()

    def earlier(self, rows: Iterable[Row]) -> None:
        """What earlier runs left in the store, oldest first; the first call."""
        for row in rows:
            self._count += 1
            self._kept.append((self._count, row))

    def sources(self) -> set[str]:
        """Who the events are of."""
        return {event.source for _, event in self._kept}

    async def answer(self, args: EventsArgs) -> EventsResult:
        """Answers the question ``events``."""
        lines = self._after(args)
        if args.after is not None and not lines and args.wait_s:
            try:
                async with asyncio.timeout(args.wait_s):
                    while not lines:
                        await self._news.wait()
                        lines = self._after(args)
            except TimeoutError:
                pass
        return EventsResult(events=tuple(lines), cursor=self._count)

    def _after(self, args: EventsArgs) -> list[EventLine]:
        after = 0 if args.after is None or args.after > self._count else args.after  # past the end: we were restarted
        lines = [
            _line(number, event)
            for number, event in self._kept
            if number > after
            and (args.source is None or event.source == args.source)
            and (args.kind is None or _kind(event) == args.kind)
        ]
        return lines if args.after is not None else lines[-args.last :]


def _kind(event: Event | Row) -> str:
    return event.kind if isinstance(event, Row) else event.body.kind


def _line(number: int, event: Event | Row) -> EventLine:
    return EventLine(
        cursor=number,
        at=event.at,
        lane=event.lane.name.lower(),
        kind=_kind(event),
        source=event.source,
        body=msgspec.Raw(event.body if isinstance(event, Row) else msgspec.json.encode(event.body)),
    )
