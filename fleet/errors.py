"""What the platform says when something cannot be done: one sentence with what to do."""

from __future__ import annotations

from typing import ClassVar


class FleetError(Exception):
    """Something that was asked for cannot be done; ``str()`` is the sentence for the user."""

    exit_status: ClassVar[int] = 1


class NoSuch(FleetError):
    """What was asked about is not there."""


class Wrong(FleetError):
    """The question itself is wrong: a parameter, a filter, a cursor."""

    exit_status = 2
