"""What can go wrong between a camera and its first frame, by how long to wait before it is tried again."""

from __future__ import annotations

import errno
import os
import socket

from agent.errors import Retry


class NotThere(Retry):
    """No connection came about: trying again costs the camera nothing, and it may be back in a moment."""


class StreamRefused(Retry):
    """The camera refused user or password: each further try may lock the account, and prolongs the lock."""


class Ended(Retry):
    """A stream that was open ended, fell silent or broke."""


NO_USER = "the camera asks for a user and a password: write the user before the host, USER@, and set 'password_file'"
REFUSED = (
    "the camera refuses the user or the password (authentication). It is asked again after minutes: wrong ones lock"
    " the account. Correct them and reload"
)
_REASONS = {
    errno.ECONNREFUSED: "nothing answers at this port: is it the right one, and is the camera's stream switched on?",
    errno.EHOSTUNREACH: "there is no way to this address: is the camera on, and in this network?",
    errno.ENETUNREACH: "there is no way to this address: is the pole's network up?",
    errno.ETIMEDOUT: "no answer in time: is the camera on, and is the address right?",
    errno.ECONNRESET: "the camera ended the connection at once",
}


def why_not(error: OSError) -> str:
    """A sentence for who stands before the pole."""
    if isinstance(error, socket.gaierror):
        return "the name of the camera is unknown: is it spelt right, or better its address?"
    if isinstance(error, TimeoutError):
        return _REASONS[errno.ETIMEDOUT]
    return _REASONS.get(error.errno or 0, f"it cannot be reached: {os.strerror(error.errno) if error.errno else error}")
