"""What is true of a pole once it runs, as items of one report; pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.config.settings import Settings
from agent.setup import sentences_acceptance as say
from agent.spoken import spoken
from agent.status.advice import MOST_ERRORS
from contract.causes import CAUSES, Rank
from contract.diagnosis import Diagnosis
from contract.events.acceptance import (
    MOST_ITEMS,
    AcceptanceItem,
    AcceptanceReport,
    AcceptedCamera,
    ItemState,
)
from contract.health import CameraHealth, DeviceHealth, PoleStatus
from contract.types import Quality
from contract.words import Sentence, Words, both, measured

MOST_CONNECTIONS = 2
"""The first one and one more; more during an acceptance are a link that does not stay."""
MIB = 1 << 20


def report(
    status: PoleStatus,
    settings: Settings,
    diagnosis: Diagnosis,
    by: str,
    *,
    connects_before: int = 0,
    claimed: bool = False,
) -> AcceptanceReport:
    """What is found by the status, the settings and the doctor.

    ``connects_before``: when the acceptance began. ``claimed``: the pole has a certificate, so it is to have a link.
    """
    items = [
        *_devices(status),
        *_link(status, settings, connects_before, claimed=claimed),
        *_box(status),
        *_cameras(status, settings),
    ]
    items += _diagnosed(diagnosis)
    return AcceptanceReport(
        pole=status.pole,
        name=status.name,
        at=status.clock.now.utc,
        synced=status.clock.now.synced,
        by=by,
        version=status.version,
        revision=status.revision,
        items=tuple(items[:MOST_ITEMS]),
        cameras=tuple(
            AcceptedCamera(name=name, purpose=camera.purpose, signage=camera.signage)
            for name, camera in settings.cameras.items()
        ),
    )


def settled(status: PoleStatus, settings: Settings) -> bool:
    """Whether there is nothing to wait for: all devices and cameras have shown themselves, an event is confirmed."""
    devices = all(device.state == "up" and device.last for device in status.devices)
    cameras = all(camera.state != "waiting" for camera in status.cameras)
    link = status.uplink
    return (
        devices and cameras and (settings.uplink is None or (link is not None and link.last_acknowledged is not None))
    )


def _words(sentence: Sentence, **words: object) -> Words:
    return both(sentence.said("en", **words), sentence.said("zh", **words))


def _passed(good: bool) -> ItemState:  # noqa: FBT001  # what it turns into a word
    return "passed" if good else "failed"


def _item(name: str, text: Words, state: ItemState, reading: str, todo: Words | None = None) -> AcceptanceItem:
    return AcceptanceItem(
        name=name[:100],
        state=state,
        text=text,
        reading=reading[:500],
        todo={} if state == "passed" or todo is None else todo,
    )


def _devices(status: PoleStatus) -> Iterator[AcceptanceItem]:
    if not status.devices and not status.cameras:
        yield _item("measures", _words(say.MEASURES), "failed", "", _words(say.ADD_DEVICE))
    for line in status.lines:
        if line.state != "up":
            todo = both(line.text, spoken(line.text, "zh"))
            yield _item(f"line.{line.name}", _words(say.LINE, name=line.name), "failed", line.port, todo)
    for device in status.devices:
        yield _device(device)


def _device(device: DeviceHealth) -> AcceptanceItem:
    good = bool(device.last) and all(last.quality is Quality.GOOD for last in device.last)
    values = ", ".join(
        f"{last.quantity} {measured(last.value, last.unit)}"
        + ("" if last.quality is Quality.GOOD else f" ({last.quality.name})")
        for last in device.last
    )
    reading = f"{device.state}, {device.error_share:.0%} errors" + (f": {values}" if values else "")
    advice = device.advice
    todo = both(advice, spoken(advice, "zh")) if advice else _words(say.LOOK_AT_DEVICE, name=device.name)
    passed = device.state == "up" and device.error_share <= MOST_ERRORS and good
    return _item(f"device.{device.name}", _words(say.DEVICE, name=device.name), _passed(passed), reading, todo)


def _link(status: PoleStatus, settings: Settings, connects_before: int, *, claimed: bool) -> Iterator[AcceptanceItem]:
    link = status.uplink
    if link is None or settings.uplink is None:
        expected = claimed or settings.uplink is not None
        reading, todo = (say.NO_LINK(), _words(say.SET_UP_AGAIN)) if expected else (say.NO_PLATFORM(), None)
        yield _item("link.delivered", _words(say.DELIVERED), "failed" if expected else "open", reading, todo)
        return
    todo = both(link.text, spoken(link.text, "zh")) if link.text else _words(say.LOOK_AT_LINK)
    last = link.last_acknowledged
    state = _passed(last is not None)
    reading = say.CONFIRMED(count=status.store.acknowledged, at=last) if last else say.NOT_CONFIRMED()
    if last is not None and settings.uplink.ack == "broker":
        state, reading = "open", say.BROKER_ONLY()
    yield _item("link.delivered", _words(say.DELIVERED), state, reading, todo)
    made = link.connects - connects_before if link.connects >= connects_before else link.connects
    reading = say.LINK_READING(
        broker=link.broker,
        protocol=link.protocol,
        state=link.state,
        made=made,
        connects=link.connects,
        resent=link.resent,
    )
    steady = link.state == "up" and made <= MOST_CONNECTIONS
    yield _item("link.steady", _words(say.LINK), _passed(steady), reading, todo)


def _box(status: PoleStatus) -> Iterator[AcceptanceItem]:
    now = status.clock.now
    moment = f"{now.utc:%Y-%m-%d %H:%M:%S} UTC"
    yield _item("clock", _words(say.CLOCK), _passed(now.synced), moment, _words(say.SET_CLOCK))
    box, store = status.box, status.store
    reading = say.DISK_READING(count=store.committed, free=box.disk_free_bytes // MIB, whole=box.disk_bytes // MIB)
    taken = store.state == "ok" and store.committed > 0
    todo = both(store.text, spoken(store.text, "zh")) if store.text else _words(say.MAKE_ROOM)
    yield _item("disk", _words(say.DISK), _passed(taken), reading, todo)


def _cameras(status: PoleStatus, settings: Settings) -> Iterator[AcceptanceItem]:
    for camera in status.cameras:
        yield _camera(camera)
        own = settings.cameras.get(camera.name)
        if own is None:
            continue
        drawn = [*own.line, *own.zone, *own.gauge]
        state: ItemState = "passed" if drawn else "open"
        todo = _words(say.AIM_IT, name=camera.name)
        text = _words(say.AIMED, name=camera.name)
        yield _item(f"camera.{camera.name}.aimed", text, state, ", ".join(drawn), todo)
        stated = bool(own.purpose.strip() and own.signage.strip())
        reading = f"{own.purpose}; {own.signage}" if stated else ""
        todo = _words(say.STATE_IT, name=camera.name)
        text = _words(say.STATED, name=camera.name)
        yield _item(f"camera.{camera.name}.stated", text, _passed(stated), reading, todo)


def _camera(camera: CameraHealth) -> AcceptanceItem:
    size = f"{camera.size[0]} x {camera.size[1]}" if camera.size else "-"
    reading = say.CAMERA_READING(state=camera.state, rate=camera.frames_per_s, size=size)
    advice = camera.advice or camera.text
    todo = both(advice, spoken(advice, "zh"))
    good = camera.state == "ok" and not camera.tampered
    return _item(f"camera.{camera.name}", _words(say.CAMERA, name=camera.name), _passed(good), reading, todo)


def _diagnosed(diagnosis: Diagnosis) -> Iterator[AcceptanceItem]:
    """What the doctor finds; a cause that only matters later is open."""
    if not diagnosis.causes:
        made = [each.name for each in diagnosis.checks if not each.why_not]
        reading = say.CHECKS_MADE(count=len(made), seconds=diagnosis.seconds, names=", ".join(made))
        left = ", ".join(f"{each.name} ({each.why_not})" for each in diagnosis.checks if each.why_not)
        if left:
            reading = f"{reading}; {say.NOT_MADE(names=left)}"
        yield _item("doctor", _words(say.DIAGNOSIS), "passed", reading)
    for cause in diagnosis.causes:
        later = CAUSES[cause.name].rank is Rank.LATER
        yield AcceptanceItem(
            name=f"doctor.{cause.name}"[:100],
            state="open" if later else "failed",
            text=cause.text,
            reading=f"{cause.about}: {cause.reading}"[:500] if cause.about else cause.reading[:500],
            todo=cause.todo,
        )
