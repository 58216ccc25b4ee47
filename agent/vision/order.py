"""What the daemon tells a vision process when it starts it, on its standard input: one line of JSON."""

from __future__ import annotations

import msgspec

from agent.config.scene import CameraSettings
from contract.events import WaterLevel

EXIT_REFUSED = 3
"""The settings cannot be used; the last message says why."""
EXIT_MEMORY = 4
"""The process grew beyond its bound and wants to be started anew."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """``source`` has its password; ``water`` is what each gauge told last of dry, wet and flooded."""

    name: str
    source: str
    settings: CameraSettings
    water: tuple[WaterLevel, ...] = ()
