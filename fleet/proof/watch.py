"""The platform checks each seal once all events that it covers have come; apart from the ingest, never in its way."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Never

import msgspec
from cryptography import x509
from msgspec.structs import replace

from contract.events import SealHead
from fleet.errors import FleetError
from fleet.proof.book import Name, SealBook
from fleet.proof.evidence import PoleEvidence
from fleet.proof.judge import PoleProof, corrections, judge
from fleet.proof.keys import SealKeys, certificates
from fleet.proof.sealed import hashes_of
from fleet.query.reader import reading
from fleet.store.database import Database
from fleet.store.server import Server, Where

EVERY_S = 900.0
LONGEST_S = 3600.0
WAITS = timedelta(days=40)
"""So long a seal waits for its events, as long as a pole keeps a backlog; then they count as missing."""
_OF_SEALS = "instr(' ' || kinds || ' ', ' seal ') > 0"
MOST_SEALS = 400
"""The newest segments with seals of a pole, which are searched for hashes of deleted events. Older ones that come in
one round are not checked, and are said to be unproven."""
_AGAIN = "polefleet verify checks them again"
_NOT_HELD = "the platform does not hold this seal any more: what it covers cannot be proven"
OVERLAP = 10_000
"""Segments that are looked at again: of several ingests one may commit a lower number later."""
log = logging.getLogger(__name__)


class SealWatch:
    """``run`` ends by cancellation only."""

    def __init__(self, where: Where, ca: Path, book: SealBook, now: Callable[[], datetime]) -> None:
        self._where = where
        self._ca = ca
        self._book = book
        self._now = now
        self._said = ""

    async def run(self) -> Never:
        while True:
            try:
                await asyncio.to_thread(self.round)
                self._said = ""
            except (sqlite3.Error, FleetError) as reason:
                if str(reason) != self._said:
                    self._said = str(reason)
                    log.warning("seals cannot be checked: %s; it is tried again", reason)
            await asyncio.sleep(EVERY_S)

    def round(self) -> None:
        """Looks at seals that have come since, and at those that wait."""
        try:
            anchors = certificates(self._ca.read_bytes()) if self._ca.exists() else []
        except (OSError, ValueError) as reason:
            raise FleetError(f"{self._ca} cannot be read: {reason}") from reason
        with reading(self._where, longest_s=LONGEST_S) as db:
            after, waiting = self._book.after(), self._book.waiting()
            after = max(0, after - OVERLAP) if isinstance(self._where, Server) else after
            (newest,) = db.execute("SELECT max(id) FROM segment").fetchone()
            query = f"SELECT DISTINCT pole FROM segment WHERE id > ? AND id <= ? AND {_OF_SEALS}"  # noqa: S608  our own words
            poles = [pole for (pole,) in db.execute(query, (after, newest or 0)).fetchall()]
            for pole in dict.fromkeys((*poles, *waiting)):
                try:
                    self._look(db, pole, (after, newest or 0), waiting.get(pole, {}), anchors)
                except (sqlite3.Error, FleetError):
                    raise
                except Exception as reason:  # whatever a pole has sealed, the other poles go on
                    log.exception("the seals of %s cannot be checked", pole)
                    text = f"seals of this pole could not be checked ({type(reason).__name__}); {_AGAIN}"
                    self._book.doubt(pole, text, self._now().timestamp())
            self._book.looked(newest or after)

    def _look(
        self,
        db: Database,
        pole: str,
        between: tuple[int, int],
        waiting: dict[Name, float],
        anchors: list[x509.Certificate],
    ) -> None:
        now = self._now().timestamp()
        every, fresh, older = _seals(db, pole, between, waiting)
        if older:
            text = f"{older} messages with seals are older than the newest {MOST_SEALS}, which are checked; {_AGAIN}"
            self._book.doubt(pole, text, now)
        names = dict.fromkeys((seal.epoch, seal.seq) for seal in fresh.seals) | dict.fromkeys(waiting)
        issued = [pem for (pem,) in db.execute("SELECT pem FROM certificate WHERE pole = ?", (pole,)).fetchall()]
        keys = SealKeys(anchors, [each for pem in issued for each in certificates(pem.encode())])
        known = corrections(every, keys) if names else set()
        for name in names:
            seals = [seal for seal in every.seals if (seal.epoch, seal.seq) == name]
            if not seals:
                self._book.doubt(pole, _NOT_HELD, now, name)
                continue
            one = PoleEvidence(pole)
            for body in _covered(db, pole, [seal.body.head for seal in seals]):
                one.take(body)
            one.seals = seals
            for seal in every.seals:
                one.hashes_of(seal.body)
            proof = _reasons(db, judge(one, keys, whole=False, known=known))
            kinds = {finding.what for finding in proof.findings}
            since = waiting.get(name, now)
            if kinds and kinds <= {"missing", "unproven"} and now - since < WAITS.total_seconds():
                self._book.take(proof, {name: since}, (), now)
            else:
                self._book.take(proof, {}, (name,), now)


def _reasons(db: Database, proof: PoleProof) -> PoleProof:
    """Missing events that had come are named so: they are not the pole's fault."""
    query = "SELECT 1 FROM coverage WHERE pole = ? AND epoch = ? AND first <= ? AND last >= ?"
    text = "the platform received these events and does not hold them any more: retention, an erasure, or a deletion"
    findings = tuple(
        replace(each, text=text)
        if each.what == "missing" and db.execute(query, (proof.pole, each.epoch, each.first, each.last)).fetchone()
        else each
        for each in proof.findings
    )
    return replace(proof, findings=findings)


