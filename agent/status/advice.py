"""What a person has to do about a pole, as sentences: pure, so that the table, the page and the tests share them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from contract.health import BoxHealth, CameraHealth, LineHealth, PoleStatus, StoreHealth, UplinkHealth

LEAST_FREE_BYTES = 200 * 1024 * 1024

_STORE = {
    "blocked": "Nothing can be written to the disk: check 'df -h' and 'dmesg'.",
    "full": "The store is full and thins out what is oldest: get the link back.",
}


class Advice(msgspec.Struct, frozen=True):
    """``about`` is 'device NAME', 'line NAME', 'camera NAME', or: link, queue, clock, disk, agent, settings."""

    about: str
    text: str


def advice(status: PoleStatus) -> tuple[Advice, ...]:
    """Everything that wants a hand, the most urgent first; empty when all is well."""
    return tuple(_all(status))


def _all(status: PoleStatus) -> Iterator[Advice]:
    for part in status.stale:
        yield Advice("agent", f"{part} has stopped making progress; the watchdog restarts the agent within a minute.")
    for problem in status.problems:
        yield Advice("settings", f"Not in force: {problem}")
    for line in status.lines:
        if line.state == "down" or line.text:
            yield Advice(f"line {line.name}", _of_line(line))
    gone = {line.name for line in status.lines if line.state == "down"}
    for device in status.devices:
        if device.advice and device.line not in gone:  # one cause, one sentence
            yield Advice(f"device {device.name}", device.advice)
    yield from _of_cameras(status.cameras)
    yield from _of_store(status.store)
    yield from _of_box(status.box)
    if status.uplink is not None and (status.uplink.text or status.uplink.state == "down"):
        yield Advice("link", _of_uplink(status.uplink))
    if not status.clock.now.synced:
        yield Advice("clock", "The clock has not been set: times are corrected once it is; 'timedatectl' tells more.")


def _of_cameras(cameras: Iterable[CameraHealth]) -> Iterator[Advice]:
    for camera in cameras:
        text = ": ".join(part for part in (camera.text.rstrip(".:"), camera.advice) if part)
        if text:
            yield Advice(f"camera {camera.name}", text)


def _of_line(line: LineHealth) -> str:
    return line.text or f"{line.port} cannot be opened: plug the adapter in; 'ls -l /dev/serial/by-id' shows the ports."


def _of_store(store: StoreHealth) -> Iterator[Advice]:
    if store.text or store.state != "ok":
        yield Advice("queue", store.text or _STORE[store.state])


def _of_box(box: BoxHealth) -> Iterator[Advice]:
    if box.disk_bytes > 0 and box.disk_free_bytes < min(LEAST_FREE_BYTES, box.disk_bytes // 10):
        yield Advice("disk", "The disk is nearly full: 'sudo du -xh /var | sort -h | tail' shows what fills it.")


def _of_uplink(uplink: UplinkHealth) -> str:
    reason = uplink.text or f"No link to {uplink.broker}: check antenna, SIM and [uplink]"
    end = "" if reason[-1] in ".?!" else "."
    return f"{reason}{end} What is measured is kept meanwhile."
