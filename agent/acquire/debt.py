"""Answers that may still come: a device asked twice answers twice, and on RTU the second looks like the next answer.

Nothing in a Modbus RTU answer says which question it belongs to. So after a time-out another question to the same
device waits until what it owes has come, as long as its slowness so far makes likely. Pure.
"""

from __future__ import annotations

from collections import deque

MARGIN_S = 0.05
MARGIN = 1.25
FORGET = 0.9
MOST = 16


class Debt:
    """What one device owes. Times are monotonic seconds; ``step`` numbers the questions of a round."""

    def __init__(self, timeout_s: float) -> None:
        self._usual_s = 2 * timeout_s
        self._slow_s = self._usual_s  # the longest answer time that is believed of it
        self._open: deque[tuple[float, int]] = deque(maxlen=MOST)  # sent, step: oldest first

    def missed(self, sent: float, step: int) -> None:
        """Nothing answered the question that was sent then."""
        self._open.append((sent, step))

    def answered(self, sent: float, step: int, now: float) -> None:
        """An answer came, maybe to the oldest open question: then the one sent last is still to be answered."""
        self._forget(sent)
        if not self._open:
            self._slow_s = max(self._usual_s, self._slow_s * FORGET)
            return
        self.stray(now)
        self._open.append((sent, step))

    def stray(self, now: float) -> None:
        """Bytes that nobody waited for: maybe the answer to the oldest open question."""
        if self._open:
            sent, _ = self._open.popleft()
            self._slow_s = max(self._slow_s, now - sent)

    def hold(self, step: int, due: float) -> float:
        """The earliest time for question ``step`` that is due then; the same question may be asked again at once."""
        self._forget(due)
        different = [sent for sent, other in self._open if other != step]
        return max(due, self._paid(max(different))) if different else due

    def _paid(self, sent: float) -> float:
        return sent + self._slow_s * MARGIN + MARGIN_S

    def _forget(self, now: float) -> None:
        while self._open and now >= self._paid(self._open[0][0]):
            self._open.popleft()
