"""What a device has delivered so far, and how well: counters for people. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from agent.acquire import words
from contract.health import LastValue
from contract.types import FaultCode, Reading, Stamp

ROUNDS = 100
SHAKY = 0.05
DAMAGE_OF = 200
DISPUTES = 10
"""Questions with two answers that differ, among twice as many, that are no accident: a choice."""


class DeviceRecord:
    """Counts since the start; shares are of the last ``ROUNDS`` rounds and ``DAMAGE_OF`` questions."""

    def __init__(self) -> None:
        self.asked = self.retries = self.damaged = self.readings = 0
        self.faults: Counter[FaultCode] = Counter()
        self.damage: deque[bool] = deque(maxlen=DAMAGE_OF)
        self._last: dict[str, Reading] = {}
        self._rounds: deque[FaultCode | None] = deque(maxlen=ROUNDS)
        self._partly: deque[FaultCode | None] = deque(maxlen=ROUNDS)  # what single values lack, of streaming devices
        self._skipped: deque[int] = deque(maxlen=ROUNDS)
        self._disputes: deque[int] = deque(maxlen=DISPUTES)  # at which questions

    def question(self, code: FaultCode | None, *, again: bool) -> None:
        """One question and what came of it."""
        self.asked += 1
        self.retries += again
        self.damaged += code is FaultCode.BAD_FRAME
        self.damage.append(code is FaultCode.BAD_FRAME)

    def dispute(self) -> None:
        """The question that was asked last had two answers, which differ."""
        self.faults[FaultCode.WRONG_DEVICE] += 1
        self._disputes.append(self.asked)

    @property
    def disputed(self) -> bool:
        """Whether two devices answer in its name."""
        seen = self._disputes
        return len(seen) == DISPUTES and self.asked - seen[0] < 2 * DISPUTES

    def take(self, readings: Sequence[Reading]) -> None:
        self.readings += len(readings)
        last = self._last
        for reading in readings:
            last[reading.quantity] = reading

    def fault(self, code: FaultCode) -> None:
        self.faults[code] += 1

    def round(self, worst: FaultCode | None) -> None:
        self._rounds.append(worst)

    def partly(self, worst: FaultCode | None) -> None:
        """A report of a streaming device that had values: what some of them lack is no error of the device."""
        self._rounds.append(None)
        self._partly.append(worst)

    def skipped(self, slots: int) -> None:
        self._skipped.append(slots)

    def error_share(self) -> float:
        failed = sum(code is not None for code in self._rounds)
        return failed / len(self._rounds) if failed else 0.0

    def last(self, now: Stamp) -> tuple[LastValue, ...]:
        return tuple(_last_value(reading, now) for reading in self._last.values())

    def advice(self, every_s: float, detail: str, advised: str, way: words.Way) -> str:
        """What to do about a device that is up, but not well."""
        if self.disputed:
            return words.two()
        share = self.error_share()
        if share > SHAKY:
            code = Counter(code for code in self._rounds if code).most_common(1)[0][0]
            return words.often(code, share, detail, advice=advised, way=way)
        lacking = Counter(code for code in self._partly if code)
        if lacking.total() > SHAKY * len(self._partly):
            return words.lacks(lacking.most_common(1)[0][0], detail, advice=advised, way=way)
        skipped = sum(self._skipped)
        if skipped > SHAKY * (skipped + len(self._skipped)):
            return words.too_slow(skipped / (skipped + len(self._skipped)), every_s, way=way)
        return ""


def _last_value(reading: Reading, now: Stamp) -> LastValue:
    age_s = max(0.0, now.boot_s - reading.at.boot_s)
    return LastValue(quantity=reading.quantity, value=reading.value, unit=reading.unit, at=reading.at, age_s=age_s)
