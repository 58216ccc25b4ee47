"""Requests of the platform: read, checked, carried out at most once, answered on one fixed topic.

What comes here is from outside: it is bounded, typed and dated before any of it is used, and each refusal is one
sentence in the reply. A response topic of the sender's choice is not followed, so that nobody can make a pole publish
elsewhere. The commands are those of ``contract.commands`` that are offered over MQTT.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from agent.errors import AgentError
from agent.system.clock import Clock
from agent.uplink import sentences as say
from contract.commands import COMMAND_BYTES, Command, CommandRow, Face, Reply, commands_of
from contract.types import Stamp

CommandHandler = Callable[[Any, str], Awaitable[msgspec.Struct]]
"""``await handler(args, id)``: the command's own struct and the command's id; an ``AgentError`` is a refusal."""

REMEMBERED = 256
"""Ids of harmless commands that are known again when they are repeated; older ones are forgotten."""
MOST_KEPT = 1024
"""Ids of other commands, which are kept over a restart until they expire; beyond it none is carried out."""
STATE = "commands"
"""Under which name the store keeps them."""
WAITING = 16
"""Commands that may wait for their turn, and replies for a link."""
TRIES = 3
"""Links that may be lost over one reply before it is dropped."""
ANSWER_S = 60.0
"""Longest time that a command may take."""
REPLY_BYTES = 256 * 1024
"""Longest result; a longer one is replaced by a sentence."""

_log = logging.getLogger("agent.uplink")


_COMMANDS = commands_of(Face.MQTT)
_ID_LENGTH = 64


class Refused(AgentError):
    """The command is not carried out; ``str()`` is the sentence for the reply."""


class Memory(Protocol):
    """Where ids are kept over a restart."""

    async def load_state(self, name: str) -> bytes | None: ...

    def save_state(self, name: str, value: bytes) -> None: ...

    async def flush(self) -> None: ...


class Desk:
    """Where commands are answered: one at a time, each id once. It outlives links, so no reply is lost with one."""

    def __init__(self, handlers: Mapping[str, CommandHandler], clock: Clock, memory: Memory | None = None) -> None:
        unknown = set(handlers) - set(_COMMANDS)
        if unknown:
            raise ValueError(say.NO_SUCH_COMMAND(unknown=sorted(unknown)))
        self._handlers = handlers
        self._clock = clock
        self._memory = memory
        self._kept: dict[str, datetime] = {}  # id -> when it expires
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._waiting: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue(WAITING)
        self._unsent: deque[bytes] = deque(maxlen=WAITING)
        self._tries = 0
        self.repeated = 0
        self.dropped = 0

    async def recall(self) -> None:
        """Once, before the first command: what was carried out before the start, and has not expired."""
        kept = await self._memory.load_state(STATE) if self._memory is not None else None
        try:
            self._kept = msgspec.json.decode(kept, type=dict[str, datetime]) if kept else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            _log.warning("the ids of earlier commands cannot be read: one that is repeated may be carried out again")

    def take(self, payload: bytes, *, retained: bool = False) -> None:
        """A command came; past ``WAITING`` of them it is dropped, and its sender's expiry passes unanswered."""
        try:
            self._waiting.put_nowait((payload, retained))
        except asyncio.QueueFull:
            self.dropped += 1

    async def next_reply(self) -> bytes:
        """The oldest reply that has not been acknowledged, else the answer to the next command."""
        if self._unsent and self._tries >= TRIES:
            self._unsent.popleft()
            self._tries = 0
            self.dropped += 1
        while not self._unsent:
            payload, retained = await self._waiting.get()
            reply = await self.answer(payload, retained=retained)
            if reply is not None:
                self._unsent.append(reply)
        self._tries += 1
        return self._unsent[0]

    def replied(self) -> None:
        """The reply that was given out last has arrived."""
        self._unsent.popleft()
        self._tries = 0

    async def answer(self, payload: bytes, *, retained: bool = False) -> bytes | None:
        """The reply to publish; None for a repeat, which has been answered already."""
        now = self._clock.now()
        try:
            command = read(payload, retained=retained)
        except Refused as exc:
            return _reply(_id_of(payload), now, error=str(exc))
        if command.id in self._seen or command.id in self._kept:
            self.repeated += 1
            return None
        self._seen[command.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        try:
            result = await self._carry_out(command, now)
        except AgentError as exc:
            return _reply(command.id, self._clock.now(), error=str(exc))
        except Exception:  # noqa: BLE001 - a bug in a command must not stop the measuring: its sender may send it again
            _log.exception("command %s %s failed", command.name, command.id)
            return _reply(command.id, self._clock.now(), error=say.FAILED_INSIDE_AGENT_SEE(name=command.name))
        return _reply(command.id, self._clock.now(), result=msgspec.json.encode(result))

    async def _carry_out(self, command: Command, now: Stamp) -> msgspec.Struct:
        row = _COMMANDS.get(command.name)
        handler = self._handlers.get(command.name)
        if row is None or handler is None:
            raise Refused(say.NO_COMMAND_POLE_KNOWS(name=command.name, handlers=", ".join(sorted(self._handlers))))
        _check_expiry(command, row, now)
        if not row.harmless:
            await self._keep(command, now)
        try:
            args = msgspec.json.decode(bytes(command.args) or b"{}", type=row.args)
        except (msgspec.DecodeError, RecursionError) as exc:
            raise Refused(say.ARGUMENTS_WRONG(name=command.name, exc=exc)) from exc
        _log.info("command %s %s", command.name, command.id)
        try:
            async with asyncio.timeout(ANSWER_S):
                return await handler(args, command.id)
        except TimeoutError as exc:
            raise Refused(say.TOOK_LONGER_THAN_STOPPED(name=command.name, answer_s=ANSWER_S)) from exc

    async def _keep(self, command: Command, now: Stamp) -> None:
        """On disk before it is carried out, so that a crash in between does not carry it out twice."""
        self._kept = {name: expires for name, expires in self._kept.items() if expires > now.utc}
        if len(self._kept) >= MOST_KEPT:
            raise Refused(say.COMMANDS_WERE_CARRIED_OUT(most_kept=MOST_KEPT))
        self._kept[command.id] = command.expires
        if self._memory is not None:
            self._memory.save_state(STATE, msgspec.json.encode(self._kept))
            await self._memory.flush()


def read(payload: bytes, *, retained: bool = False) -> Command:
    """A command out of hostile bytes; raises ``Refused``."""
    if retained:
        raise Refused(say.COMMAND_MUST_NOT_RETAINED())
    if len(payload) > COMMAND_BYTES:
        raise Refused(say.COMMAND_MOST_BYTES_ONE(command_bytes=COMMAND_BYTES, payload=len(payload)))
    try:
        return msgspec.json.decode(payload, type=Command)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
        raise Refused(say.NO_COMMAND(exc=exc)) from exc


class _Id(msgspec.Struct):
    id: str | int | float | bool | None = None


def _id_of(payload: bytes) -> str:
    """The id of what is otherwise no command, so that its sender can find the reply; ``?`` where there is none.

    A number is given back as text.
    """
    try:
        found = msgspec.json.decode(payload[: COMMAND_BYTES + 1], type=_Id).id
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return "?"
    text = found if isinstance(found, str) else "" if found is None else msgspec.json.encode(found).decode()
    return text[:_ID_LENGTH] or "?"


def _check_expiry(command: Command, row: CommandRow, now: Stamp) -> None:
    if not now.synced:
        if not row.harmless:
            raise Refused(say.POLES_CLOCK_NOT_BEEN())
    elif now.utc >= command.expires:
        expired = command.expires.isoformat(timespec="seconds").replace("+00:00", "Z")
        raise Refused(say.EXPIRED_NOW(expired=expired, utc=now.utc))


def _reply(name: str, now: Stamp, *, error: str | None = None, result: bytes | None = None) -> bytes:
    if result is not None and len(result) > REPLY_BYTES:
        error, result = say.RESULT_BYTES_REPLY_HOLDS(result=len(result), reply_bytes=REPLY_BYTES), None
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
