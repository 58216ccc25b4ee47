"""Satellites in view from NMEA GSV sentences, counted once a round over all systems and signals. Pure.

NMEA 0183 v4.10: a receiver sends one group of GSV sentences per talker, from v4.10 on per talker and signal, with the
signal's number as a last field; the satellites of one talker's groups overlap. A round ends when another sentence
comes, when its first group comes again, or when all groups of the round before are there.
"""

from __future__ import annotations

from typing import NamedTuple

KEPT_S = 30.0
"""A talker that has sent nothing for so long is no longer counted: longer than receivers space their GSV rounds."""
MOST = 40
"""Sentences of a group, and groups of a round; receivers stay below 10."""

Key = tuple[str, str]
"""Talker and number of the signal."""


class InView(NamedTuple):
    """``satellites`` different ones of all systems; ``signal``: mean C/N0 of the four strongest, None = no signal."""

    satellites: int
    signal: float | None


class Sky:
    """Feed it the fields of GSV sentences (``add``), and tell it when another sentence came (``other``)."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}  # satellites of the group that is coming in, and their signals
        self._awaited: tuple[Key, int, int] | None = None  # its key, the sentence that is due, how many there are
        self._talkers: dict[str, tuple[float, dict[str, dict[str, int]]]] = {}  # when received, signal -> satellites
        self._round: list[Key] = []  # groups of this round
        self._before: frozenset[Key] = frozenset()  # those of the round before
        self._unreported = False

    def add(self, talker: str, fields: list[str], at_s: float) -> list[InView]:
        """Take the fields of a sentence; what is in view of rounds that end before it or with it.

        ``ValueError``: one of the fields is no number where it must be.
        """
        if len(fields) < 3:
            raise ValueError(talker)
        signal = fields[-1] if len(fields) % 4 == 0 else ""
        if len(signal) > 2:
            raise ValueError(signal)
        awaited = self._awaited
        total, number = _small(fields[0]), _small(fields[1])
        if total is None and awaited and awaited[0][0] == talker:  # some leave it out after the first sentence
            total = awaited[2]
        if total is None or number is None or not 1 <= number <= total <= MOST:
            raise ValueError(talker)
        key = (talker, signal)
        ended = self.other() if number == 1 and key in self._round else []
        if number == 1:
            self._open = {}
        elif awaited != (key, number, total):  # one of its sentences was lost: the group says nothing
            self._awaited = None
            return ended
        for at in range(3, len(fields) - 3, 4):
            if fields[at]:
                self._open[fields[at]] = _strength(fields[at + 3])
        self._awaited = (key, number + 1, total) if number < total else None
        return [*ended, *self._take(key, at_s)] if number == total else ended

    def other(self) -> list[InView]:
        """A sentence of another kind: the round is over, unless a group is still coming in."""
        return self._end() if self._awaited is None else []

    def _take(self, key: Key, at_s: float) -> list[InView]:
        """A whole group: what is in view, where nothing more of the round is to be expected."""
        talker, signal = key
        groups = self._talkers.get(talker, (0.0, {}))[1]
        if signal in groups:
            groups = {}
        groups[signal] = self._open
        self._talkers[talker] = (at_s, groups)
        self._talkers = {name: row for name, row in self._talkers.items() if at_s - row[0] < KEPT_S}
        self._round.append(key)
        self._unreported = True
        if len(self._round) > MOST:
            return self._end()
        known = self._before <= set(self._round)
        return [self._count()] if known and (self._before or not signal) else []

    def _end(self) -> list[InView]:
        reported = [self._count()] if self._unreported else []
        if self._round:
            self._before = frozenset(self._round)
        self._round = []
        return reported

    def _count(self) -> InView:
        self._unreported = False
        count = 0
        strengths: list[int] = []
        for _, groups in self._talkers.values():
            strongest: dict[str, int] = {}
            for satellites in groups.values():
                for name, strength in satellites.items():
                    strongest[name] = max(strength, strongest.get(name, 0))
            count += len(strongest)
            strengths += strongest.values()
        best = [strength for strength in sorted(strengths)[-4:] if strength]
        return InView(count, round(sum(best) / len(best), 1) if best else None)


def _small(field: str) -> int | None:
    if not field:
        return None
    if not field.isdecimal() or len(field) > 2:
        raise ValueError(field)
    return int(field)


def _strength(field: str) -> int:
    """C/N0 in whole dB-Hz; 0 = it is not tracked."""
    whole = field.partition(".")[0]
    if field and (not whole.isdecimal() or len(whole) > 2):
        raise ValueError(field)
    return int(whole or 0)