def _seals(
    db: Database, pole: str, between: tuple[int, int], waiting: Iterable[Name]
) -> tuple[PoleEvidence, PoleEvidence, int]:
    """The newest segments with seals and those with one that waits; the new ones; how many new ones are left out."""
    query = f"SELECT id, body FROM segment WHERE pole = ? AND {_OF_SEALS} ORDER BY id DESC LIMIT ?"  # noqa: S608  our own words
    rows = db.execute(query, (pole, MOST_SEALS)).fetchall()
    every, fresh, new = PoleEvidence(pole), PoleEvidence(pole), 0
    for number, body in rows:
        every.take(body)
        if between[0] < number <= between[1]:
            fresh.take(body)
            new += 1
    for name in waiting:
        if all((seal.epoch, seal.seq) != name for seal in every.seals):
            for body in _named(db, pole, name):
                every.take(body)
    return every, fresh, _count(db, pole, between) - new


def _count(db: Database, pole: str, between: tuple[int, int]) -> int:
    """Segments with seals among these."""
    query = f"SELECT count(*) FROM segment WHERE pole = ? AND id > ? AND id <= ? AND {_OF_SEALS}"  # noqa: S608  our own words
    (count,) = db.execute(query, (pole, *between)).fetchone()
    return int(count)


def _named(db: Database, pole: str, name: Name) -> Iterator[bytes]:
    """The segments with the event of this name."""
    query = "SELECT body FROM segment WHERE pole = ? AND epoch = ? AND first <= ? AND last >= ?"
    for (body,) in db.execute(query, (pole, name[0], name[1], name[1])).fetchall():
        yield body


def _covered(db: Database, pole: str, heads: Iterable[str]) -> Iterator[bytes]:
    """The segments with numbers that seals cover."""
    query = "SELECT id, body FROM segment WHERE pole = ? AND epoch = ? AND last >= ? AND first <= ?"
    seen = set()
    for text in heads:
        try:
            ranges = msgspec.json.decode(text, type=SealHead).ranges
        except msgspec.MsgspecError:
            continue
        for part in ranges:
            if hashes_of(part) is None:
                continue
            for number, body in db.execute(query, (pole, part.epoch, part.first, part.last)).fetchall():
                if number not in seen:
                    seen.add(number)
                    yield body
