"""What the platform says when something cannot be done: one sentence with what to do."""

from __future__ import annotations

from typing import ClassVar


class FleetError(Exception):
    """Something that was asked for cannot be done; ``str()`` is the sentence for the user."""

    exit_status: ClassVar[int] = 1
    http_status: ClassVar[int] = 409


class NoSuch(FleetError):
    """What was asked about is not there."""

    http_status = 404


class Wrong(FleetError):
    """The question itself is wrong: a parameter, a filter, a cursor."""

    exit_status = 2
    http_status = 400


class Stranger(FleetError):
    """Nobody is logged in, or the name, password, session, link or token is not good."""

    http_status = 401


class Denied(FleetError):
    """The one who asks may not do this."""

    http_status = 403


class TooOften(FleetError):
    """Asked too often; ``again_s`` is how long to wait."""

    http_status = 429

    def __init__(self, text: str, again_s: float) -> None:
        super().__init__(text)
        self.again_s = again_s
