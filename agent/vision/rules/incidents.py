"""Incidents of a zone: one begin when a rule is violated, one end when it has been kept again for some seconds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from agent.vision.rules.rule import GONE_S, Violation
from contract.events import EndReason, Incident


class _Open:
    """An incident that has not ended."""

    __slots__ = ("began_s", "body", "quiet_s", "seen_s")

    def __init__(self, body: Incident, began_s: float) -> None:
        self.body = body
        self.began_s = began_s
        self.seen_s = began_s
        self.quiet_s: float | None = None

    def ended(self, now_s: float, reason: EndReason = "over") -> Incident:
        duration_s = round(max(0.0, now_s - self.began_s), 3)
        return msgspec.structs.replace(self.body, phase="end", reason=reason, duration_s=duration_s)


class Incidents:
    """Those that are open. ``report`` with all violations, frame by frame."""

    def __init__(self, zone: str, new_id: Callable[[], str]) -> None:
        self._zone = zone
        self._new_id = new_id
        self._open: dict[tuple[str, str], _Open] = {}

    def of(self, rule: str) -> list[str]:
        """The tracks that violate ``rule``, as it was reported."""
        return [name for each, name in self._open if each == rule]

    def rules_of(self, track: str) -> list[str]:
        """The rules that ``track`` violates, as it was reported."""
        return [rule for rule, name in self._open if name == track]

    def rename(self, names: Mapping[str, str]) -> None:
        """See ``Scene.rename``: what is open goes on, and its end names the track as its begin did."""
        self._open = {(rule, names.get(name, name)): it for (rule, name), it in self._open.items()}

    def end(self, now_s: float) -> list[Incident]:
        """Close all: nobody looks any more, which does not say that they are over."""
        ended = [it.ended(now_s, "restart") for it in self._open.values()]
        self._open.clear()
        return ended

    def report(self, found: Iterable[tuple[str, Violation]], there: Collection[str], now_s: float) -> list[Incident]:
        """Begins of what is new, ends of what is over; ``there`` are the tracks that may still be seen."""
        violated = {(rule, it.track): it for rule, it in found}
        out = []
        for key, it in violated.items():
            if key in self._open:
                self._open[key].quiet_s = None
                self._open[key].seen_s = it.seen_s
            else:
                out.append(self._begin(key[0], it, now_s))
        for key, open_ in list(self._open.items()):
            if key in violated:
                continue
            left = key[1] not in there
            if open_.quiet_s is None:
                open_.quiet_s = open_.seen_s if left else now_s
            if now_s - open_.quiet_s >= GONE_S or left:
                out.append(open_.ended(open_.quiet_s))
                del self._open[key]
        return out

    def _begin(self, rule: str, it: Violation, now_s: float) -> Incident:
        body = Incident(
            id=self._new_id(),
            type=rule,  # type: ignore[arg-type]  # a test compares the rules' names with the contract's
            zone=self._zone,
            phase="begin",
            label=it.label,
            count=it.many,
            duration_s=round(now_s - it.began_s, 3),
            track=it.track or None,
        )
        self._open[rule, it.track] = _Open(body, it.began_s)
        return body
