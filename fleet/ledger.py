"""What one message of a pole adds to the platform; pure.

The archive is the bytes that the pole sent. What a message adds is known by its names: numbers of an epoch that have
not come before. Of a message that was cut differently when it was sent again, only the new events are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from contract.envelope import Envelope, squeeze
from contract.fingerprints import fingerprint
from contract.ranges import Ranges
from contract.receive import BadMessage, decode

OLDEST = timedelta(days=366)
"""An event that is older than this when it comes is kept, and does not touch the newest values and the hours."""
LONGEST_EPOCH = 64
LARGEST_SEQ = 2**53
"""What every JSON reader keeps exactly (RFC 8259, 6); a pole that numbers 1,000 events a second needs 285,000 years."""
AHEAD = timedelta(minutes=10)
"""The same of an event whose time lies further in the future."""
MOST_KINDS, LONGEST_KINDS = 32, 500
"""Kinds that are listed of one segment, and their characters."""


class Foreign(ValueError):
    """A message holds events of another pole than the one on whose topic it came; ``str()`` says which."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the archive: events of one epoch as the pole sent them. ``numbers`` are their seqs, ascending.

    ``synced``: the pole's clock had been set for all of them. ``kinds`` as ``kinds_of`` gives them.
    """

    pole: str
    epoch: str
    lane: str
    numbers: tuple[int, ...]
    begin: datetime
    end: datetime
    synced: bool
    kinds: str
    body: bytes


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """What one message adds: new events with their segments, other contents under known names, repeats.

    ``mended`` events were stored before, in a segment that cannot be read any more: they are in ``segments`` alone.
    """

    events: tuple[Envelope, ...]
    segments: tuple[Segment, ...]
    conflicts: tuple[Envelope, ...] = ()
    repeated: int = 0
    mended: int = 0
    named: dict[str, tuple[tuple[int, int], ...]]
    """Every number of the message by epoch: what the watermark may confirm once all is committed."""


def take(
    pole: str,
    payload: bytes,
    coverage: Callable[[str], Ranges],
    stored: Callable[[str, int], Iterable[int] | None],
) -> Addition:
    """The additions of ``payload``, which came on a topic of ``pole``.

    ``coverage(epoch)`` has the numbers that are stored; new ones are added to it. ``stored(epoch, seq)`` gives the
    fingerprints of the contents that are stored under a name, None where they cannot be read any more, and is asked for
    repeats only. Raises ``BadMessage`` for what is no message, ``Foreign`` for events of another pole, and what
    ``coverage`` and ``stored`` raise; then nothing was added.
    """
    events = decode(payload)
    _check_owner(pole, events)
    numbers: dict[str, list[int]] = {}
    for event in events:
        numbers.setdefault(event.epoch, []).append(event.seq)
    for epoch, seqs in numbers.items():
        if not 0 < len(epoch) <= LONGEST_EPOCH or max(seqs) > LARGEST_SEQ:
            raise BadMessage(f"no name of an event: epoch {epoch[:100]!r}, seq {max(seqs)}")
        coverage(epoch)  # raises before anything is added to another one
    named = {epoch: tuple(runs(sorted(seqs))) for epoch, seqs in numbers.items()}
    if _all_new(numbers, named, coverage):
        for epoch, ranges in named.items():
            for first, last in ranges:
                coverage(epoch).add(first, last)
        return Addition(events=tuple(events), segments=tuple(_segments(pole, events, payload)), named=named)
    fresh, kept, conflicts = _sift(events, coverage, stored)
    for event in fresh:
        coverage(event.epoch).add(event.seq, event.seq)
    return Addition(
        events=tuple(fresh),
        segments=tuple(_segments(pole, kept, None)),
        conflicts=tuple(conflicts),
        repeated=len(events) - len(kept) - len(conflicts),
        mended=len(kept) - len(fresh),
        named=named,
    )


def _sift(
    events: Iterable[Envelope],
    coverage: Callable[[str], Ranges],
    stored: Callable[[str, int], Iterable[int] | None],
) -> tuple[list[Envelope], list[Envelope], list[Envelope]]:
    """New events; these and those whose stored content is lost; other contents under known names."""
    kept: dict[tuple[str, int], Envelope] = {}
    fresh: list[Envelope] = []
    conflicts: list[Envelope] = []
    for event in events:
        name = (event.epoch, event.seq)
        if name in kept:
            known: tuple[int, ...] = (_print(kept[name]),)
        elif event.seq not in coverage(event.epoch):
            kept[name] = event
            fresh.append(event)
            continue
        elif (found := stored(*name)) is None:
            kept[name] = event
            continue
        else:
            known = tuple(found)
        if known and _print(event) not in known:  # nothing is known of what retention has deleted
            conflicts.append(event)
    return fresh, list(kept.values()), conflicts


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as inclusive ranges; repeats count once."""
    if not numbers:
        return
    first = last = numbers[0]
    for number in numbers:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _all_new(
    numbers: dict[str, list[int]], named: dict[str, tuple[tuple[int, int], ...]], coverage: Callable[[str], Ranges]
) -> bool:
    for epoch, ranges in named.items():
        if sum(last - first + 1 for first, last in ranges) != len(numbers[epoch]):
            return False  # a number stands in it twice
        covered = coverage(epoch)
        if any(covered.meets(first, last) for first, last in ranges):
            return False
    return True


def _print(event: Envelope) -> int:
    return fingerprint(event.type, bytes(event.data))


def _check_owner(pole: str, events: Iterable[Envelope]) -> None:
    own = f"{pole}/"
    for event in events:
        if not event.source.startswith(own) or event.id != f"{own}{event.epoch}/{event.seq}":
            raise Foreign(f"event {event.id} of {event.source} came on a topic of {pole}")


def _segments(pole: str, events: Sequence[Envelope], payload: bytes | None) -> Iterator[Segment]:
    """One segment an epoch; the bytes of the message themselves where it has one epoch and all of it is new."""
    by_epoch: dict[str, list[Envelope]] = {}
    for event in events:
        by_epoch.setdefault(event.epoch, []).append(event)
    for epoch, group in by_epoch.items():
        times = [event.time for event in group]
        whole = payload is not None and len(by_epoch) == 1
        yield Segment(
            pole=pole,
            epoch=epoch,
            lane=group[0].lane,
            numbers=tuple(sorted(event.seq for event in group)),
            begin=min(times),
            end=max(times),
            synced={event.timequality for event in group} == {"synced"},
            kinds=kinds_of(group),
            body=payload if whole and payload is not None else squeeze(msgspec.json.encode(group)),
        )


def kinds_of(events: Iterable[Envelope]) -> str:
    """The kinds of events, each once, with spaces between; empty where they are more or longer than any pole's."""
    types = {event.type for event in events}
    kinds = " ".join(sorted(type_.split(".")[1] if type_.count(".") == 2 else "" for type_ in types))
    return kinds if len(types) <= MOST_KINDS and len(kinds) <= LONGEST_KINDS and kinds.isascii() else ""


def trusted(event: Envelope, received: datetime) -> bool:
    """Whether the event's own time is to be believed: the clock had been set, and it is no time that cannot be."""
    return event.timequality == "synced" and received - OLDEST < event.time < received + AHEAD


def body_of(event: Envelope, type_: type[Any]) -> Any:
    """The body of an event as ``type_``; None where it is not one (a pole of another version)."""
    try:
        return msgspec.json.decode(event.data, type=type_)
    except msgspec.DecodeError:
        return None
