"""What of the evidence of a pole its seals prove, and what they contradict; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice, product
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.events import SealHead
from contract.merkle import LEVELS, Place, UnknownHash, root
from contract.ranges import Ranges
from fleet.proof.evidence import PoleEvidence, ProofFinding, SealEvent, What, bytes_of
from fleet.proof.keys import SealKeys
from fleet.proof.sealed import SealedEpoch

ProofState = Literal["verified", "waiting", "unproven", "broken"]
"""verified: all is as the pole sealed it; waiting: so far, and some is not sealed yet; unproven: something may be true
that no seal shows; broken: something was changed."""
_TRIALS = 64
"""Ways to choose among second contents that are tried for a block."""


class PoleProof(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one pole. ``proven`` + ``unsealed`` + ``unproven`` are all events that are there."""

    pole: str
    state: ProofState
    proven: Annotated[int, Meta(description="events whose every bit is as sealed")]
    explained: Annotated[int, Meta(description="numbers under a seal that the pole deleted unsent")]
    unsealed: Annotated[int, Meta(description="events that no seal covers (yet)")]
    unproven: Annotated[int, Meta(description="events under a seal that cannot be proven")]
    seals: int
    sealed_at: Annotated[datetime | None, Meta(description="when the newest seal was made, by the pole's clock")]
    starts: Annotated[tuple[str, ...], Meta(description="epochs before which nothing is known")] = ()
    findings: tuple[ProofFinding, ...] = ()


class _Verdict:
    """Collects what is found."""

    def __init__(self, evidence: PoleEvidence, *, whole: bool) -> None:
        self.evidence = evidence
        self.whole = whole
        self.findings = list(evidence.findings)
        self.proven = self.explained = self.unsealed = self.unproven = 0

    def found(self, epoch: str, first: int, last: int, what: What, text: str) -> None:
        self.findings.append(
            ProofFinding(pole=self.evidence.pole, epoch=epoch, first=first, last=last, what=what, text=text)
        )


def corrections(evidence: PoleEvidence, keys: SealKeys) -> set[tuple[int, int]]:
    """Of times, that valid seals hold: microseconds since boot, microseconds to add to get UTC."""
    return {pair for _, head in _heads(evidence, keys, _Verdict(evidence, whole=False)) for pair in head.corrections}


def judge(
    evidence: PoleEvidence,
    keys: SealKeys,
    until: datetime | None = None,
    *,
    whole: bool = True,
    known: Iterable[tuple[int, int]] = (),
) -> PoleProof:
    """What seals by ``keys`` prove. ``until``: a seal of that moment or later must be there.

    Not ``whole``: only numbers that these seals name are looked at, other seals and events may be elsewhere. ``known``
    are corrections that others of the pole's seals hold.
    """
    verdict = _Verdict(evidence, whole=whole)
    heads = list(_heads(evidence, keys, verdict))
    epochs: dict[str, SealedEpoch] = {}
    for seal, head in heads:
        for part in head.ranges:
            epoch = epochs.setdefault(part.epoch, SealedEpoch(part))
            if not epoch.add(part):
                verdict.found(seal.epoch, seal.seq, seal.seq, "unreadable", "a seal that contradicts itself")
    for name, epoch in epochs.items():
        _epoch(name, epoch, verdict)
    for name, leaves in evidence.leaves.items():
        if name not in epochs:
            verdict.unsealed += len(leaves)
    for name, others in evidence.others.items():
        for number in others:
            verdict.found(name, number, number, "added", "there are two contents under this number")
    starts = _chain(epochs, verdict) if whole else ()
    _times(evidence, {*known, *(pair for _, head in heads for pair in head.corrections)}, epochs, verdict)
    newest = max((head.at for _, head in heads), default=None)
    if until is not None and (newest is None or newest < until):
        said = f"of {newest:%Y-%m-%d %H:%M} UTC" if newest else "none at all"
        last = max(epochs, key=lambda name: epochs[name].last, default="")
        number = epochs[last].last + 1 if last else 0
        verdict.found(last, number, number, "missing", f"the newest seal is {said}: what came later was cut off")
    return PoleProof(
        pole=evidence.pole,
        state=_state(verdict),
        proven=verdict.proven,
        explained=verdict.explained,
        unsealed=verdict.unsealed,
        unproven=verdict.unproven,
        seals=len(heads),
        sealed_at=newest,
        starts=starts,
        findings=tuple(dict.fromkeys(verdict.findings)),
    )


