"""Files that settings speak of: secrets and certificates, by path or as a systemd credential (``credential:NAME``)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from agent.config import sentences as say

_CREDENTIAL = "credential:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


_OFF_THE_POLE: ContextVar[bool] = ContextVar("off the pole", default=False)


@contextmanager
def off_the_pole() -> Iterator[None]:
    """Inside, files that settings speak of are not looked for: they are on another box."""
    token = _OFF_THE_POLE.set(True)
    try:
        yield
    finally:
        _OFF_THE_POLE.reset(token)


def here() -> bool:
    """Whether the files that settings speak of are expected on this box."""
    return not _OFF_THE_POLE.get()


def credential(name: str) -> str | None:
    """NAME of ``credential:NAME``; None for a plain path."""
    return name.removeprefix(_CREDENTIAL) if name.startswith(_CREDENTIAL) else None


def path_of(name: str) -> Path | None:
    """Where the file lies; None for a credential while systemd gives none (``poleagent check`` in a shell)."""
    wanted = credential(name)
    if wanted is None:
        return Path(name)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) / wanted if folder else None


def trouble(name: str, *, secret: bool) -> str:
    """Why the file ``name`` cannot be used, as a sentence without its beginning; empty where it can.

    ``secret`` files must not be readable by every user of the box, and their name is not repeated while it might be
    the secret itself.
    """
    wanted = credential(name)
    if wanted is not None and not _NAME.fullmatch(wanted):
        return say.EXPECTED_CREDENTIAL_NAME_LETTERS()
    if wanted is None and not name.startswith("/"):
        what = say.NEVER_SECRET_ITSELF() if secret else ""
        return say.EXPECTED_FULL_PATH_BEGINS(what=what)
    path = path_of(name) if here() else None
    return _unusable(path, secret=secret) if path is not None else ""


def why(error: OSError) -> str:
    """Why a file cannot be read, as the end of a sentence."""
    if isinstance(error, PermissionError):
        return say.CANNOT_READ_USER_TRY()
    return say.CANNOT_READ(what=(error.strerror or "no reason given").lower())


def _unusable(path: Path, *, secret: bool) -> str:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return say.NOT_PLAIN_FILE_2(path=path)
        with path.open("rb") as file:
            if not file.read(1):
                return say.EMPTY(path=path)
    except OSError as error:
        return f"{path} {why(error)}"
    if secret and about.st_mode & stat.S_IROTH:
        return say.CAN_READ_EVERY_USER(path=path)
    return ""
