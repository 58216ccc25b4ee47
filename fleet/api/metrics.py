"""``GET /metrics``: the platform itself for Prometheus. One row per metric; docs/reference/metrics.md shows them."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contract.exposition import CONTENT_TYPE, Metric, Sample, exposition
from fleet.accounts.roles import Role, Scope
from fleet.api.answer import refusal
from fleet.api.parts import PartNow, parts_now, troubles
from fleet.api.routes import WebParts
from fleet.api.who import may
from fleet.errors import FleetError
from fleet.query.metrics import StoreCounts, counts
from fleet.query.reader import reading

PREFIX = "polefleet"


class PlatformNow(msgspec.Struct, frozen=True, kw_only=True):
    """``parts`` of all processes."""

    parts: tuple[PartNow, ...]
    store: StoreCounts
    now: datetime


def metrics_route(parts: WebParts) -> Route:
    """For whom tokens of the scope ``metrics`` are made, and for people who are logged in."""

    def read() -> str:
        with reading(parts.where, parts.desk.where) as db:
            now = parts.now()
            known = PlatformNow(parts=parts_now(db, parts.health(), now), store=counts(db), now=now)
        return exposition(PREFIX, METRICS, known)

    async def metrics(request: Request) -> Response:
        try:
            await may(parts, request, Role.VIEWER, Scope.METRICS)
            page = await run_in_threadpool(read)
        except FleetError as reason:
            return refusal(reason)
        return Response(page, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE})

    return Route("/metrics", metrics)


def _part(name: str, value: Callable[[Any], float | None]) -> Callable[[PlatformNow], Iterable[Sample]]:
    """Of this process without a label, of others by cell; no sample where ``value`` is None."""

    def samples(known: PlatformNow) -> Iterable[Sample]:
        for each in known.parts:
            if each.part == name and (found := value(each.health)) is not None:
                yield _cell(each), found

    return samples


def _cell(each: PartNow) -> dict[str, str]:
    return {"cell": each.cell} if each.cell else {}


def _store(value: Callable[[StoreCounts], float]) -> Callable[[PlatformNow], Iterable[Sample]]:
    return lambda known: [({}, value(known.store))]


def _by(label: str, values: Callable[[StoreCounts], dict[str, int]]) -> Callable[[PlatformNow], Iterable[Sample]]:
    return lambda known: [({label: name}, count) for name, count in values(known.store).items()]


def _age(name: str) -> Callable[[PlatformNow], Iterable[Sample]]:
    def samples(known: PlatformNow) -> Iterable[Sample]:
        for each in known.parts:
            if each.part == "ingest" and (at := getattr(each.health, name)) is not None:
                yield _cell(each), max(0.0, (known.now - at).total_seconds())

    return samples


def _lag(known: PlatformNow) -> Iterable[Sample]:
    for each in known.parts:
        for lane, lag in each.health.lag.items() if each.part == "ingest" else ():
            labels = {"lane": lane, **_cell(each)}
            for bound, count in zip((*lag.bounds_s, "+Inf"), accumulate(lag.counts), strict=True):
                yield {**labels, "le": str(bound)}, count, "_bucket"
            yield labels, lag.sum_s, "_sum"
            yield labels, sum(lag.counts), "_count"


def _part_ages(known: PlatformNow) -> Iterable[Sample]:
    for each in known.parts:
        yield {"part": each.part, **_cell(each)}, max(0.0, (known.now - each.at).total_seconds())


def _newest_age(known: PlatformNow) -> Iterable[Sample]:
    if known.store.store.newest is not None:
        yield {}, max(0.0, (known.now - known.store.store.newest).total_seconds())


def _cell_age(known: PlatformNow) -> Iterable[Sample]:
    for cell in known.store.store.cells:
        if cell.newest is not None:
            yield {"cell": cell.cell}, max(0.0, (known.now - cell.newest).total_seconds())


def _cell_poles(known: PlatformNow) -> Iterable[Sample]:
    return [({"cell": cell.cell}, cell.poles) for cell in known.store.store.cells]


def _notice_age(known: PlatformNow) -> Iterable[Sample]:
    made = known.store.noticed
    yield {}, 0.0 if made is None else max(0.0, known.now.timestamp() - made)


def _standby_lag(known: PlatformNow) -> Iterable[Sample]:
    for standby in known.store.standbys:
        if standby.lag_bytes is not None:
            yield {"standby": standby.name}, standby.lag_bytes


def _standby_sync(known: PlatformNow) -> Iterable[Sample]:
    return [({"standby": standby.name}, standby.waited_for) for standby in known.store.standbys]


def _resident(_: PlatformNow) -> Iterable[Sample]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    yield {}, pages * resource.getpagesize()


def _cpu(_: PlatformNow) -> Iterable[Sample]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield {}, used.ru_utime + used.ru_stime


def _gauge(name: str, text: str, samples: Callable[[PlatformNow], Iterable[Sample]]) -> Metric[PlatformNow]:
    return Metric(name, "gauge", text, samples)


def _counter(name: str, text: str, samples: Callable[[PlatformNow], Iterable[Sample]]) -> Metric[PlatformNow]:
    return Metric(f"{name}_total", "counter", text, samples)


METRICS: tuple[Metric[PlatformNow], ...] = (
    _gauge("poles", "Poles by mark; new ones were never seen.", _by("mark", lambda c: c.marks)),
    _gauge("open_incidents", "Incidents that are open, by severity.", _by("severity", lambda c: c.incidents)),
    _gauge("troubles", "Parts that are not well: the pages say why.", lambda k: [({}, len(troubles(k.parts, k.now)))]),
    _gauge("part_age_seconds", "Since the process of a part said how it is; figures of it are of then.", _part_ages),
    _gauge("ingest_up", "1 while connected to the broker.", _part("ingest", lambda i: i.connected)),
    _gauge("ingest_well", "1 while nothing is wrong with broker or store.", _part("ingest", lambda i: not i.text)),
    Metric("lag_seconds", "histogram", "From the time of the newest event of a segment to the commit.", _lag),
    _gauge("waiting_messages", "Messages that wait for a commit.", _part("ingest", lambda i: i.waiting_messages)),
    _gauge("waiting_bytes", "Bytes of them.", _part("ingest", lambda i: i.waiting_bytes)),
    _gauge("commit_age_seconds", "Since the newest commit.", _age("committed")),
    _gauge("watermark_age_seconds", "Since the broker took the newest watermark.", _age("watermark")),
    _gauge("message_age_seconds", "Since the newest message of any pole, restarts included.", _newest_age),
    _counter("messages", "Messages that came.", _part("ingest", lambda i: i.messages)),
    _counter("message_bytes", "Bytes of messages that were committed.", _part("ingest", lambda i: i.bytes)),
    _counter("events", "Events that were new.", _part("ingest", lambda i: i.events)),
    _counter("repeated_events", "Events that were stored already.", _part("ingest", lambda i: i.repeated)),
    _counter("conflicts", "Second contents under a known name.", _part("ingest", lambda i: i.conflicts)),
    _counter("refused_messages", "Messages for the quarantine.", _part("ingest", lambda i: i.refused)),
    _counter("over_messages", "Messages past the daily bound of their pole.", _part("ingest", lambda i: i.over)),
    _counter("elsewhere_messages", "Messages of poles that another cell owns.", _part("ingest", lambda i: i.elsewhere)),
    _counter("dropped_messages", "Messages that found the queue full.", _part("ingest", lambda i: i.dropped)),
    _counter("commits", "Groups that were committed.", _part("ingest", lambda i: i.commits)),
    _counter("segments", "Segments that were made, restarts included.", _store(lambda c: c.store.segments)),
    _gauge("stored_conflicts", "Conflicts that are kept.", _store(lambda c: c.store.conflicts)),
    _gauge("quarantined_messages", "Messages in the quarantine.", _store(lambda c: c.quarantined)),
    _gauge(
        "missing_events",
        "Numbered by poles, and neither stored nor reported as deleted: under way, waiting, or lost.",
        _store(lambda c: c.missing),
    ),
    _gauge("store_bytes", "Size of the database.", _store(lambda c: c.store.bytes)),
    _gauge("store_free_bytes", "Free inside it, to be used again.", _store(lambda c: c.store.free_bytes)),
    _gauge("cell_commit_age_seconds", "Since the newest commit of a cell, by the database.", _cell_age),
    _gauge("cell_poles", "Poles that a cell has.", _cell_poles),
    _gauge("standby_lag_bytes", "Log that a standby of PostgreSQL has not replayed.", _standby_lag),
    _gauge("standby_synchronous", "1 where commits wait for this standby.", _standby_sync),
    _counter("broker_starts", "Times the broker was started.", _part("broker", lambda b: b.starts)),
    _counter("notifications", "Notifications sent.", _part("notifications", lambda n: n.sent)),
    _counter("notification_failures", "Tries that failed.", _part("notifications", lambda n: n.failures)),
    _counter(
        "notifications_given_up",
        "Notices given up after a day, or with their channel.",
        _part("notifications", lambda n: n.given_up),
    ),
    _gauge("notices_waiting", "Notices that wait to be sent.", _store(lambda c: c.notices)),
    _gauge("notice_age_seconds", "Since the oldest of them was made; 0 where none waits.", _notice_age),
    _gauge("resident_memory_bytes", "Memory of this process.", _resident),
    _counter("cpu_seconds", "Processor time of this process.", _cpu),
)