def _state(verdict: _Verdict) -> ProofState:
    kinds = {finding.what for finding in verdict.findings}
    if kinds - {"unproven"}:
        return "broken"
    if kinds:
        return "unproven"
    return "waiting" if verdict.unsealed or not verdict.proven else "verified"


def _heads(evidence: PoleEvidence, keys: SealKeys, verdict: _Verdict) -> Iterator[tuple[SealEvent, SealHead]]:
    for seal in evidence.seals:
        evidence.hashes_of(seal.body)
        try:
            head = msgspec.json.decode(seal.body.head, type=SealHead)
        except msgspec.MsgspecError as reason:
            verdict.found(seal.epoch, seal.seq, seal.seq, "unreadable", f"a seal that cannot be read: {reason}")
            continue
        signature = bytes_of(seal.body.signature)
        wrong = (
            f"it is a seal of {head.pole}"
            if head.pole != evidence.pole
            else keys.wrong(evidence.pole, head.certificate, signature or b"", seal.body.head.encode())
        )
        if wrong:
            verdict.found(seal.epoch, seal.seq, seal.seq, "signature", f"the seal does not count: {wrong}")
            continue
        yield seal, head


def _epoch(name: str, epoch: SealedEpoch, verdict: _Verdict) -> None:
    numbers = sorted(verdict.evidence.leaves.get(name, ()))
    if verdict.whole:
        _ends(name, epoch, numbers, verdict)
    at = epoch.begins
    for block, (reach, values) in sorted(epoch.blocks.items()):
        low = max(epoch.begins, block << LEVELS)
        _unsealed(name, at, low - 1, numbers, verdict)
        _block(_Block(epoch=name, number=block, first=low, last=reach, values=values), verdict)
        at = reach + 1
    _unsealed(name, at, epoch.last, numbers, verdict)


def _unsealed(name: str, first: int, last: int, numbers: list[int], verdict: _Verdict) -> None:
    if verdict.whole and first <= last:
        text = "the seal over these numbers is missing, and later ones are there"
        verdict.found(name, first, last, "missing", text)
        verdict.unsealed += bisect_left(numbers, last + 1) - bisect_left(numbers, first)


def _ends(name: str, epoch: SealedEpoch, numbers: list[int], verdict: _Verdict) -> None:
    """Sorted ``numbers`` before the first one of the epoch, and after the last one that is sealed."""
    after = numbers[bisect_left(numbers, epoch.last + 1) :]
    if epoch.ended and after:
        text = f"the pole ended this epoch with number {epoch.last}"
        verdict.found(name, after[0], after[-1], "added", text)
    else:
        verdict.unsealed += len(after)
    if before := numbers[: bisect_left(numbers, epoch.begins)]:
        text = f"the pole began this epoch with number {epoch.begins}"
        verdict.found(name, before[0], before[-1], "added", text)


