"""Blocks of the disk that are the store's own before it needs them, so that others who fill the disk do not stop it.

The write-ahead log has its full size from the first moment and is written over and over. SQLite deletes it with the
last connection, so its blocks have a second name meanwhile: the ballast. The database grows only into blocks that were
allocated before, so a committed row always finds room in the file.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_LOG_HEADER = 32
_PAGE = 4096  # in one piece, a large log would make the kernel count a whole piece for each page written later


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def ballast(database: Path) -> Path:
    return Path(f"{database}.ballast")


def release(database: Path) -> bool:
    """Give up what is set aside while the database is closed; whether there was anything. Never raises."""
    with suppress(OSError):  # a disk that cannot delete is blocked; the caller finds out by trying
        ballast(database).unlink()
        return True
    return False


def claim_log(database: Path) -> None:
    """Before the database is opened: the ballast becomes its log, if there is none. Never raises."""
    log, spare, mine = Path(f"{database}-wal"), ballast(database), Path(f"{database}.ballast.mine")
    with suppress(OSError):
        if spare.exists() and not log.exists():
            spare.rename(mine)  # another process may want to open the database as well
            if mine.stat().st_nlink == 1:  # else it is a log that is still somebody's
                _forget(mine)
                log.hardlink_to(mine)
            mine.unlink()
            sync_folder(log.parent)


def lay_out_log(database: Path, size: int) -> None:
    """Once the database is ours: its log gets its full size, if the disk has room. Never raises."""
    with suppress(OSError), Path(f"{database}-wal").open("r+b", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        if _free(file.fileno()) < size - before:
            return
        try:  # written, not just allocated: from now on a commit changes data only
            file.writelines(bytes(min(_PAGE, size - offset)) for offset in range(before, size, _PAGE))
        except OSError:
            file.truncate(before)


def set_log_aside(database: Path) -> None:
    """Before the database is closed: the blocks of its log shall outlive the log. Never raises."""
    log = Path(f"{database}-wal")
    with suppress(OSError):
        ballast(database).unlink(missing_ok=True)
        if log.stat().st_nlink == 1:
            ballast(database).hardlink_to(log)


def _forget(log: Path) -> None:
    """Make an old log's frames mean nothing, for good, before it may become a log again."""
    with log.open("r+b") as file:
        file.write(bytes(_LOG_HEADER))
        file.flush()
        os.fsync(file.fileno())


def _free(handle: int) -> int:
    disk = os.fstatvfs(handle)
    return disk.f_bavail * disk.f_frsize


def _allocate(handle: int, size: int) -> bool:
    """Give an open file at least ``size`` bytes of its own; without that much room it stays as it is."""
    before = os.fstat(handle).st_size
    if before >= size:
        return True
    if _free(handle) < size - before:
        return False
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError:
        os.ftruncate(handle, before)
        return False
    return True


class Room:
    """Where one open database may grow. Close it after the connection: closing would take SQLite's lock away."""

    def __init__(self, database: Path) -> None:
        self._handle = os.open(database, os.O_RDWR | os.O_CLOEXEC)

    def reserve(self, size: int) -> bool:
        """Whether the file has ``size`` bytes of the disk; it gets them if they are to be had."""
        return _allocate(self._handle, size)

    def plenty(self, size: int) -> bool:
        """Whether the disk has that much more."""
        return _free(self._handle) >= size

    def close(self) -> None:
        os.close(self._handle)
