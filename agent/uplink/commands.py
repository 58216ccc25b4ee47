"""Requests of the platform: read, checked, carried out at most once, answered on one fixed topic.

What comes here is from outside: it is bounded, typed and dated before any of it is used, and each refusal is one
sentence in the reply. A response topic of the sender's choice is not followed, so that nobody can make a pole publish
elsewhere. Adding a command is adding a row to ``COMMANDS`` and handing its handler to the uplink.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.clock import Clock
from agent.errors import AgentError
from agent.health import DeviceAnswer
from agent.types import Stamp
from agent.uplink.wire import COMMAND_BYTES, Command, Reply

CommandHandler = Callable[[Any, str], Awaitable[msgspec.Struct]]
"""``await handler(args, id)``: the command's own struct and the command's id; an ``AgentError`` is a refusal."""

REMEMBERED = 256
"""Ids of commands that are known again when they are repeated; older ones are forgotten."""
WAITING = 16
"""Commands that may wait for their turn, and replies for a link."""
TRIES = 3
"""Links that may be lost over one reply before it is dropped."""
ANSWER_S = 60.0
"""Longest time that a command may take."""
REPLY_BYTES = 256 * 1024
"""Longest result; a longer one is replaced by a sentence."""

_log = logging.getLogger("agent.uplink")


class Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the arguments of one command."""


class PingArgs(Args, frozen=True, kw_only=True):
    """Nothing is asked."""


class Pong(msgspec.Struct, frozen=True, kw_only=True):
    """The pole is there and answers."""

    received: datetime


class StatusArgs(Args, frozen=True, kw_only=True):
    """Nothing is asked; the result is what ``poleagent status --json`` prints on the pole."""


class BackfillArgs(Args, frozen=True, kw_only=True):
    """Which part of the ring of raw readings to deliver, as ``backfill`` events in the raw lane."""

    device: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64)] | None,
        Meta(description="null for all quantities of the device"),
    ] = None
    since: Annotated[datetime, Meta(tz=True, description="first moment, inclusive")]
    until: Annotated[datetime, Meta(tz=True, description="last moment, exclusive; at most 31 days after since")]


