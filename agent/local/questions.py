"""What may be asked over the control socket and what comes back, in one table for both ends.

One line of JSON each way, any number of times per connection: ``{"ask": "events", "args": {"last": 5}}`` brings
``{"result": {...}}`` or ``{"error": "one sentence"}``. To follow something, the next question names the last
``cursor`` it has seen and how long the answer may wait for something newer: nobody is sent more than he asked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from agent.health import DeviceAnswer
from agent.local.status import PoleStatus
from agent.types import Reading, Stamp

LONGEST_WAIT_S = 30.0
DEVICE_S = 15.0
"""How long a device may take for one request: its time-outs, retries, and the turns of others before it."""
MOST_EVENTS = 200
MOST_READINGS = 5000


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ask: Annotated[str, Meta(max_length=32)]
    args: msgspec.Raw = msgspec.Raw(b"{}")


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``result``, or ``error``: one sentence for the person who asked; ``denied`` where he may not ask at all."""

    result: msgspec.Raw = msgspec.Raw()
    error: str = ""
    denied: bool = False


class Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a question says; as it stands, nothing."""


class EventsArgs(Args, frozen=True, kw_only=True):
    """The newest ``last`` events, or all after the one with ``cursor`` ``after``, oldest first.

    With ``after`` the answer waits up to ``wait_s`` for the first one.
    """

    last: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 20
    after: Annotated[int, Meta(ge=0)] | None = None
    wait_s: Annotated[float, Meta(ge=0, le=LONGEST_WAIT_S)] = 0.0
    source: str | None = None
    kind: str | None = None


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it was handed to the store; ``body`` is its wire form."""

    cursor: int
    at: Stamp
    lane: str
    kind: str
    source: str
    body: msgspec.Raw


class EventsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``cursor`` is where to go on; it grows even where a filter let nothing through."""

    events: tuple[EventLine, ...]
    cursor: int


class ReadingsArgs(Args, frozen=True, kw_only=True):
    """Readings kept on the pole, oldest first: the newest ``last`` of those taken after ``after``."""

    last: Annotated[int, Meta(ge=1, le=MOST_READINGS)] = 20
    after: datetime | None = None
    device: str | None = None
    quantity: str | None = None


class ReadingsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    readings: tuple[Reading, ...]


class DeviceArgs(Args, frozen=True, kw_only=True):
    """Have ``device`` do ``action``: ``read`` its values at once, or one of its driver's actions."""

    device: str
    action: str = "read"


class ReloadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``problems`` empty: the settings of ``revision`` are in force; else nothing was changed."""

    revision: str
    applied: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class PingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    uptime_s: float


QUESTIONS: dict[str, tuple[type[Args], type[msgspec.Struct]]] = {
    "ping": (Args, PingAnswer),
    "status": (Args, PoleStatus),
    "events": (EventsArgs, EventsAnswer),
    "readings": (ReadingsArgs, ReadingsAnswer),
    "device": (DeviceArgs, DeviceAnswer),
    "reload": (Args, ReloadAnswer),
}
"""Name -> what it says, what it brings."""
