"""The disk of the database: room, inodes, rights, speed."""

from __future__ import annotations

import errno
import os
from tempfile import NamedTemporaryFile

from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.status.advice import LEAST_FREE_BYTES
from agent.system.aside import aside
from contract.health import StoreHealth

LIMIT_S = 12.0
SLOW_S = 2.0
"""An fsync of 64 KiB takes 10 to 100 ms on the cards of poles; one of seconds keeps commits from their second."""
PROBE_BYTES = 64 * 1024
LEAST_INODES = 10
_CAUSES = {
    errno.ENOSPC: "disk.full",
    errno.EDQUOT: "disk.full",
    errno.EROFS: "disk.read_only",
    errno.EACCES: "disk.owner",
    errno.EPERM: "disk.owner",
}


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if pole.status is not None:
        _reported(pole.status.store, tell)
    if not await aside(pole.state.is_dir, "disk"):
        tell("disk.folder", say.NOT_THERE(folder=pole.state), "disk")
        return ""
    await aside(lambda: _room(pole, tell), "disk")
    await aside(lambda: _written(pole, tell), "disk")
    return ""


def _reported(store: StoreHealth, tell: Tell) -> None:
    if store.state == "blocked":
        tell("store.blocked", store.text or say.NOTHING_WRITTEN(), "queue")
    elif store.state == "full":
        tell("store.full", say.STORE_FULL(used=store.bytes, most=store.max_bytes, count=store.evicted), "queue")
    elif store.text:
        tell("daemon.other", store.text, "queue")
    if store.ring_lost:
        tell("daemon.other", say.RAW_LOST(count=store.ring_lost), "queue")


def _room(pole: PoleAtHand, tell: Tell) -> None:
    about = os.statvfs(pole.state)
    whole, free = about.f_blocks * about.f_frsize, about.f_bavail * about.f_frsize
    if whole and free < min(LEAST_FREE_BYTES, whole // 10):
        tell("disk.full", say.ROOM(free=free >> 20, whole=whole >> 20), "disk")
    if about.f_files and about.f_favail < LEAST_INODES:
        tell("disk.inodes", say.INODES(free=about.f_favail, whole=about.f_files), "disk")
    if about.f_flag & os.ST_RDONLY:
        tell("disk.read_only", say.MOUNTED_READ_ONLY(folder=pole.state), "disk")
    elif not pole.user.may(pole.state, os.W_OK | os.X_OK):
        tell("disk.owner", say.NOT_HIS(folder=pole.state, name=pole.user.name), "disk")


def _written(pole: PoleAtHand, tell: Tell) -> None:
    """A small new file, on the disk and gone again; no file that the folder's owner put there is opened, nor a link."""
    if pole.limited:
        return
    clock = pole.box.clock
    try:
        with NamedTemporaryFile(dir=pole.state, prefix=".doctor-", buffering=0) as file:
            file.write(bytes(PROBE_BYTES))
            began = clock.monotonic()
            pole.box.sync(file.fileno())
            took_s = clock.monotonic() - began
    except OSError as reason:
        cause = _CAUSES.get(reason.errno or 0, "disk.error")
        if cause == "disk.full" and os.statvfs(pole.state).f_bavail:
            cause = "disk.inodes"
        tell(cause, say.WRITING_FAILED(folder=pole.state, why=(reason.strerror or str(reason)).lower()), "disk")
        return
    if took_s > SLOW_S:
        tell("disk.slow", say.WRITING_TOOK(seconds=took_s), "disk")
