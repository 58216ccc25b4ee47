"""What the agent uses of the box."""

from __future__ import annotations

import os
from pathlib import Path

from contract.health import BoxHealth


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
