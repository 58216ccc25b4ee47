"""Passwords, and secrets that are shown once."""

from __future__ import annotations

import hashlib
import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from fleet.errors import Wrong

SHORTEST, LONGEST = 12, 128
_AT_ONCE = BoundedSemaphore(2)
"""A check takes 64 MiB; more log-ins at once wait."""
_argon = PasswordHasher()  # argon2id with the parameters of RFC 9106, 4.: 64 MiB, 3 passes, 4 lanes
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$MQpfazQ/jIFJFoasO3nwkQ$Ys3pBEa0w/DRFkFpflbGN82eKoV+AfKtoFLPnl+Am+0"
"""Of no password: a log-in under a name that does not exist takes as long as any other."""


def new_secret() -> str:
    """256 bits from the system, as text for a link, a cookie or a header."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is kept of a secret. It has 256 bits, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def seal(name: str, password: str) -> str:
    """What is kept of a password; raises ``Wrong`` for one that is too easy to guess or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Wrong(f"the password has {len(password)} characters: choose {SHORTEST} to {LONGEST}")
    if name.lower() in password.lower() or len(set(password)) < 5:
        raise Wrong("the password is too easy to guess: leave out the name and repeated characters")
    with _AT_ONCE:
        return _argon.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one that ``kept`` is of; takes the same time where nothing is kept."""
    with _AT_ONCE:
        try:
            return _argon.verify(kept or _NOBODY, password[: LONGEST + 1]) and kept is not None
        except (Argon2Error, InvalidHashError):
            return False
