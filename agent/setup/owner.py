"""Who the files of the agent belong to, and its folders where they are not there yet."""

from __future__ import annotations

import os
import pwd
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
        os.chown(folder, *owner)
