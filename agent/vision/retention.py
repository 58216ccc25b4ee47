"""How long snapshots stay: the daemon deletes them on time, whether their camera lives, is dead, or is in no settings.

A snapshot's file names its time and its camera, so a folder that was copied or carried over keeps its terms.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Never

from agent.config.scene import EVIDENCE_FOLDER, CameraSettings, EvidenceSettings
from agent.system.clock import Clock
from agent.vision import sentences as rows
from contract.events import Evidence
from contract.types import Event

SUFFIX = ".still"
EVERY_S = 60.0
_AHEAD_S = 86400.0
_TIME = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"(\d{8}T\d{6})-(.+)-[0-9a-f]{8}")
_log = logging.getLogger(__name__)


def snapshot_name(camera: str, utc_s: float, number: str) -> str:
    """``number``: eight characters that distinguish two of the same second."""
    return f"{datetime.fromtimestamp(utc_s, UTC).strftime(_TIME)}-{camera}-{number}{SUFFIX}"


def snapshots_of(camera: str, folder: Path, suffix: str = SUFFIX) -> list[Path]:
    """A camera's snapshots, the oldest first; not those of one whose name ends like its own."""
    named = ((path, _NAME.fullmatch(path.stem)) for path in folder.glob(f"*-{camera}-*{suffix}"))
    return sorted(path for path, name in named if name and name[2] == camera)


async def keep_terms(
    cameras: Callable[[], Mapping[str, CameraSettings]], emit: Callable[[Sequence[Event]], None], clock: Clock
) -> Never:
    """Delete what has to go, once a minute, and report each; not before the clock can be trusted."""
    stuck: set[Path] = set()
    while True:
        now = clock.now()
        if now.synced:
            gone = [Event.of(camera, now, body) for camera, body in expire(cameras(), now.utc.timestamp(), stuck)]
            if gone:
                emit(gone)
        await clock.sleep(EVERY_S)


def expire(cameras: Mapping[str, CameraSettings], utc_s: float, stuck: set[Path]) -> Iterator[tuple[str, Evidence]]:
    """Delete what was kept long enough, and what nobody states a purpose for any more: (camera, event).

    ``stuck`` grows by what cannot be deleted, which is logged once and tried again each time.
    """
    keeping = {name: camera.evidence for name, camera in cameras.items() if camera.evidence is not None}
    folders = {EVIDENCE_FOLDER, *(each.folder for each in keeping.values())}
    for path in (path for folder in sorted(folders) for path in sorted(Path(folder).glob(f"*{SUFFIX}"))):
        name = _NAME.fullmatch(path.stem)
        why = _why(path, name[1], keeping.get(name[2]), utc_s) if name else ""  # others' files are others'
        if name and why:
            try:
                yield name[2], delete(path, why)
            except OSError as exc:
                if path not in stuck:
                    stuck.add(path)
                    _log.error("the snapshot %s cannot be deleted, though its time is over: %s", path, exc.strerror)


def delete(path: Path, reason: str) -> Evidence:
    """Raises OSError."""
    size = path.stat().st_size
    path.unlink()
    return Evidence(type="deleted", file=path.name, reason=reason, bytes=size)


def _why(path: Path, taken: str, settings: EvidenceSettings | None, utc_s: float) -> str:
    """Why a snapshot has to go; empty where it may stay."""
    if settings is None or Path(settings.folder) != path.parent:
        return rows.CAMERA_KEEPS_NO_SNAPSHOTS()
    try:
        taken_s = datetime.strptime(taken, _TIME).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return rows.DOES_NOT_SAY_WHEN()
    if taken_s < utc_s - settings.keep_days * 86400:
        return rows.KEPT_LONG_ENOUGH()
    return rows.TAKEN_BEFORE_CLOCK_SET() if taken_s > utc_s + _AHEAD_S else ""
