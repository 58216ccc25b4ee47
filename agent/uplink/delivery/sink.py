"""What delivery needs of a transport, and what can become of one message."""

from __future__ import annotations

from typing import Literal, Protocol
from typing import Never as NoReturn

import msgspec

from agent.errors import Retry
from contract.envelope import Message
from contract.types import Lane


class Accepted(msgspec.Struct, frozen=True):
    """The other end has the message."""


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """Not now: the rows stay and the lane waits. ``unheard``: the other end works, and nobody would get the message.

    ``cause`` as of an ``AgentError``.
    """

    text: str
    cause: str = ""
    unheard: bool = False


class Never(msgspec.Struct, frozen=True):
    """Not this message, however often it is sent: it is split, and a single event is given up."""

    text: str


Outcome = Accepted | Later | Never


class Lost(Retry):
    """The link is over; nothing that was in flight is known to have arrived.

    ``by``: who ended it, as far as that is known: the other end in an orderly way, or for another box of the same id.
    """

    def __init__(self, text: str, *, by: Literal["", "other end", "double"] = "", cause: str = "") -> None:
        super().__init__(text, cause=cause)
        self.by = by


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What came down: a command or a watermark. ``retained``: it was kept by the broker, and is of no known age."""

    type: Literal["command", "watermark"]
    payload: bytes
    retained: bool = False


class Sink(Protocol):
    """Where messages go. ``in_flight`` is how many may be on their way at once."""

    @property
    def in_flight(self) -> int: ...

    async def send(self, lane: Lane, message: Message) -> Outcome:
        """What became of the message. Raises ``Lost``."""


class Wire(Sink, Protocol):
    """One link that is up, in both directions. Every method raises ``Lost`` once it is over."""

    @property
    def traffic(self) -> int:
        """Bytes in both directions so far."""

    async def listen(self, *, watermarks: bool) -> str:
        """Takes commands, and watermarks; what a person should know of it, empty when all is well."""

    async def receive(self) -> Received: ...

    async def status(self, payload: bytes) -> None:
        """Publishes the status, to be kept for later subscribers."""

    async def reply(self, payload: bytes) -> None: ...

    async def lost(self) -> NoReturn:
        """Returns never."""
