"""Link, queue, clock and box as rows of one sentence each, for the terminal's table and the page."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agent.spoken import spoken
from agent.status import sentences as say
from agent.status.words import day, local, since_s, size
from contract.health import LaneHealth, PoleStatus
from contract.words import Language, Sentence, span


class StatusRow(msgspec.Struct, frozen=True):
    """``state`` is one of ``sentences.STATES``, ``set``, ``not_set``, or empty."""

    state: str
    text: str


def word(state: str, language: Language) -> str:
    """A state in the middle of a sentence."""
    return state if language == "en" else say.STATES.get(state, Sentence(state, state)).said(language)


def link_rows(status: PoleStatus, language: Language) -> Iterator[StatusRow]:
    """The link, then its certificates."""
    uplink = status.uplink
    if uplink is None:
        yield StatusRow("off", say.NO_UPLINK.said(language))
        return
    now = status.clock.now.utc
    security = say.PLAIN_TEXT.said(language) if uplink.plain_text else "TLS"
    why = spoken(uplink.protocol_why, language)
    how = say.COMMA.said(language).join(filter(None, (uplink.protocol, why, security)))
    since = span(since_s(status, uplink.since))
    text = say.LINK.said(language, broker=uplink.broker, how=how, state=word(uplink.state, language), span=since)
    if uplink.last_acknowledged is not None:
        text += say.ACKNOWLEDGED.said(language, span=span(since_s(status, uplink.last_acknowledged)))
    yield StatusRow(uplink.state, text)
    for one in status.certificates:
        if one.not_after is not None:
            role = say.ROLES[one.role].said(language)
            left = (one.not_after - now).days
            text = say.VALID.said(language, role=role, until=day(one.not_after, language), days=left)
            renewal = spoken(one.renewal, language)
            yield StatusRow("", say.RENEWAL.said(language, text=text, renewal=renewal) if renewal else text)


def queue_rows(status: PoleStatus, language: Language) -> Iterator[StatusRow]:
    """What waits, then what it takes of the disk and what was lost."""
    store = status.store
    lanes = say.COMMA.said(language).join(_lane(status, name, lane, language) for name, lane in store.lanes.items())
    total = sum(lane.unsent for lane in store.lanes.values()) + store.waiting
    yield StatusRow(store.state, say.TO_SEND.said(language, count=total, lanes=lanes))
    lost = (say.LOST if store.evicted else say.NOTHING_LOST).said(language, count=store.evicted)
    used, most = size(store.bytes), size(store.max_bytes)
    yield StatusRow("", say.DELIVERED.said(language, used=used, most=most, count=store.acknowledged) + lost)


def clock_row(status: PoleStatus, language: Language) -> StatusRow:
    now, steps = status.clock.now, status.clock.steps
    jumps = say.JUMPS.said(language, count=steps) if steps else ""
    return StatusRow("set" if now.synced else "not_set", local(now.utc, language) + jumps)


def box_row(status: PoleStatus, language: Language) -> StatusRow:
    box = status.box
    free, whole, ram = size(box.disk_free_bytes), size(box.disk_bytes), size(box.resident_bytes)
    return StatusRow("", say.BOX.said(language, free=free, whole=whole, ram=ram, revision=status.revision))


def _lane(status: PoleStatus, name: str, lane: LaneHealth, language: Language) -> str:
    said = say.LANES[name].said(language)
    if lane.oldest_utc is None or not lane.unsent:
        return f"{said} {lane.unsent}"
    age = (status.clock.now.utc - lane.oldest_utc).total_seconds()
    return say.OLDEST.said(language, lane=said, count=lane.unsent, span=span(age))
