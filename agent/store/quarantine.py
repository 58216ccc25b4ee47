"""A broken database is set aside, never deleted at once, and what can be read of it is carried over.

Each step is one rename, so that a power cut at any moment leaves a state from which ``settle`` goes on:
``pole.db`` -> ``pole.db.salvage`` -> (a new ``pole.db`` next to it) -> ``pole.db.broken-NNN-TIME``.
"""

from __future__ import annotations

import errno
import logging
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.store import sentences as say
from agent.store.budget import Budget
from agent.store.database import SUFFIXES, size_of
from agent.store.pages import commits_after
from agent.store.room import sync_folder
from agent.store.salvage import NO_ROOM, Salvaged, SalvageOrder, build
from agent.system.child import command
from contract.types import Stamp

_KEPT = 2
_LONGEST_S = 300.0
_log = logging.getLogger(__name__)


class Quarantine:
    """Deals with the files of one database while none of them is open."""

    def __init__(self, path: Path, budget: Budget, max_bytes: int) -> None:
        self._path = path
        self._budget = budget
        self._max_bytes = max_bytes
        self._pending = aside(path)
        self._new = path.with_name(path.name + ".new")
        self._reason = ""

    def accuse(self, reason: str) -> None:
        """The file is broken; ``settle`` must deal with it before anybody opens it again."""
        self._reason = reason

    def settle(self, now: Stamp) -> bool:
        """Set aside what was accused and carry over; whether a new file took the place of an old one.

        Raises ``OSError`` where the disk does not let it; then nothing is lost and ``settle`` may be called again.
        """
        if self._pending.exists() and self._path.exists() and not self._reason:
            self._archive(self._pending, now)
        if self._reason and self._path.exists():
            _log.error("the database is set aside: %s", self._reason)
            if self._pending.exists():  # rescued from under us; what stands in its place is somebody else's
                self._archive(self._path, now)
            else:
                move(self._path, self._pending)
        if self._pending.exists():
            move(self._path, self._pending)  # only a log may be there, if a power cut came between two renames
            if kept_log(self._path).exists():
                kept_log(self._path).rename(f"{self._pending}-wal")
        else:
            self._new.unlink(missing_ok=True)
            self._reason = ""
            return False
        reason = self._reason or say.EARLIER_RECOVERY_INTERRUPTED()
        carried = self._carry_over(reason)
        self._archive(self._pending, now)
        self._reason = ""
        _log.warning("a new database took its place; %d events were carried over", carried)
        return True

    def _carry_over(self, reason: str) -> int:
        order = SalvageOrder(
            old=str(self._pending),
            new=str(self._new),
            reason=reason,
            pages=self._budget.use_pages,
            damaged_log=commits_after(Path(f"{self._pending}-wal"), 0) > 0,
        )
        salvage = command("agent.store.salvage", msgspec.json.encode(order).decode())
        try:
            child = subprocess.run(salvage, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
            status, answer, complaint = child.returncode, child.stdout, child.stderr.strip()
        except subprocess.TimeoutExpired:
            status, answer, complaint = 1, "", say.TOOK_MORE_THAN(longest_s=_LONGEST_S)
        if status == 0:
            carried = int(answer)
        elif status == NO_ROOM:
            raise OSError(errno.ENOSPC, complaint)
        else:
            _log.error("nothing could be carried over: %s", complaint)
            carried = build(order, Salvaged())
        self._new.rename(self._path)
        sync_folder(self._path.parent)
        return carried

    def _archive(self, source: Path, now: Stamp) -> None:
        """Give the broken file its last name, and let go of the oldest ones beyond what may be kept."""
        known = broken(self._path)
        number = 1 + max((int(path.name.split("-")[-2]) for path in known), default=0)
        target = self._path.with_name(f"{self._path.name}.broken-{number:03d}-{now.utc:%Y%m%dT%H%M%SZ}")
        move(source, target)
        kept = [*known, target]
        while len(kept) > _KEPT or (len(kept) > 1 and sum(map(weight, kept)) > self._max_bytes):
            delete(kept.pop(0))
        sync_folder(self._path.parent)


def broken(path: Path) -> list[Path]:
    """The broken files that are kept of a database, the oldest first."""
    found = path.parent.glob(path.name + ".broken-*Z")
    return sorted(each for each in found if each.name.split("-")[-2].isdigit())


def drop_broken(path: Path) -> bool:
    """Give up the oldest broken file that is kept, for room; whether there was one. Never raises."""
    with suppress(OSError):
        for oldest in broken(path)[:1]:
            delete(oldest)
            _log.warning("the disk is full: %s, a broken database that was kept, is deleted", oldest.name)
            return True
    return False


def delete(path: Path) -> None:
    for suffix in SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def aside(path: Path) -> Path:
    """Where a database waits for what can be read of it to be carried over."""
    return path.with_name(path.name + ".salvage")


def kept_log(path: Path) -> Path:
    return Path(f"{path}-wal.kept")


def keep_log(path: Path) -> None:
    """Give the log another name, under which it outlives the closing of the database."""
    target = kept_log(path)
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(f"{path}-wal")
    except OSError:  # a file system without links
        shutil.copyfile(f"{path}-wal", target)


def weight(path: Path) -> int:
    """Bytes of a database with what belongs to it."""
    return sum(size_of(Path(f"{path}{suffix}")) for suffix in SUFFIXES)


def move(source: Path, target: Path) -> None:
    """Rename a database with what belongs to it; what an interrupted move left behind follows."""
    for suffix in SUFFIXES:
        part = Path(f"{source}{suffix}")
        if part.exists():
            part.rename(f"{target}{suffix}")
    sync_folder(target.parent)
