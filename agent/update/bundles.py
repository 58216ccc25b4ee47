"""A bundle on the pole: fetched within what the link may cost, and unpacked next to what runs."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from agent.config.update import UpdateSettings
from agent.errors import ConfigError, Retry
from agent.models.describe import VISION, describe
from agent.system.slots import save, sync
from agent.update import sentences as say
from agent.update.fit import ReleaseRefused, check_needs
from agent.update.moment import Moments
from agent.update.source import Download
from contract.bundle import MANIFEST, BundleError, open_bundle
from contract.release import Manifest, ReleaseId

ATTEMPTS, LONGEST_WAIT_S = 8, 60.0
"""Of a download in one run: attempts in a row that bring nothing, and the longest wait between two."""


def may_fetch(options: UpdateSettings, now: datetime, *, size: int, have: int, used: int, folder: Path) -> str:
    """Why a bundle may not be fetched now, as a sentence; empty where it may. ``used``: bytes of this month."""
    if options.hours is not None:
        first, last = options.hours
        inside = first <= now.hour < last if first < last else now.hour >= first or now.hour < last
        if not inside:
            return say.BUNDLES_FETCHED_FROM_OCLOCK(first=first, last=last, now=now)
    if options.month_bytes and size - have > options.month_bytes - used:
        left = max(0, options.month_bytes - used)
        return say.NEEDS_BYTES_MONTHS_ALLOWANCE(size=size - have, left=left)
    free = shutil.disk_usage(folder).free
    if free - (size - have) - 3 * size < options.keep_free_bytes:
        return say.DISK_MIB_FREE_TOO(free=free >> 20, size=size / 2**20)
    return ""


def fetch(
    download: Download,
    address: str,
    path: Path,
    *,
    size: int,
    moments: Moments,
    came: Callable[[int, int], None],
) -> None:
    """Have ``path`` hold ``size`` bytes, over as many broken connections as it takes. Retry: not in this run.

    ``came(have, new)`` gets what came each time, and may raise Retry itself.
    """
    have = path.stat().st_size if path.is_file() else 0
    waits = 0
    while have < size:
        before, reason = have, None
        try:
            download.fetch(address, path, size)
        except Retry as exc:
            reason = exc
        have = path.stat().st_size if path.is_file() else 0
        came(have, have - before)
        if reason is not None:
            waits = 0 if have > before else waits + 1
            if waits >= ATTEMPTS:
                raise reason
            moments.sleep(min(LONGEST_WAIT_S, 0.1 + 2.0**waits - 1.0))


def is_whole(path: Path, size: int, sha256: str) -> bool:
    """Whether ``path`` is the file that was signed."""
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size == size and hashlib.file_digest(file, "sha256").hexdigest() == sha256


def unpack(path: Path, release: ReleaseId, place: Path) -> None:
    """Put a bundle's files into the new folder ``place``. ReleaseRefused: not as its manifest says; Retry: the disk."""
    shutil.rmtree(place, ignore_errors=True)
    fresh = place.with_name(f".{place.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(parents=True)
        with open_bundle(path) as bundle:
            if bundle.manifest.release != release:
                raise ReleaseRefused(say.BUNDLE_SAYS(release=bundle.manifest.release))
            check_needs(bundle.manifest.needs)
            for name in sorted(bundle.manifest.files):
                with (fresh / name).open("xb") as file:
                    for piece in bundle.pieces(name):
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
            save(fresh / MANIFEST, msgspec.json.encode(bundle.manifest))
        fresh.replace(place)
        sync(place.parent)
    except BundleError as exc:
        shutil.rmtree(fresh, ignore_errors=True)
        raise ReleaseRefused(str(exc)) from exc
    except OSError as exc:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Retry(say.CANNOT_UNPACKED(release=release, strerror=exc.strerror)) from exc


def manifest_of(place: Path) -> Manifest:
    """Of an unpacked release. ReleaseRefused: it cannot be read."""
    try:
        return msgspec.json.decode((place / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise ReleaseRefused(say.MANIFEST_CANNOT_READ(exc=exc)) from exc


def weights_of(place: Path) -> str:
    """The SHA-256 of the weights of an unpacked model."""
    try:
        return describe(place, (*VISION, "series")).about.sha256
    except ConfigError as exc:
        raise ReleaseRefused(str(exc)) from exc
