"""What can go wrong between a camera and its first frame, by how long to wait before it is tried again."""

from __future__ import annotations

import errno
import os
import socket

from agent.errors import Retry
from agent.vision import sentences as say


class NotThere(Retry):
    """No connection came about: trying again costs the camera nothing, and it may be back in a moment."""


class StreamRefused(Retry):
    """The camera refused user or password: each further try may lock the account, and prolongs the lock."""


class Ended(Retry):
    """A stream that was open ended, fell silent or broke."""


NO_USER = say.CAMERA_ASKS_USER_PASSWORD()
REFUSED = say.CAMERA_REFUSES_USER_OR()
LOCKED = frozenset({403, 423, 429})
"""Statuses of HTTP and RTSP by which cameras also answer a wrong password, or lock the account after several."""
_REASONS = {
    errno.ECONNREFUSED: say.NOTHING_ANSWERS_PORT_RIGHT(),
    errno.EHOSTUNREACH: say.NO_WAY_ADDRESS_CAMERA(),
    errno.ENETUNREACH: say.NO_WAY_ADDRESS_POLES(),
    errno.ETIMEDOUT: say.NO_ANSWER_TIME_CAMERA(),
    errno.ECONNRESET: say.CAMERA_ENDED_CONNECTION_ONCE(),
}


def why_not(error: OSError) -> str:
    """A sentence for who stands before the pole."""
    if isinstance(error, socket.gaierror):
        return say.NAME_CAMERA_UNKNOWN_SPELT()
    if isinstance(error, TimeoutError):
        return _REASONS[errno.ETIMEDOUT]
    return _REASONS.get(error.errno or 0, say.CANNOT_REACHED(what=os.strerror(error.errno) if error.errno else error))
