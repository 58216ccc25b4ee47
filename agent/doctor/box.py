"""What the doctor asks of the machine; tests put files of their own before the kernel's."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Callable
from importlib.metadata import version as installed
from importlib.util import find_spec
from pathlib import Path

import msgspec

from agent.system.clock import Clock, SystemClock

UNIT = "poleagent.service"
_UNIT_S = 3.0
_ASKED = "ActiveState,SubState,Result,NRestarts,ExecMainStatus,User,SupplementaryGroups"


class User(msgspec.Struct, frozen=True):
    """Who the daemon runs as."""

    uid: int
    groups: frozenset[int]

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"user {self.uid}"

    def may(self, path: Path, wanted: int) -> bool:
        """Whether it may do ``wanted`` (os.R_OK, W_OK, X_OK) with ``path`` itself. OSError: there is no such file."""
        about = path.stat()
        if self.uid == 0:
            return True
        shift = 6 if about.st_uid == self.uid else 3 if about.st_gid in self.groups else 0
        return (about.st_mode >> shift) & wanted == wanted


class Box:
    """This machine. ``facts``: a folder whose files stand before those of the same name under ``/``."""

    def __init__(
        self,
        *,
        facts: Path | None = None,
        clock: Clock | None = None,
        sync: Callable[[int], object] = os.fsync,
        version: Callable[[str], str] = installed,
        present: Callable[[str], bool] = lambda library: find_spec(library) is not None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.sync = sync
        self.version = version
        self.present = present
        self._facts = facts

    def paths(self, pattern: str) -> list[Path]:
        """The files that fit a pattern without its first slash, in the order of names."""
        own = sorted(self._facts.glob(pattern)) if self._facts is not None else []
        return own or sorted(Path("/").glob(pattern))

    def text(self, name: str) -> str:
        """A file of the kernel by its name without the first slash; empty where there is none."""
        for root in (self._facts, Path("/")):
            if root is not None:
                try:
                    return (root / name).read_text(encoding="utf-8", errors="replace")
                except OSError:
                    continue
        return ""

    def read(self, path: Path) -> str:
        """What one of ``paths`` says; empty where it says nothing."""
        try:
            return path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def unit(self) -> dict[str, str]:
        """What systemd says of the daemon's unit; nothing where there is no systemd, or no such unit."""
        try:
            said = subprocess.run(
                ["systemctl", "show", UNIT, f"--property={_ASKED}"],
                capture_output=True, text=True, timeout=_UNIT_S, check=True,
            ).stdout  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return {}
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)


def user_of(folder: Path, unit: dict[str, str]) -> User:
    """Who the daemon is, or would be: as its unit says, else who owns the folder of its database, else this user."""
    named = unit.get("User", "")
    try:
        about = pwd.getpwnam(named) if named else pwd.getpwuid(folder.stat().st_uid)
    except (KeyError, OSError):
        return myself()
    groups = set(os.getgrouplist(about.pw_name, about.pw_gid))
    for name in unit.get("SupplementaryGroups", "").split():
        try:
            groups.add(grp.getgrnam(name).gr_gid)
        except KeyError:
            continue
    return User(about.pw_uid, frozenset(groups))


def myself() -> User:
    return User(os.geteuid(), frozenset({os.getegid(), *os.getgroups()}))
