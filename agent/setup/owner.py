"""Who the files of the agent belong to, and its folders where they are not there yet."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "poleagent"


def agent_user() -> tuple[int, int] | None:
    """User and group of the daemon; None where this user cannot give files away, or there is no such user."""
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(USER)
    except KeyError:
        return None
    return found.pw_uid, found.pw_gid


def make_state_folder(folder: Path) -> None:
    """The folder of the store, for the agent alone; systemd makes it so as well."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, parents=True)
    owner = agent_user()
    if owner is not None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            os.chown(handle, *owner)
        finally:
            os.close(handle)


@contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """Root is the user whose ``folder`` is until the block is over, and may in it what this user may.

    A link that somebody has put there under this user so leads root nowhere, and what is written belongs to the user.
    """
    owner = folder.stat() if os.geteuid() == 0 and folder.is_dir() else None
    if owner is None or owner.st_uid == 0:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    try:
        os.setgroups([])
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
