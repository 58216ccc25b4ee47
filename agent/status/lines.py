"""One event or one reading as one line for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from agent.status import camera_lines
from agent.status.words import local, measured, span
from contract.commands import EventLine
from contract.events import (
    BODIES,
    Alert,
    Anomaly,
    Backfill,
    CertificateState,
    Change,
    ClockChange,
    DeviceState,
    Gap,
    NewEpoch,
    Samples,
    SensorFault,
    Series,
    SettingsChange,
    Start,
    Summary,
    UplinkState,
    Window,
)
from contract.types import Body, Quality, Reading, Stamp

_TYPES = {body.kind: body for body in BODIES}


def event_line(event: EventLine) -> str:
    """Time, lane, source, kind, and what it says; a kind of a newer agent is shown as it came."""
    kind = _TYPES.get(event.kind)
    said = bytes(event.body).decode() if kind is None else _said(msgspec.json.decode(event.body, type=kind))
    return f"{local(event.at.utc)}{_unsure(event.at)}  {event.lane:8} {event.source:12} {event.kind:15} {said}"


def reading_line(reading: Reading, *, ascii_only: bool) -> str:
    """Time to the millisecond, device, quantity, value; the quality where it is not good."""
    moment = reading.at.utc.astimezone()
    value = measured(reading.value, reading.unit, ascii_only=ascii_only)
    quality = "" if reading.quality is Quality.GOOD else f"  ({reading.quality})"
    stamp = f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}{_unsure(reading.at)}"
    return f"{stamp}  {reading.device:12} {reading.quantity:16} {value}{quality}"


def _unsure(at: Stamp) -> str:
    """A question mark behind a time that was read before the clock was set."""
    return " " if at.synced else "?"


def _said(body: Body) -> str:
    return _SAY[type(body)](body)


def _windows(body: Summary) -> str:
    return f"{span(body.duration_s)}: " + ", ".join(_window(window) for window in body.windows)


def _window(window: Window) -> str:
    if window.mean is None:
        return f"{window.quantity} {window.last if window.count else 'nothing'}"
    return f"{window.quantity} {window.mean:.6g} {window.unit} ({window.min:.6g} to {window.max:.6g})"


def _series(series: Iterable[Series]) -> str:
    return ", ".join(
        f"{one.quantity} {one.values[-1]} {one.unit}" if len(one.values) == 1 else f"{len(one.values)} {one.quantity}"
        for one in series
    )


def _gap(body: Gap) -> str:
    ranges = ", ".join(f"{first} to {last}" if first != last else str(first) for first, last in body.ranges)
    return f"{body.count} of lane {body.deleted_lane} deleted unsent ({body.reason}): {ranges} {body.text}".rstrip()


def _settled(body: SettingsChange) -> str:
    return (
        "; ".join(body.errors) if body.errors else f"revision {body.revision}: {', '.join(body.applied) or 'as before'}"
    )


def _clock(body: ClockChange) -> str:
    return f"jumped by {body.step_s:+.3f} s" if body.type == "step" else f"{body.type}, {body.restamped} corrected"


def _backfill(body: Backfill) -> str:
    return f"part {body.part} for {body.request}: {_series(body.series)}"


def _device(body: DeviceState) -> str:
    return f"{body.state}: {body.text}" if body.text else body.state


def _start(body: Start) -> str:
    return f"version {body.version}" + ("" if body.clean else ", after a crash or a power cut")


def _epoch(body: NewEpoch) -> str:
    return f"{body.reason}, {body.carried} events carried over" if body.carried else body.reason


def _sensor_fault(body: SensorFault) -> str:
    if body.phase == "end":
        return f"{body.quantity} is all right again ({body.type})"
    return f"{body.quantity} ({body.type}): {body.evidence}; {body.advice}"


def _anomaly(body: Anomaly) -> str:
    names = ", ".join(body.quantities)
    if body.phase == "end":
        return f"{names} as usual again"
    return f"{body.severity}: {names} {body.value:.6g}, expected {body.low:.6g} to {body.high:.6g}"


def _alert(body: Alert) -> str:
    text = body.text.get("en", body.rule)
    return f"{body.severity}: {text}" if body.phase == "begin" else f"over: {text}"


_SAY: dict[type[Body], Callable[[Any], str]] = {
    Summary: _windows,
    Samples: lambda body: _series(body.series),
    Change: lambda body: _series(body.series),
    Backfill: _backfill,
    DeviceState: _device,
    Gap: _gap,
    NewEpoch: _epoch,
    UplinkState: lambda body: body.text if body.phase == "begin" else f"over: {body.text}",
    ClockChange: _clock,
    Start: _start,
    SettingsChange: _settled,
    CertificateState: lambda body: body.text or f"{body.role} certificate {body.state}",
    SensorFault: _sensor_fault,
    Anomaly: _anomaly,
    Alert: _alert,
    **camera_lines.SAY,
}
