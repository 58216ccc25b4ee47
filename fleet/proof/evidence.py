"""What files say of one pole: leaves of its events, its seals, its gaps; pure."""

from __future__ import annotations

import base64
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from contract.envelope import Envelope
from contract.events import Gap, NewEpoch, Seal
from contract.merkle import HASH, Place, leaf, sealed_time
from contract.ranges import Ranges
from contract.receive import GAPS, BadMessage, decode, pieces

What = Literal["altered", "missing", "added", "unproven", "signature", "unreadable"]
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode
_SEAL, _NEW_EPOCH = f"poleagent.{Seal.kind}.", f"poleagent.{NewEpoch.kind}."


class ProofFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as the pole sealed it: numbers of an epoch, inclusive; ``text`` is one sentence.

    ``unproven``: it may be true, and nothing shows it; all others show that something was changed.
    """

    pole: str
    epoch: str
    first: int
    last: int
    what: What
    text: str


def bytes_of(text: str) -> bytes | None:
    """Of base64; None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


class SealEvent(msgspec.Struct, frozen=True):
    """A seal, and the number under which it came."""

    epoch: str
    seq: int
    body: Seal


class PoleEvidence:
    """Fed with messages in any order, again, and cut in any way; a repeat changes nothing."""

    def __init__(self, pole: str) -> None:
        self.pole = pole
        self.leaves: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        """By epoch and number."""
        self.others: defaultdict[str, dict[int, list[bytes]]] = defaultdict(dict)
        """Second contents under one name."""
        self.seals: list[SealEvent] = []
        self.gone: defaultdict[str, dict[Place, bytes]] = defaultdict(dict)
        self.deleted: defaultdict[str, Ranges] = defaultdict(Ranges)
        self.corrected: list[tuple[str, int, int, int]] = []
        """Of events whose time was corrected: epoch, number, UTC and time since boot in microseconds."""
        self.findings: list[ProofFinding] = []

    def take(self, payload: bytes, where: str = "") -> None:
        """A message as a pole sent it, or as the platform packed it. ``where`` it lies, for the sentence."""
        try:
            events = decode(payload)
            texts = pieces(payload)
        except BadMessage as reason:
            self._found("", 0, 0, "unreadable", f"{where or 'a message'} cannot be read: {reason}")
            return
        for event, text in zip(events, texts, strict=True):
            self._take(event, bytes(text))

    def _take(self, event: Envelope, text: bytes) -> None:
        epoch, seq = event.epoch, event.seq
        name = f"{self.pole}/{epoch}/{seq}"
        if event.id != name or not event.source.startswith(f"{self.pole}/") or text != _encode(event):
            self._found(epoch, seq, seq, "altered", f"event {event.id[:100]!r} is not written as {self.pole} writes it")
            return
        value = self._leaf(event)
        known = self.leaves[epoch].setdefault(seq, value)
        if value != known:
            more = self.others[epoch].setdefault(seq, [])
            if value not in more:
                more.append(value)
            return
        self._note(event)

    def _leaf(self, event: Envelope) -> bytes:
        utc_us = (event.time - _UNIX) // _MICROSECOND
        time = event.taken
        if time is None:
            time = sealed_time(utc_us, None) if event.timequality == "synced" else "not set"
        elif event.timequality == "synced":
            boot = time.partition("/")[2]
            self.corrected.append((event.epoch, event.seq, utc_us, int(boot) if boot.isdecimal() else -1))
        elif time.partition("/")[0] != str(utc_us):
            time = "another one"
        lane = str(event.lane)
        return leaf((event.id, event.source, event.type, lane, time), bytes(event.data))

    def _note(self, event: Envelope) -> None:
        try:
            if event.type.startswith(_SEAL):
                seal = SealEvent(event.epoch, event.seq, msgspec.json.decode(event.data, type=Seal))
                if seal not in self.seals:
                    self.seals.append(seal)
            elif event.type in GAPS:
                gap = msgspec.json.decode(event.data, type=Gap)
                for first, last in gap.ranges:
                    self.deleted[gap.epoch].add(first, last)
        except msgspec.MsgspecError as reason:
            self._found(event.epoch, event.seq, event.seq, "altered", f"{event.id} cannot be read: {reason}")

    def hashes_of(self, seal: Seal) -> None:
        """Hashes of events that are gone; what is none is left out."""
        for node in seal.gone:
            value = bytes_of(node.hash)
            if value is not None and len(value) == HASH:
                self.gone[node.epoch][node.level, node.index] = value

    def _found(self, epoch: str, first: int, last: int, what: What, text: str) -> None:
        finding = ProofFinding(pole=self.pole, epoch=epoch, first=first, last=last, what=what, text=text)
        if finding not in self.findings:
            self.findings.append(finding)
