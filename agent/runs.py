"""What runs on this pole, said in its own numbered stream: what counts a release as done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent import VERSION
from agent.config.settings import Settings
from agent.system.slots import Slots
from contract.events import InForce
from contract.types import Body

if TYPE_CHECKING:
    from agent.flow import Flow
    from agent.vision.camera import Camera

SETTLED_S = 30.0
"""So long it has to stay the same before it is said: a camera that comes and goes is not said each time."""
_BLIND = frozenset({"waiting", "crashed", "refused"})
"""States of a camera in which no interpreter runs."""
_SERIES = "[anomaly]"


class RunningParts(Protocol):
    """The agent, as far as this is about it."""

    settings: Settings
    cameras: dict[str, Camera]
    flow: Flow


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
            weights=self._weights(),
            slots=_slots(settings),
        )

    def _weights(self) -> dict[str, str]:
        found = {}
        for name, camera in self._parts.cameras.items():
            health = camera.health()
            if health.model and health.state not in _BLIND:
                found[name] = health.model
        if weights := self._parts.flow.consultant.weights:
            found[_SERIES] = weights
        return found


def _slots(settings: Settings) -> dict[str, str]:
    place = Slots(Path(settings.store.path).parent).models(make=False)
    named = {name: camera.model for name, camera in settings.cameras.items()} | {_SERIES: settings.anomaly.model}
    return {
        name: Path(model).parent.name for name, model in named.items() if model and Path(model).parent.parent == place
    }
