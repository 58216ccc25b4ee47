"""The cameras of a pole while it runs: begun, renewed where their settings changed, ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from agent.config.differences import camera_changed
from agent.config.settings import Settings
from agent.system.clock import Clock
from agent.system.slots import Slots
from agent.system.supervise import supervise
from contract.events import WaterLevel

if TYPE_CHECKING:
    from agent.vision.camera import Camera
    from agent.vision.report import Emit


class PoleCameras:
    """By their names in ``all``. ``start`` and ``stop`` are those of the agent's tasks."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        emit: Emit,
        *,
        start: Callable[[str, Coroutine[Any, Any, Never]], None],
        stop: Callable[[str], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._start = start
        self._stop = stop
        self.all = {name: self._made(settings, name) for name in settings.cameras}

    def begin(self) -> None:
        for name in self.all:
            self._begin(name)

    async def apply(self, old: Settings, new: Settings) -> None:
        """Cameras that did not change go on; one that was refused is tried again: it may have wanted a file."""
        changed = [
            name for name, camera in self.all.items() if camera_changed(old, new, name) or camera.waits_for_settings
        ]
        water = {}
        for name in changed:
            camera = self.all.pop(name)
            camera.replaced()
            await self._stop(f"camera {name}")
            water[name] = camera.leave(new.cameras.get(name), self._emit)
        for name in new.cameras:
            if name not in self.all:
                self.all[name] = self._made(new, name, water.get(name, ()))
                self._begin(name)

    def _made(self, settings: Settings, name: str, water: Iterable[WaterLevel] = ()) -> Camera:
        from agent.vision.camera import Camera  # noqa: PLC0415 - a pole without cameras does not pay for them

        models = Slots(Path(settings.store.path).parent).models(make=settings.update.source is not None)
        return Camera(name, settings.cameras[name], self._clock, water, models=str(models))

    def _begin(self, name: str) -> None:
        camera = self.all[name]
        self._start(f"camera {name}", supervise(f"camera {name}", lambda: camera.run(self._emit), self._clock))
