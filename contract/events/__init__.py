"""What events say, each kind a body. They are the wire contract.

The schemas in docs/wire are made from these fields (``contract.documents``), so a field's meaning is written here,
once, with its unit. The kind is the class name in snake case. In all bodies ``type`` is the sub-kind; what has a begin
and an end is an ``Episode``.

A module of this folder has ``KINDS``, one row a kind; nothing lists them, so a new file is found by itself.
"""

from __future__ import annotations

import importlib
import pkgutil

from contract.events.acceptance import Acceptance
from contract.events.camera import (
    CameraState,
    Counts,
    Crossing,
    Evidence,
    Incident,
    Label,
    LineCount,
    Tamper,
    WaterLevel,
    ZoneCount,
)
from contract.events.judged import Alert, Anomaly, AnomalyChannel, SensorFault, SensorFaultKind
from contract.events.kind import EndReason, Episode, Kind, Severity, episode_id
from contract.events.measured import Backfill, Change, Samples, Series, Summary, Window
from contract.events.pole import (
    CertificateState,
    ClockChange,
    DeviceState,
    Gap,
    NewEpoch,
    SettingsChange,
    Start,
    UplinkState,
)
from contract.events.profile import Profile
from contract.events.seal import GoneNode, Seal, SealedRange, SealHead
from contract.events.update import InForce, UpdateOutcome, UpdateStage, UpdateStep
from contract.types import Body

__all__ = [
    "BODIES",
    "EXAMPLES",
    "KINDS",
    "Acceptance",
    "Alert",
    "Anomaly",
    "AnomalyChannel",
    "Backfill",
    "CameraState",
    "CertificateState",
    "Change",
    "ClockChange",
    "Counts",
    "Crossing",
    "DeviceState",
    "EndReason",
    "Episode",
    "Evidence",
    "Gap",
    "GoneNode",
    "InForce",
    "Incident",
    "Kind",
    "Label",
    "LineCount",
    "NewEpoch",
    "Profile",
    "Samples",
    "Seal",
    "SealHead",
    "SealedRange",
    "SensorFault",
    "SensorFaultKind",
    "Series",
    "SettingsChange",
    "Severity",
    "Start",
    "Summary",
    "Tamper",
    "UpdateOutcome",
    "UpdateStage",
    "UpdateStep",
    "UplinkState",
    "WaterLevel",
    "Window",
    "ZoneCount",
    "episode_id",
]

KINDS: dict[str, Kind] = {
    row.body.kind: row
    for name in sorted(part.name for part in pkgutil.iter_modules(__path__))
    for row in getattr(importlib.import_module(f"{__name__}.{name}"), "KINDS", ())
}
"""Every kind of event by its name."""
BODIES: tuple[type[Body], ...] = tuple(row.body for row in KINDS.values())
EXAMPLES: tuple[Body, ...] = tuple(example for row in KINDS.values() for example in row.examples)
"""At least one of each kind; tests and docs use them."""
