"""What is wrong with delivery while the link is up: begun and ended once each, as an event and for the status."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from agent.system.clock import Clock
from contract.events import EndReason, UplinkState, episode_id
from contract.types import Body

Trouble = Literal["unheard", "unconfirmed", "copied", "allowance"]
_CAUSES: dict[Trouble, str] = {
    "unheard": "mqtt.nobody",
    "unconfirmed": "platform.silent",
    "copied": "mqtt.id_twice",
    "allowance": "link.allowance",
}
_log = logging.getLogger("agent.uplink")


class LinkReports:
    """Lives as long as the uplink. ``subject`` tells two troubles of one type apart, such as the lane."""

    def __init__(self, report: Callable[[Body], None], clock: Clock) -> None:
        self._report = report
        self._clock = clock
        self._open: dict[tuple[Trouble, str], tuple[UplinkState, float]] = {}

    def begin(self, trouble: Trouble, text: str, subject: str = "") -> None:
        if (trouble, subject) in self._open:
            return
        since = self._clock.now().utc
        name = episode_id(UplinkState.kind, trouble, subject, since)
        state = UplinkState(id=name, type=trouble, phase="begin", since=since, text=text)
        self._open[trouble, subject] = state, self._clock.monotonic()
        _log.warning("uplink: %s", text)
        self._report(state)

    def end(self, trouble: Trouble, subject: str = "", reason: EndReason = "over") -> bool:
        """Whether there was such a trouble."""
        found = self._open.pop((trouble, subject), None)
        if found is not None:
            begun, _ = found
            self._report(
                UplinkState(id=begun.id, type=trouble, phase="end", reason=reason, since=begun.since, text=begun.text)
            )
        return found is not None

    def replaced(self) -> None:
        """Another uplink takes over, and reports for itself what is still wrong."""
        for trouble, subject in tuple(self._open):
            self.end(trouble, subject, "settings")

    def lasted_s(self, trouble: Trouble, subject: str = "") -> float:
        """How long this trouble has been there; 0 where it is not."""
        found = self._open.get((trouble, subject))
        return 0.0 if found is None else self._clock.monotonic() - found[1]

    @property
    def text(self) -> str:
        """The sentences of all that is wrong now."""
        return "; ".join(dict.fromkeys(state.text for state, _ in self._open.values()))

    @property
    def cause(self) -> str:
        """The name in ``contract.causes`` of what began first; empty where nothing is wrong."""
        return next((_CAUSES[trouble] for trouble, _ in self._open), "")