class _Block(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers ``first`` to ``last`` of an epoch, and what seals say is the hash over them."""

    epoch: str
    number: int
    first: int
    last: int
    values: set[bytes]


def _block(block: _Block, verdict: _Verdict) -> None:
    """The events that are there, and nodes above those that are not."""
    evidence, name = verdict.evidence, block.epoch
    leaves = evidence.leaves.get(name, {})
    numbers = range(block.first, block.last + 1)
    present = [number for number in numbers if number in leaves]
    absent = [number for number in numbers if number not in leaves]
    nodes = {
        place: value
        for place, value in evidence.gone.get(name, {}).items()
        if place[1] << place[0] >> LEVELS == block.number and ((place[1] + 1) << place[0]) - 1 <= block.last
    }
    needed = {place: value for place, value in nodes.items() if any(_under(place, number) for number in absent)}
    try:
        for some in (needed, nodes):  # the events themselves count, where that goes
            if _matches(evidence, block, some, present):
                hidden = [number for number in present if any(_under(place, number) for place in some)]
                verdict.proven += len(present) - len(hidden)
                verdict.explained += len(absent)
                _unproven(name, hidden, verdict)
                return
    except UnknownHash:
        verdict.unproven += len(present)
        _holes(block, [number for number in absent if not any(_under(p, number) for p in nodes)], verdict)
        return
    verdict.unproven += len(present)
    text = "at least one of these events is not what the pole sealed"
    verdict.found(name, block.first, block.last, "altered", text)


def _under(place: Place, number: int) -> bool:
    return number >> place[0] == place[1]


def _matches(evidence: PoleEvidence, block: _Block, nodes: dict[Place, bytes], present: Iterable[int]) -> bool:
    """Whether the leaves, with ``nodes`` in place of those under them, give what a seal says."""
    leaves, others = evidence.leaves.get(block.epoch, {}), evidence.others.get(block.epoch, {})
    known = {(0, number): leaves[number] for number in present} | nodes
    choices = [
        [((0, number), value) for value in (leaves[number], *others[number])] for number in present if number in others
    ]
    for choice in islice(product(*choices), _TRIALS):
        chosen = {place: value for place, value in choice if place not in nodes}
        if root(known | chosen, block.number, block.first, block.last) in block.values:
            return True
    return False


def _unproven(name: str, numbers: list[int], verdict: _Verdict) -> None:
    verdict.unproven += len(numbers)
    for number in numbers:
        text = "the pole deleted this event, as far as it knew unsent: that this is its content is not proven"
        verdict.found(name, number, number, "unproven", text)


def _holes(block: _Block, absent: list[int], verdict: _Verdict) -> None:
    deleted, missing = verdict.evidence.deleted.get(block.epoch, Ranges()), Ranges()
    for number in absent:
        if number not in deleted:
            missing.add(number, number)
    for first, last in missing.ranges():
        verdict.found(block.epoch, first, last, "missing", "the pole sealed these events, and they are not there")
    if not len(missing):
        text = "the pole deleted some of these events and their hashes have not come: the others are not proven"
        verdict.found(block.epoch, block.first, block.last, "unproven", text)


def _chain(epochs: dict[str, SealedEpoch], verdict: _Verdict) -> tuple[str, ...]:
    """Each epoch names the one before it: no whole one is missing. The epochs before which nothing is known."""
    starts: defaultdict[str | None, list[str]] = defaultdict(list)
    for name, epoch in epochs.items():
        before = epochs.get(epoch.previous or "")
        if before is None:
            starts[epoch.previous].append(name)
        elif not before.ended:
            text = "the epoch that follows is sealed, and the seal of this one's end is missing"
            verdict.found(
                epoch.previous or "", before.last + 1, max(before.last + 1, epoch.begins - 1), "missing", text
            )
    cut = [(previous, names[0]) for previous, names in starts.items() if previous is not None]
    oldest = min(cut, key=lambda pair: epochs[pair[1]].begins, default=None)
    for previous, name in cut:
        if (previous, name) != oldest:
            text = f"this epoch came before {name}, and no seal of it is there"
            verdict.found(previous or "", 0, 0, "missing", text)
    return tuple(name for names in starts.values() for name in names)


def _times(
    evidence: PoleEvidence, corrections: set[tuple[int, int]], epochs: dict[str, SealedEpoch], verdict: _Verdict
) -> None:
    """A time that was corrected once the clock was set is the sealed time since boot and a sealed correction."""
    offsets = {offset for _, offset in corrections}
    for epoch, number, utc_us, boot_us in evidence.corrected:
        if epoch in epochs and number <= epochs[epoch].last and utc_us - boot_us not in offsets:
            text = "no seal has the correction of this event's time: the time is not proven"
            verdict.found(epoch, number, number, "unproven", text)
