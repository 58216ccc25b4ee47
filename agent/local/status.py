"""The whole pole in one value: the health of every part, gathered by ``app`` and shown by ``poleagent status``."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from agent.health import CameraHealth, ClockHealth, DeviceHealth, LineHealth, StoreHealth, UplinkHealth


class BoxHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent uses of the box; ``disk`` is the file system that holds the database."""

    resident_bytes: int
    cpu_s: float
    disk_free_bytes: int
    disk_bytes: int


class PoleStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Its JSON is what ``poleagent status --json`` prints: fields are added, never renamed or dropped.

    ``stale`` names the parts that have stopped making progress; ``problems`` are those of settings that were refused
    by the last reload.
    """

    pole: str
    name: str = ""
    version: str
    revision: str
    uptime_s: float
    devices: tuple[DeviceHealth, ...]
    lines: tuple[LineHealth, ...]
    store: StoreHealth
    uplink: UplinkHealth | None
    clock: ClockHealth
    box: BoxHealth
    cameras: tuple[CameraHealth, ...] = ()
    stale: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def box_health(database: Path) -> BoxHealth:
    """This process and the disk under ``database``; a disk that cannot be asked has 0 bytes."""
    resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    used = os.times()
    try:
        disk = os.statvfs(database.parent)
    except OSError:
        free, size = 0, 0
    else:
        free, size = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    return BoxHealth(
        resident_bytes=resident_pages * os.sysconf("SC_PAGE_SIZE"),
        cpu_s=used.user + used.system,
        disk_free_bytes=free,
        disk_bytes=size,
    )
