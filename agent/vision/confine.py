"""What the vision process keeps when it is confined (``agent.system.confine``), and how much memory it may take.

It decodes what anybody may send. So it keeps: reading its libraries and its models, writing its folder of evidence, the
pipe to the daemon, and the camera that the daemon opens for it.
"""

from __future__ import annotations

import resource
from pathlib import Path

from agent.config.scene import CameraSettings
from agent.models.describe import divider_folder, shipped_folder
from agent.system import confine as system
from agent.system.resident import data_bytes, resident_bytes


def confine(settings: CameraSettings, models: str = "") -> tuple[str, ...]:
    """Give up the rights, of this thread and all that it starts; what this kernel cannot take away is returned.

    ``models``: a folder with further models, which may be read.
    """
    resident_bytes()  # which keeps its file open
    keys = [settings.evidence.key_file] if settings.evidence else []
    own = [str(each) for each in (shipped_folder(), divider_folder()) if each is not None]  # detectors ask ours
    folders = [*filter(None, [settings.model, models]), *own, *keys]
    return system.confine(folders, _writable(settings))


def bound_memory(memory_mib: int) -> None:
    """No more than this can be taken: an image that is larger than it says fails, and this process only.

    Called when all libraries are loaded: what they hold of address space by then, and never touch, does not count.
    """
    limit = data_bytes() + max(_LEAST, int(memory_mib * 1024 * 1024 * _UNTOUCHED) - resident_bytes())
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


_LEAST = 16 * 1024 * 1024
"""Bytes that are left in any case: the beat that reports too much memory needs some."""
_UNTOUCHED = 1.05
"""Some of what is taken is never touched: a thread's stack has 8 MiB, of which it uses some kB."""


def _writable(settings: CameraSettings) -> list[str]:
    if settings.evidence is None:
        return []
    folder = Path(settings.evidence.folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError:
        return []  # evidence itself says so, with the reason
    return [str(folder)]
