"""What runs on this pole, said in its own numbered stream: what counts a release as done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from agent import VERSION
from agent.config.settings import Settings
from contract.events import InForce
from contract.types import Body

if TYPE_CHECKING:
    from agent.vision.camera import Camera

SETTLED_S = 30.0
"""So long it has to stay the same before it is said: a camera that comes and goes is not said each time."""
_BLIND = frozenset({"waiting", "crashed", "refused"})
"""States of a camera in which no interpreter runs."""


class RunningParts(Protocol):
    """The agent, as far as this is about it."""

    settings: Settings
    cameras: dict[str, Camera]


class RunsReport:
    """Says by ``tell`` what runs, once it has settled and whenever it is another; only where releases may come."""

    def __init__(self, parts: RunningParts, tell: Callable[[Body], None], monotonic: Callable[[], float]) -> None:
        self._parts = parts
        self._tell = tell
        self._monotonic = monotonic
        self._seen, self._since_s = self._now(), monotonic()
        self._said: InForce | None = None

    def look(self) -> None:
        """To be called again and again."""
        if self._parts.settings.update.source is None:
            return
        now = self._now()
        if now != self._seen:
            self._seen, self._since_s = now, self._monotonic()
        if now != self._said and self._monotonic() - self._since_s >= SETTLED_S:
            self.say()

    def say(self) -> None:
        """At once."""
        self._said = self._now()
        self._tell(self._said)

    def _now(self) -> InForce:
        settings = self._parts.settings
        return InForce(
            version=VERSION,
            revision=settings.revision,
            settings=settings.releases,
            weights=_weights(self._parts.cameras),
        )


def _weights(cameras: Mapping[str, Camera]) -> dict[str, str]:
    found = {}
    for name, camera in cameras.items():
        health = camera.health()
        if health.model and health.state not in _BLIND:
            found[name] = health.model
    return found