class DeviceArgs(Args, frozen=True, kw_only=True):
    """What one device of the pole is to do at once; what it can beside ``read`` is its driver's to say."""

    device: Annotated[str, Meta(min_length=1, max_length=64)]
    action: Annotated[str, Meta(min_length=1, max_length=32, description="read, identify, self_test ...")] = "read"


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What is on its way in the raw lane: events of kind ``backfill`` with ``request`` = the command's id."""

    readings: int
    parts: int


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One command. ``harmless``: changes nothing, so it is answered even while the clock cannot tell its expiry."""

    name: str
    text: str
    args: type[Args]
    result: type[msgspec.Struct]
    harmless: bool = False


COMMANDS: tuple[Kind, ...] = (
    Kind(
        name="ping",
        text="Answers, to show that the way there and back is open.",
        args=PingArgs,
        result=Pong,
        harmless=True,
    ),
    Kind(
        name="status",
        text="Everything that the pole knows about its own health.",
        args=StatusArgs,
        result=msgspec.Struct,
        harmless=True,
    ),
    Kind(name="backfill", text="Delivers raw readings that the pole has kept.", args=BackfillArgs, result=Promise),
    Kind(
        name="device",
        text="Has a device read at once, before all others on its line, or do an action that its driver knows.",
        args=DeviceArgs,
        result=DeviceAnswer,
    ),
)
_KINDS = {kind.name: kind for kind in COMMANDS}


async def ping(clock: Clock) -> Pong:
    return Pong(received=clock.now().utc)


class Refused(AgentError):
    """The command is not carried out; ``str()`` is the sentence for the reply."""


class Desk:
    """Where commands are answered: one at a time, each id once. It outlives links, so no reply is lost with one."""

    def __init__(self, handlers: Mapping[str, CommandHandler], clock: Clock) -> None:
        unknown = set(handlers) - set(_KINDS)
        if unknown:
            raise ValueError(f"no such command: {sorted(unknown)}")
        self._handlers = handlers
        self._clock = clock
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self._unsent: deque[bytes] = deque(maxlen=WAITING)
        self._tries = 0
        self.repeated = 0
        self.dropped = 0

    def take(self, payload: bytes) -> None:
        """A command came; past ``WAITING`` of them it is dropped, and its sender's expiry passes unanswered."""
        try:
            self._waiting.put_nowait(payload)
        except asyncio.QueueFull:
            self.dropped += 1

    async def next_reply(self) -> bytes:
        """The oldest reply that has not been acknowledged, else the answer to the next command."""
        if self._unsent and self._tries >= TRIES:
            self._unsent.popleft()
            self._tries = 0
            self.dropped += 1
        while not self._unsent:
            reply = await self.answer(await self._waiting.get())
            if reply is not None:
                self._unsent.append(reply)
        self._tries += 1
        return self._unsent[0]

    def replied(self) -> None:
        """The reply that was given out last has arrived."""
        self._unsent.popleft()
        self._tries = 0

    async def answer(self, payload: bytes) -> bytes | None:
        """The reply to publish; None for a repeat, which has been answered already."""
        now = self._clock.now()
        try:
            command = read(payload)
        except Refused as exc:
            return _reply(_id_of(payload), now, error=str(exc))
        if command.id in self._seen:
            self.repeated += 1
            return None
        self._seen[command.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        try:
            result = await self._carry_out(command, now)
        except AgentError as exc:
            return _reply(command.id, self._clock.now(), error=str(exc))
        except Exception:  # noqa: BLE001 - a bug in a command must not stop the measuring: whoever sent it may send it again
            _log.exception("command %s %s failed", command.name, command.id)
            return _reply(command.id, self._clock.now(), error=f"{command.name} failed inside the agent; see its log")
        return _reply(command.id, self._clock.now(), result=msgspec.json.encode(result))

    async def _carry_out(self, command: Command, now: Stamp) -> msgspec.Struct:
        kind = _KINDS.get(command.name)
        handler = self._handlers.get(command.name)
        if kind is None or handler is None:
            raise Refused(f"there is no command {command.name!r}; this pole knows {', '.join(sorted(self._handlers))}")
        _check_expiry(command, kind, now)
        try:
            args = msgspec.json.decode(bytes(command.args) or b"{}", type=kind.args)
        except (msgspec.DecodeError, RecursionError) as exc:
            raise Refused(f"the arguments of {command.name} are wrong: {exc}") from exc
        _log.info("command %s %s", command.name, command.id)
        try:
            async with asyncio.timeout(ANSWER_S):
                return await handler(args, command.id)
        except TimeoutError as exc:
            raise Refused(f"{command.name} took longer than {ANSWER_S:g} s and was stopped") from exc


def read(payload: bytes) -> Command:
    """A command out of hostile bytes; raises ``Refused``."""
    if len(payload) > COMMAND_BYTES:
        raise Refused(f"a command has at most {COMMAND_BYTES} bytes, this one has {len(payload)}")
    try:
        return msgspec.json.decode(payload, type=Command)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
        raise Refused(f"this is no command: {exc}") from exc


class _Id(msgspec.Struct):
    id: Annotated[str, Meta(min_length=1, max_length=64)] = "?"


def _id_of(payload: bytes) -> str:
    """The id of what is otherwise no command, so that its sender can find the reply; ``?`` where there is none."""
    try:
        return msgspec.json.decode(payload[: COMMAND_BYTES + 1], type=_Id).id
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return "?"


def _check_expiry(command: Command, kind: Kind, now: Stamp) -> None:
    if not now.synced:
        if not kind.harmless:
            raise Refused("the pole's clock has not been set yet, so it cannot tell whether this command has expired")
    elif now.utc >= command.expires:
        expired = command.expires.isoformat(timespec="seconds").replace("+00:00", "Z")
        raise Refused(f"expired at {expired}; it is {now.utc:%H:%M:%SZ} now")


def _reply(name: str, now: Stamp, *, error: str | None = None, result: bytes | None = None) -> bytes:
    if result is not None and len(result) > REPLY_BYTES:
        error, result = f"the result has {len(result)} bytes, a reply holds {REPLY_BYTES}", None
    return msgspec.json.encode(
        Reply(
            id=name,
            ok=error is None,
            at=now.utc,
            clock="synced" if now.synced else "unsynced",
            error=error[:1000] if error else None,
            result=None if result is None else msgspec.Raw(result),
        )
    )
