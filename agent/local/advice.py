"""What a person has to do about a pole, as sentences: pure, so that the table, the page and the tests share them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agent.health import DeviceHealth, LineHealth, StoreHealth, UplinkHealth
from agent.local.status import BoxHealth, PoleStatus
from agent.types import FaultCode

LEAST_FREE_BYTES = 200 * 1024 * 1024


class Advice(msgspec.Struct, frozen=True):
    """``about`` is a device's or line's name, or one of: link, queue, clock, disk, agent, settings."""

    about: str
    text: str


DEVICE: dict[FaultCode, str] = {
    FaultCode.NO_ANSWER: "No answer at all: check its power, the A and B wires (swap them once), its address and baud.",
    FaultCode.BAD_FRAME: "Garbled answers: check baud and parity, the shield, the terminating resistor, A/B swapped.",
    FaultCode.WRONG_DEVICE: "Another device answers: two with the same address, or a second master on the line.",
    FaultCode.EXCEPTION: "The device refuses the question: the register or function in the settings is not its own.",
    FaultCode.NOT_AVAILABLE: "The device answers but has no value: check its sensor head, antenna or view of the sky.",
    FaultCode.OUT_OF_RANGE: "The value is impossible: check the register's type and scale in the settings, the sensor.",
    FaultCode.LOST_FRAMES: "Answers are missing: the line is too busy or the box too slow; ask less often.",
    FaultCode.PORT_GONE: "Its port is gone: plug the adapter in; 'ls -l /dev/serial/by-id' shows what is there.",
    FaultCode.OVERDUE: "It has fallen silent: check its power and its TX wire; it should talk by itself.",
}
"""For a driver or line that gives no advice of its own."""


def advice(status: PoleStatus) -> tuple[Advice, ...]:
    """Everything that wants a hand, the most urgent first; empty when all is well."""
    return tuple(_all(status))


def of_device(device: DeviceHealth) -> str:
    """What to do about one device; empty when it is well, or has only just been started."""
    if device.advice:
        return device.advice
    return DEVICE.get(device.code, "") if device.state == "down" and device.code else ""


def _all(status: PoleStatus) -> Iterator[Advice]:
    for part in status.stale:
        yield Advice("agent", f"{part} has stopped making progress; the watchdog restarts the agent within a minute.")
    for problem in status.problems:
        yield Advice("settings", f"Not in force: {problem}")
    for line in status.lines:
        if line.state == "down":
            yield Advice(line.name, _of_line(line))
    gone = {line.name for line in status.lines if line.state == "down"}
    for device in status.devices:
        if device.line not in gone and (text := of_device(device)):  # one cause, one sentence
            yield Advice(device.name, text)
    yield from _of_store(status.store)
    yield from _of_box(status.box)
    if status.uplink is not None and status.uplink.state == "down":
        yield Advice("link", _of_uplink(status.uplink))
    if not status.clock.now.synced:
        yield Advice("clock", "The clock has not been set: times are corrected once it is; 'timedatectl' tells more.")


def _of_line(line: LineHealth) -> str:
    return line.text or f"{line.port} cannot be opened: plug the adapter in; 'ls -l /dev/serial/by-id' shows the ports."


def _of_store(store: StoreHealth) -> Iterator[Advice]:
    if store.state == "blocked":
        yield Advice("queue", store.text or "Nothing can be written to the disk: check 'df -h' and 'dmesg'.")
    elif store.state == "full":
        yield Advice("queue", store.text or "The store is full and thins out what is oldest: get the link back.")


def _of_box(box: BoxHealth) -> Iterator[Advice]:
    if box.disk_bytes > 0 and box.disk_free_bytes < min(LEAST_FREE_BYTES, box.disk_bytes // 10):
        yield Advice("disk", "The disk is nearly full: 'sudo du -xh /var | sort -h | tail' shows what fills it.")


def _of_uplink(uplink: UplinkHealth) -> str:
    reason = f" ({uplink.text})" if uplink.text else ""
    return f"No link to {uplink.broker}{reason}: nothing is lost, it is kept. Check antenna, SIM and [uplink]."
