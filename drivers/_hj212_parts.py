"""Reports of HJ 212 monitors that come in parts, or more than once, or by a clock that is off. Pure.

A monitor numbers the packets of a report that is too long for one (PNUM how many, PNO from 1), and cuts it anywhere: in
a name, in a number. A packet that was not answered in time comes again as it was.
"""

from __future__ import annotations

import re

FIELD_BEGINS = re.compile(r"\s*(?:datatime|[\w.]+-\w+)\s*=", re.IGNORECASE)
TIME = re.compile(r"\s*datatime\s*=\s*([^;,]+)(?=[;,])", re.IGNORECASE)
MOST_PARTS = 99
KEPT = 16
"""Packets that are remembered: more than a monitor sends again of one outage of the link."""
AGAIN_S = 6 * 60.0
"""Monitors send again after 5 to 60 s, five times at most; the same bytes later are another report, as of a monitor
whose clock stands still."""

DRIFT_S = 600.0
"""What a clock that nobody sets is off by after months: whichever clock is right, the stamp is wrong by no more."""
JITTER_S = 60.0
"""Some stamps have no seconds."""
PACE_S = 300.0
"""After so long a burst that is sent at 1.7 times the pace of its stamps, or faster, has shown that it is one."""


class SeenPackets:
    """What came of late of the packets that wanted an answer."""

    def __init__(self) -> None:
        self._seen: dict[bytes, float] = {}

    def again(self, segment: bytes, now_s: float) -> bool:
        """Whether the same packet was taken before."""
        return now_s - self._seen.get(segment, float("-inf")) < AGAIN_S

    def taken(self, segment: bytes, now_s: float) -> None:
        """Remember it, from the first time on."""
        before = self._seen.pop(segment, float("-inf"))
        self._seen[segment] = before if now_s - before < AGAIN_S else now_s
        while len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]

    def forget_parts(self) -> None:
        """A report lost a part: the monitor may send all of its parts again, and each is then of use."""
        self._seen = {segment: at_s for segment, at_s in self._seen.items() if b"PNUM=" not in segment.upper()}


class MonitorClock:
    """Tells packets that were kept from those of a clock that is off; ``right``: a packet has shown that it is not.

    Kept packets come faster than they were measured; where each comes as old as the one before, the clock is off.
    """

    def __init__(self) -> None:
        self.right = False
        self._first: tuple[float, float] | None = None  # age and arrival of the first that came as old as this

    def live(self) -> None:
        """A packet has come when it was measured."""
        self.right, self._first = True, None

    def off(self, age_s: float, now_s: float) -> bool:
        """Whether packets come at the pace of their stamps, this one ``age_s`` old by its stamp."""
        first_age_s, since_s = self._first or (age_s, now_s)
        elapsed_s = now_s - since_s
        if self._first is None or abs(age_s - first_age_s) > elapsed_s / 2 + JITTER_S:
            self._first, elapsed_s = (age_s, now_s), 0.0
        self.right = self.right and elapsed_s < PACE_S
        return elapsed_s >= PACE_S


class ReportParts:
    """One report in parts. A part that is missing spoils it: what stands at a cut may be half a number."""

    def __init__(self) -> None:
        self._of: tuple[str, ...] = ()
        self._sent = self._time = ""  # QN and DataTime of its first part
        self._due = 0
        self._reported = False  # that one of them is missing
        self._data = ""

    @property
    def open(self) -> bool:
        """Whether parts of a report are still to come."""
        return bool(self._of)

    def drop(self) -> None:
        """What is missing does not come any more."""
        self._of = ()

    def add(self, head: dict[str, str], segment: str) -> str | None:
        """The whole report with its last part, None before; ``ValueError``: a part before this one is missing.

        That holds its number. It was taken if it is 1, and what is missing is of the report before. Parts of one report
        have the same QN, or, where the monitor numbers each packet anew, each begins with the same DataTime.
        """
        total, number = _count(head.get("PNUM", "")), _count(head.get("PNO", ""))
        if not 1 < total <= MOST_PARTS or not 1 <= number <= total:
            return segment
        of, sent = (str(total), head.get("MN", ""), head.get("CN", "")), head.get("QN", "")
        mark = segment.upper().rfind("CP=") + 3
        data = segment[mark:].strip().removeprefix("&&").removesuffix("&&")
        time = TIME.match(data)
        if number == 1:
            missing, self._reported, self._data = self.open and not self._reported, False, data
            self._sent, self._time = sent, time[1] if time else ""
        elif of != self._of or not (sent == self._sent or (time and time[1] == self._time)):
            self.drop()
            raise ValueError(number)
        elif number != self._due:
            self._reported = True  # what is missing may still come
            raise ValueError(number)
        else:
            missing, self._data = False, joined(self._data, data)
        self._of, self._due = of, number + 1
        if number == total:
            self.drop()
            return f"{segment[:mark]}&&{self._data}&&"
        if missing:
            raise ValueError(number)
        return None


def joined(before: str, after: str) -> str:
    """Two parts of a data area. Where a field ends with one and another begins with the next, they are parted."""
    last = re.split("[;,]", before)[-1]
    return f"{before};{after}" if "=" in last and FIELD_BEGINS.match(after) else before + after


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
