"""The open episodes of a pole, gathered from the events themselves: status says what was reported to the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from agent.system.clock import corrected
from contract.events import KINDS, EndReason, Episode, Severity, WaterLevel, episode_id
from contract.health import OpenEpisode
from contract.types import Event, Lane, Stamp

MOST_OPEN = 500
"""More are not kept; a pole with so many has another trouble than the next one."""
_URGENCY: dict[Severity, int] = {"alarm": 0, "warning": 1, "info": 2}


class _Begun(msgspec.Struct, frozen=True, array_like=True):
    """A begin as the store keeps it."""

    source: str
    lane: int
    at: Stamp
    kind: str
    body: bytes


class Episodes:
    """What has begun and not ended; at most ``MOST_OPEN``.

    ``kept`` is what ``state`` gave in an earlier run: of that, ``left`` are the begins that nobody has ended.
    """

    def __init__(self, kept: bytes = b"") -> None:
        self._open: dict[str, Event] = {}
        self.left = tuple(_begins(kept))
        self._changed = bool(self.left)  # once they are ended, nothing of them is kept

    def take(self, events: Iterable[Event]) -> None:
        """Events as they go to the store."""
        for event in events:
            if isinstance(event.body, Episode):
                self._note(event.body.id, event, begun=event.body.phase == "begin")
            elif isinstance(event.body, WaterLevel):
                key = episode_id(event.source, WaterLevel.kind, event.body.gauge)
                self._note(key, event, begun=event.body.state == "flooded")

    def _note(self, key: str, event: Event, *, begun: bool) -> None:
        if begun and (key in self._open or len(self._open) < MOST_OPEN):
            self._open.setdefault(key, event)
            self._changed = True
        elif not begun and self._open.pop(key, None) is not None:
            self._changed = True

    def open(self, now: Stamp) -> tuple[OpenEpisode, ...]:
        """The most urgent first, among those the one that has lasted longest; times of before the clock was set are
        corrected once it is.
        """
        found = [_shown(key, event, now) for key, event in self._open.items()]
        return tuple(sorted(found, key=lambda one: (_URGENCY[one.severity], one.since, one.id)))

    def ends(self, now: Stamp, reason: EndReason, of: Callable[[str], bool] = lambda _: True) -> list[Event]:
        """The ends of all open episodes whose source is one that ``of`` names, for ``take`` as well."""
        return ends([event for event in self._open.values() if of(event.source)], now, reason)

    def state(self) -> bytes | None:
        """For the store; None where nothing has changed since the last call."""
        if not self._changed:
            return None
        self._changed = False
        return msgspec.msgpack.encode(
            [
                _Begun(event.source, int(event.lane), event.at, event.body.kind, msgspec.json.encode(event.body))
                for event in self._open.values()
                if isinstance(event.body, Episode)
            ]
        )


def ends(begun: Iterable[Event], now: Stamp, reason: EndReason) -> list[Event]:
    """The end of each episode of ``begun``: the same id and since, and the reason."""
    return [
        replace(event, at=now, body=replace(event.body, phase="end", reason=reason))
        for event in begun
        if isinstance(event.body, Episode)
    ]


def _begins(kept: bytes) -> Iterable[Event]:
    """What cannot be read is left out: it was written by another version, or is damaged."""
    try:
        rows = msgspec.msgpack.decode(kept, type=list[_Begun]) if kept else []
        for row in rows:
            body = msgspec.json.decode(row.body, type=KINDS[row.kind].body)
            yield Event(source=row.source, at=row.at, body=body, lane=Lane(row.lane))
    except (msgspec.DecodeError, KeyError, ValueError):
        return


def _shown(key: str, event: Event, now: Stamp) -> OpenEpisode:
    body: Any = event.body
    kind = KINDS[body.kind]
    since = getattr(body, "since", event.at.utc)
    if now.synced and not event.at.synced:
        since += corrected(event.at, now).utc - event.at.utc
    return OpenEpisode(
        id=key,
        kind=body.kind,
        type=getattr(body, "type", ""),
        source=event.source,
        quantity=getattr(body, "quantity", ""),
        severity=getattr(body, "severity", kind.severity),
        since=since,
        text=kind.says(body),
    )
