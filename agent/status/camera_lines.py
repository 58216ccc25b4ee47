"""What cameras tell, as one line for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.status.words import span
from contract.events import CameraState, Counts, Crossing, Evidence, Incident, Tamper, WaterLevel
from contract.types import Body


def _counts(body: Counts) -> str:
    lines = [f"{row.line} {row.label} +{row.plus} -{row.minus}" for row in body.lines]
    zones = [f"{row.zone} {row.label} {row.mean:.1f} on average, {row.max} at most" for row in body.zones]
    blind = body.duration_s - body.seen_s
    unseen = [f"blind for {span(blind)}"] if blind > 0.05 * body.duration_s else []
    return f"{span(body.duration_s)}: " + (", ".join([*lines, *zones, *unseen]) or "nobody")


def _incident(body: Incident) -> str:
    who = f"{body.count} x {body.label}" if body.count > 1 else body.label
    words = body.type.replace("_", " ")
    if body.phase == "end":
        return f"{words} in {body.zone} is over after {span(body.duration_s)}: {who}"
    return f"{words} in {body.zone}: {who}"


def _tamper(body: Tamper) -> str:
    return (
        f"the view is {body.type}" if body.phase == "begin" else f"no longer {body.type}, after {span(body.duration_s)}"
    )


def _water(body: WaterLevel) -> str:
    return f"{body.gauge} {body.state}" + ("" if body.depth_m is None else f", {body.depth_m:.2f} m")


SAY: dict[type[Body], Callable[[Any], str]] = {
    CameraState: lambda body: f"{body.state}: {body.text}" if body.text else body.state,
    Counts: _counts,
    Crossing: lambda body: f"{body.label} over {body.line}, {'plus' if body.direction > 0 else 'minus'}",
    Incident: _incident,
    Tamper: _tamper,
    WaterLevel: _water,
    Evidence: lambda body: f"snapshot {body.file} {body.type}: {body.reason}",
}
