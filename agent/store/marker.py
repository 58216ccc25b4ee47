"""What lies next to the database and says who wrote it last: evidence for a report, never a reason to trust a number.

It is written once each time that the database is opened, over itself, so that it needs no room on a full disk.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec

_SIZE = 1024  # bytes; within what a card writes at once
EPOCHS = 16
"""Epochs that it names, the newest last."""
_BOX = (Path("/etc/machine-id"), Path("/sys/firmware/devicetree/base/serial-number"))


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """``epochs`` are the last ones that began; ``box`` tells one box from another and says nothing else of it.

    ``reported``: epochs that were lost, each with the one whose events say so.
    """

    epochs: tuple[str, ...]
    pole: str
    box: str
    reported: tuple[tuple[str, str], ...] = ()


def marker_path(database: Path) -> Path:
    """In the folder that systemd keeps for caches, where there is one: a copy of the store does not hold it."""
    return Path(os.environ.get("CACHE_DIRECTORY") or database.parent) / f"{database.name}.last"


def read_marker(database: Path) -> Marker | None:
    """None where there is none that can be read."""
    try:
        return msgspec.json.decode(marker_path(database).read_bytes(), type=Marker)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def write_marker(database: Path, marker: Marker) -> None:
    """Never raises: without a marker less is reported, and nothing is lost."""
    with suppress(OSError):
        handle = os.open(marker_path(database), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.write(handle, msgspec.json.encode(marker).ljust(_SIZE))
            os.fsync(handle)
        finally:
            os.close(handle)


def this_box() -> str:
    """Twelve hex digits that another box has not; a copied card brings the other box's machine-id along."""
    found = hashlib.sha256(b"poleagent")
    for path in _BOX:
        with suppress(OSError):
            found.update(path.read_bytes())
    return found.hexdigest()[:12]
