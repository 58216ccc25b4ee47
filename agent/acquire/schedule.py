"""When a polled device has its next turn: on a grid of monotonic time, so periods neither drift nor pile up. Pure."""

from __future__ import annotations

from agent.system.backoff import Backoff

LONGEST_PROBE_S = 30.0


class Schedule:
    """The grid of one device. Times are monotonic seconds; ``due`` is the next turn."""

    def __init__(self, every_s: float, now: float) -> None:
        self.every_s = every_s
        self.due = now
        self.missed = 0
        self._slot = now
        self._probing = False
        self._probes = Backoff(max(LONGEST_PROBE_S, every_s), first_s=every_s, spread=0.0)
        self._fast_s = every_s
        self._fast_until = now

    def hurry(self, every_s: float, until: float, now: float) -> None:
        """Take turns every ``every_s``, if that is sooner than usual, until the time ``until``."""
        self._fast_s, self._fast_until = min(every_s, self.every_s), until
        if not self._probing:
            self.restart(now)

    def restart(self, now: float) -> None:
        """Begin a new grid now: the line was opened, or the device is back."""
        self.due = self._slot = now
        self._probing = False
        self._probes.worked()

    def again(self, at: float) -> None:
        """Another question of the same round, not before ``at``; the grid stays."""
        self.due = at

    def next(self, now: float) -> int:
        """The round is over. Slots that passed meanwhile are left out; returns how many."""
        if self._probing:
            self.restart(now)
        every_s = self._fast_s if now < self._fast_until else self.every_s
        self._slot += every_s
        skipped = max(0, int((now - self._slot) // every_s))  # the slot that has just begun is only late
        self._slot += skipped * every_s
        self.missed += skipped
        self.due = self._slot
        return skipped

    def probe(self, now: float, least_s: float = 0.0) -> None:
        """The device is down: ask ever more rarely, up to ``LONGEST_PROBE_S`` or its period, ``least_s`` at least."""
        self._probing = True
        self.due = now + max(least_s, self._probes.wait_s())
        self._probes.failed()
