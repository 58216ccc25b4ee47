"""The status, readings and events as the page shows them: pure, texts in the language of who reads."""

from __future__ import annotations

from datetime import datetime

import msgspec

from agent.status import sentences as say
from agent.status.advice import Advice, advice
from agent.status.lines import event_text
from agent.status.rows import StatusRow, box_row, clock_row, link_rows, queue_rows
from contract.health import CameraHealth, DeviceHealth, LastValue, PoleStatus
from contract.requests import EventLine
from contract.types import Quality, Reading
from contract.words import Language, Sentence, measured, span

_MARKS = {"up": "good", "ok": "good", "set": "good", "waiting": "new", "connecting": "new", "off": "new"}
_BROKEN = {"down", "blocked", "frozen", "crashed", "refused", "no_signal"}


class ShownState(msgspec.Struct, frozen=True, kw_only=True):
    """A state in words, and the mark that it is seen by: good, new, warning, alarm."""

    text: str
    mark: str


class ShownValue(msgspec.Struct, frozen=True, kw_only=True):
    """The newest reading of a quantity. ``old``: its device does not answer, so it may have changed."""

    device: str
    quantity: str
    value: str
    number: bool
    age: str
    old: bool
    quality: ShownState


class ShownPart(msgspec.Struct, frozen=True, kw_only=True):
    """A device, line or camera: its state, one line about it, and what to do."""

    name: str
    state: ShownState
    text: str
    todo: tuple[str, ...]


class ShownRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row about link, queue, clock or box."""

    state: ShownState | None
    text: str


class ShownPole(msgspec.Struct, frozen=True, kw_only=True):
    """The whole status."""

    pole: str
    name: str
    running: str
    todo: tuple[Advice, ...]
    values: tuple[ShownValue, ...]
    devices: tuple[ShownPart, ...]
    lines: tuple[ShownPart, ...]
    cameras: tuple[ShownPart, ...]
    link: tuple[ShownRow, ...]
    queue: tuple[ShownRow, ...]
    clock: tuple[ShownRow, ...]
    box: tuple[ShownRow, ...]


class ShownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. ``unsure``: its time was read before the clock was set."""

    cursor: int
    at: datetime
    unsure: bool
    lane: str
    kind: str
    source: str
    text: str


class ShownPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a chart; bad ones are no part of the line."""

    at: datetime
    mean: float


class ShownSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one quantity, oldest first; ``left_out`` are those marked bad, which are not drawn."""

    points: tuple[ShownPoint, ...]
    symbol: str
    left_out: int


def shown_pole(status: PoleStatus, language: Language) -> ShownPole:
    todos = advice(status, language)
    return ShownPole(
        pole=status.pole,
        name=status.name,
        running=say.RUNNING.said(language, version=status.version, span=span(status.uptime_s)),
        todo=tuple(msgspec.structs.replace(one, about=_subject(one.about, language)) for one in todos),
        values=tuple(_value(device, last, language) for device in status.devices for last in device.last),
        devices=tuple(
            _part(todos, f"device {one.name}", one.state, _device(one, language), language) for one in status.devices
        ),
        lines=tuple(_part(todos, f"line {one.name}", one.state, one.port, language) for one in status.lines),
        cameras=tuple(
            _part(todos, f"camera {one.name}", one.state, _camera(one, language), language) for one in status.cameras
        ),
        link=tuple(_row(row, language) for row in link_rows(status, language)),
        queue=tuple(_row(row, language) for row in queue_rows(status, language)),
        clock=(_row(clock_row(status, language), language),),
        box=(_row(box_row(status, language), language),),
    )


def shown_event(event: EventLine, language: Language) -> ShownEvent:
    return ShownEvent(
        cursor=event.cursor,
        at=event.at.utc,
        unsure=not event.at.synced,
        lane=say.LANES.get(event.lane, Sentence(event.lane, event.lane)).said(language),
        kind=event.kind,
        source=event.source,
        text=event_text(event, language),
    )


def shown_series(readings: tuple[Reading, ...]) -> ShownSeries:
    """Of readings of one quantity; texts have no chart."""
    numbers = [(one, float(one.value)) for one in readings if not isinstance(one.value, str)]
    good = tuple(ShownPoint(at=one.at.utc, mean=value) for one, value in numbers if one.quality is not Quality.BAD)
    symbol = readings[-1].unit.symbol if readings else ""
    return ShownSeries(points=good, symbol=symbol, left_out=len(numbers) - len(good))


def _value(device: DeviceHealth, last: LastValue, language: Language) -> ShownValue:
    mark = {Quality.GOOD: "good", Quality.UNCERTAIN: "warning"}.get(last.quality, "alarm")
    return ShownValue(
        device=device.name,
        quantity=last.quantity,
        value=measured(last.value, last.unit),
        number=not isinstance(last.value, str),
        age=span(last.age_s),
        old=device.state != "up",
        quality=ShownState(text=say.QUALITIES[last.quality].said(language), mark=mark),
    )


def _part(todos: tuple[Advice, ...], about: str, state: str, text: str, language: Language) -> ShownPart:
    todo = tuple(one.text for one in todos if one.about == about)
    return ShownPart(
        name=about.partition(" ")[2], state=_state(state, language, wants=bool(todo)), text=text, todo=todo
    )


def _device(device: DeviceHealth, language: Language) -> str:
    newest = span(min(last.age_s for last in device.last)) if device.last else say.NEVER.said(language)
    errors, last = say.ERRORS.said(language).lower(), say.LAST.said(language).lower()
    return f"{device.driver}, {device.line}; {last} {newest}, {errors} {device.error_share:.0%}"


def _camera(camera: CameraHealth, language: Language) -> str:
    seen = say.SEES.said(language, rate=camera.frames_per_s, tracks=camera.tracks) if camera.size else ""
    return "; ".join(filter(None, (camera.source, seen)))


def _row(row: StatusRow, language: Language) -> ShownRow:
    return ShownRow(state=_state(row.state, language) if row.state else None, text=row.text)


def _state(state: str, language: Language, *, wants: bool = False) -> ShownState:
    """``wants``: a person has something to do about it, so that it is never shown as good."""
    text = say.STATES.get(state, Sentence(state, state)).said(language)
    mark = "alarm" if state in _BROKEN else _MARKS.get(state, "warning")
    return ShownState(text=text, mark="warning" if wants and mark in {"good", "new"} else mark)


def _subject(about: str, language: Language) -> str:
    kind, _, name = about.partition(" ")
    return f"{say.ABOUT[kind].said(language)} {name}".rstrip()
