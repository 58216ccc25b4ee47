"""The retained status of a pole: whether it is there, and what it is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.units import Unit


class DeviceAbout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device is and what it can measure: quantity -> unit (a UCUM code)."""

    name: str
    driver: str
    line: str
    quantities: dict[str, Unit] = {}


class Status(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the pole is there, and what it is; retained. The broker publishes ``offline, lost`` (the last will).

    A birth (``online``) has all that a map needs: who and where the pole is, its devices, cameras and models.
    """

    pole: str
    state: Literal["online", "offline"]
    at: Annotated[datetime, Meta(tz=True, description="when this was said; of a lost pole: when it had connected")]
    reason: Annotated[
        Literal["stopped", "lost"] | None, Meta(description="offline: stopped on purpose, or the link was lost")
    ] = None
    version: Annotated[str, Meta(description="of the agent")] = ""
    epoch: Annotated[str, Meta(description="id of the database file that numbers the events now")] = ""
    next_seq: Annotated[int | None, Meta(description="the number that the next event of this epoch gets")] = None
    oldest_unsent: Annotated[
        int | None, Meta(description="the oldest event of this epoch that still waits for delivery; absent when none")
    ] = None
    revision: Annotated[str, Meta(description="first 12 hex digits of the SHA-256 over the settings")] = ""
    models: Annotated[dict[str, str], Meta(description="folder of a model -> 12 hex digits of its content")] = {}
    clock: Annotated[
        Literal["synced", "unsynced"] | None, Meta(description="whether the pole's clock was set from outside")
    ] = None
    contract: Annotated[int | None, Meta(description="version of this contract that the pole speaks")] = None
    name: Annotated[str, Meta(description="what people call the pole")] = ""
    latitude: Annotated[float | None, Meta(description="degrees, WGS 84")] = None
    longitude: Annotated[float | None, Meta(description="degrees, WGS 84")] = None
    devices: tuple[DeviceAbout, ...] = ()
    cameras: Annotated[tuple[str, ...], Meta(description="their names: the sources of their events")] = ()
    commands: Annotated[tuple[str, ...], Meta(description="what the pole can be asked over MQTT")] = ()
    tags: Annotated[tuple[str, ...], Meta(description="what maintainers may call the pole by in a rollout")] = ()
