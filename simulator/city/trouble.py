"""What can be wrong at a pole: how it begins and how it ends, as the bodies of its events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from contract.events import Alert, CameraState, DeviceState, Incident, SensorFault, episode_id
from contract.types import Body, FaultCode

Trouble = Literal["device_state", "sensor_fault", "alert", "incident", "camera_state"]
ON_SENSORS: tuple[Trouble, ...] = ("device_state", "sensor_fault", "alert")
ON_CAMERAS: tuple[Trouble, ...] = ("incident", "camera_state")


def source(trouble: Trouble) -> str:
    return "gate" if trouble in ON_CAMERAS else "roof"


def begins(trouble: Trouble, pole: str, at: float) -> Body:
    name, since = _name(trouble, pole, at), datetime.fromtimestamp(at, UTC)
    if trouble == "device_state":
        return DeviceState(state="down", code=FaultCode.NO_ANSWER, text="no answer: check cable and supply")
    if trouble == "camera_state":
        return CameraState(state="no_signal", text="no frames: check cable and supply")
    if trouble == "alert":
        text = {"en": "water on the road", "zh": "路面积水"}
        return Alert(id=name, phase="begin", rule="flood", severity="alarm", since=since, text=text)
    if trouble == "incident":
        return Incident(id=name, phase="begin", type="parking", zone="stop", label="car", track="3f9a1c7e")
    return SensorFault(
        id=name,
        phase="begin",
        quantity="humidity",
        type="stuck",
        since=since,
        score=1.4,
        evidence="the same value 60 times",
        advice="clean or replace the sensor",
    )


def ends(trouble: Trouble, pole: str, begun: float) -> Body:
    """Of the same trouble that began at ``begun``."""
    if trouble == "device_state":
        return DeviceState(state="up")
    if trouble == "camera_state":
        return CameraState(state="ok")
    body = begins(trouble, pole, begun)
    fields = {field: getattr(body, field) for field in body.__struct_fields__} | {"phase": "end", "reason": "over"}
    return type(body)(**fields)


def _name(trouble: Trouble, pole: str, at: float) -> str:
    return episode_id(pole, trouble, int(at))
