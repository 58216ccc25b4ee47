"""What the daemon hands to a vision process at its start, on its standard input: one line of JSON."""

from __future__ import annotations

import msgspec

from agent.config.scene import CameraSettings
from contract.events import WaterLevel

EXIT_REFUSED = 3
"""The settings cannot be used; the last message says why."""
EXIT_MEMORY = 4
"""The process grew beyond its bound and wants to be started anew."""


class CandidateModel(msgspec.Struct, frozen=True, kw_only=True, tag="candidate"):
    """A model that is to look next to the one that counts, for so long: its folder."""

    folder: str
    for_s: float


class MakeBackground(msgspec.Struct, frozen=True, kw_only=True, tag="background"):
    """Make one background for aiming and send it; asked again, begin again."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """``source`` is as in the settings, and ``water`` what each gauge reported last of dry, wet and flooded.

    ``door``: the descriptor of the socket on which the daemon is asked to open the camera; without one the process
    opens it by itself, and is not confined. ``models``: the folder of releases, from which a candidate may come. Lines
    that follow the order are each a candidate, null for none, or ask for a background.
    """

    name: str
    source: str
    password: str = ""
    door: int | None = None
    settings: CameraSettings
    water: tuple[WaterLevel, ...] = ()
    models: str = ""
    candidate: CandidateModel | None = None

    def __repr__(self) -> str:
        return f"Order({self.name!r})"  # of source and password nothing
