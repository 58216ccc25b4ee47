"""What ``poleagent update`` and ``poleagent what-if`` leave in the state folder belongs to the agent's user."""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cli import _sentences as say
from agent.errors import ConfigError, Retry


def become_owner(state: Path) -> None:
    """Root becomes the user whose the state folder is: what root would leave in it, the timer's runs could not use."""
    if os.geteuid() != 0 or not state.is_dir():
        return
    owner = state.stat()
    if owner.st_uid:
        try:
            os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
        except KeyError:  # a user without a name has no further groups
            os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


@contextmanager
def updating(home: Path, *more: Path) -> Iterator[None]:
    """The folder ``home`` of updates and ``more`` are there, and nobody else works in them.

    ConfigError: this user may not write there; Retry: another process is at work.
    """
    folder = home
    try:
        for folder in (*more, home):
            _make(folder)
        lock = (home / "lock").open("a", encoding="ascii")
    except PermissionError as exc:
        raise ConfigError(say.MAY_NOT_WRITE(folder=folder)) from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Retry(say.ANOTHER_POLEAGENT_UPDATE_WORK()) from exc
        yield


def _make(folder: Path) -> None:
    """PermissionError: it cannot be made, or nothing can be written in it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise PermissionError
