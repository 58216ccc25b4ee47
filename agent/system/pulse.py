"""The progress of endless loops: systemd's watchdog is fed only while all of them beat."""

from __future__ import annotations

from collections.abc import Callable


class Pulse:
    """The progress of one endless loop; stale when the loop has not beaten for ``within_s``."""

    def __init__(self, name: str, within_s: float, monotonic: Callable[[], float]) -> None:
        self.name = name
        self._within_s = within_s
        self._monotonic = monotonic
        self._beaten = monotonic()

    def beat(self) -> None:
        self._beaten = self._monotonic()

    @property
    def stale(self) -> bool:
        return self._monotonic() - self._beaten > self._within_s
