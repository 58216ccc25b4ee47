"""What reaches the platform's side of the broker, of each side, in its own format."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from bench.peer.profiles import ANCHOR, PEER
from contract.events import Samples, Summary
from contract.receive import decode


class Deliveries:
    """Counts of one side. A value is the number of its register's reads, so ``(register, value)`` names a reading."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()
        self.counted = 0
        """Readings in windows: summaries carry a count, not the readings."""
        self.first: float | None = None

    @property
    def readings(self) -> int:
        return len(self.seen) + self.counted

    def add(self, register: str, value: int) -> None:
        if self.first is None:
            self.first = time.monotonic()
        self.seen.add((register, value))


def take_peers(deliveries: Deliveries, payload: bytes) -> None:
    """``{"device": [{"ts": ..., "values": {"r0": 7, ...}}, ...]}`` on v1/gateway/telemetry."""
    for points in msgspec.json.decode(payload).values():
        for point in points:
            for register, value in point["values"].items():
                deliveries.add(register, value)


def take_anchors(deliveries: Deliveries, topic: str, payload: bytes) -> None:
    """``TIME:VALUE`` and a zero byte on collectd/numbered/modbus-s/gauge-r0."""
    deliveries.add(topic.rpartition("-")[2], int(float(payload.rstrip(b"\0").rpartition(b":")[2])))


class Ours:
    """CloudEvents of ours; a repeat is recognised by its key."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, int]] = set()

    def take(self, deliveries: Deliveries, payload: bytes) -> None:
        for event in decode(payload):
            if (event.epoch, event.seq) in self._keys:
                continue
            self._keys.add((event.epoch, event.seq))
            if event.type == "poleagent.samples.v2":
                for series in msgspec.json.decode(event.data, type=Samples).series:
                    for value in series.values:
                        deliveries.add(series.quantity, int(value))
            elif event.type == "poleagent.summary.v2":
                deliveries.counted += sum(
                    window.count for window in msgspec.json.decode(event.data, type=Summary).windows
                )


class Platform:
    """The subscriber's books: one ``Deliveries`` per side, found by topic."""

    def __init__(self, sides: Sequence[str]) -> None:
        self.sides = {name: Deliveries() for name in sides}
        self._ours = {name: Ours() for name in sides if name not in {PEER, ANCHOR}}

    def take(self, topic: str, payload: bytes) -> None:
        if topic == "v1/gateway/telemetry":
            take_peers(self.sides[PEER], payload)
            return
        if topic.startswith("collectd/"):
            take_anchors(self.sides[ANCHOR], topic, payload)
            return
        parts = topic.split("/")
        if parts[0] == "sp" and parts[-1] in {"raw", "summary", "event", "alarm"} and parts[2] in self.sides:
            self._ours[parts[2]].take(self.sides[parts[2]], payload)
