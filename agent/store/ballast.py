"""A file of no use but its size: on a full disk it is given up, so that there is room to delete and to carry on."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from agent.store.database import size_of

_CHUNK = 64 * 1024
_MARGIN = 1024 * 1024


class Ballast:
    def __init__(self, database: Path, size: int) -> None:
        self._path = Path(f"{database}.ballast")
        self._size = size

    @property
    def there(self) -> bool:
        return size_of(self._path) > 0

    def release(self) -> bool:
        """Give the room to the database; whether there was any. Never raises."""
        if not self.there:
            return False
        with suppress(OSError):  # a disk that cannot delete is blocked; the caller finds out by trying
            self._path.unlink()
            return True
        return False

    def room(self) -> bool:
        """Whether the disk has room again, for the ballast and more. Never raises."""
        try:
            disk = os.statvfs(self._path.parent)
        except OSError:
            return False
        return disk.f_bavail * disk.f_frsize > self._size + _MARGIN

    def rebuild(self) -> None:
        """Make the ballast where it is missing and there is room for it. Never raises: it is only a provision."""
        if size_of(self._path) == self._size or not self.room():
            return
        try:
            with self._path.open("wb") as file:
                for offset in range(0, self._size, _CHUNK):
                    file.write(os.urandom(min(_CHUNK, self._size - offset)))  # a compressing file system gives no room
        except OSError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
