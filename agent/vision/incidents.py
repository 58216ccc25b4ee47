"""Incidents of a zone: told once when a rule is broken, and once when it has been kept again for some seconds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import msgspec

from contract.events import Incident

GONE_S = 3.0
"""A visitor that has no track for longer has left: shorter gaps are occlusions."""


class Why(NamedTuple):
    """A rule that is broken: since when, when that was seen last, and by what."""

    began_s: float
    seen_s: float
    label: str
    many: int


Broken = dict[tuple[str, str], Why]
"""(rule, track) -> why; the track is empty where a rule is about many."""


class _Open:
    """An incident that has not ended."""

    __slots__ = ("began_s", "body", "quiet_s", "seen_s")

    def __init__(self, body: Incident, began_s: float) -> None:
        self.body = body
        self.began_s = began_s
        self.seen_s = began_s
        self.quiet_s: float | None = None

    def ended(self, now_s: float) -> Incident:
        duration_s = round(max(0.0, now_s - self.began_s), 3)
        return msgspec.structs.replace(self.body, phase="end", reason="over", duration_s=duration_s)


class Incidents:
    """Those that are open. ``report`` with all that is broken, picture by picture."""

    def __init__(self, zone: str, new_id: Callable[[], str]) -> None:
        self._zone = zone
        self._new_id = new_id
        self._open: dict[tuple[str, str], _Open] = {}

    def of(self, rule: str) -> list[str]:
        """The tracks by which ``rule`` is broken, as it was told."""
        return [name for each, name in self._open if each == rule]

    def rename(self, names: Mapping[str, str]) -> None:
        """See ``Scene.rename``: what is open goes on, and its end names the track as its beginning did."""
        self._open = {(rule, names.get(name, name)): it for (rule, name), it in self._open.items()}

    def end(self, now_s: float) -> list[Incident]:
        """Close all."""
        ended = [it.ended(now_s) for it in self._open.values()]
        self._open.clear()
        return ended

    def report(self, broken: Broken, there: Collection[str], now_s: float) -> list[Incident]:
        """Beginnings of what is new, ends of what is over; ``there`` are the tracks that may still be seen."""
        out = []
        for key, why in broken.items():
            if key in self._open:
                self._open[key].quiet_s = None
                self._open[key].seen_s = why.seen_s
                continue
            body = Incident(
                id=self._new_id(),
                type=key[0],  # type: ignore[arg-type]  # the keys are its literals
                zone=self._zone,
                phase="begin",
                label=why.label,
                count=why.many,
                duration_s=round(now_s - why.began_s, 3),
                track=key[1] or None,
            )
            self._open[key] = _Open(body, why.began_s)
            out.append(body)
        for key, it in list(self._open.items()):
            if key in broken:
                continue
            if it.quiet_s is None:
                it.quiet_s = it.seen_s if key[1] not in there else now_s
            if now_s - it.quiet_s >= GONE_S or key[1] not in there:
                out.append(it.ended(it.quiet_s))
                del self._open[key]
        return out
