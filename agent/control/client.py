"""The other end of the control socket: blocking, and light to import, since a technician waits for it."""

from __future__ import annotations

import errno
import socket
from types import TracebackType
from typing import Self

import msgspec

from agent.control import sentences as say
from agent.control.protocol import ControlReply
from agent.errors import AgentError
from contract.requests import Args, NoArgs

PATIENCE_S = 10.0


class NotRunning(AgentError):
    """There is no agent behind the socket."""

    exit_status = 3


class NotAllowed(AgentError):
    """There is one, and it does not talk to this user."""

    exit_status = 4


class Client:
    """A connection to the running agent; use it in a ``with``. Raises NotRunning, NotAllowed or AgentError."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(PATIENCE_S)
        try:
            self._socket.connect(path)
        except OSError as reason:
            self._socket.close()
            raise _cannot_connect(path, reason) from reason
        self._answers = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._answers.close()
        self._socket.close()

    def ask(self, name: str, args: Args | None = None, *, wait_s: float = 0.0) -> bytes:
        """The answer's JSON, as the agent encoded it; ``wait_s`` is what the agent was allowed to wait itself."""
        request = {"ask": name, "args": args or NoArgs()}
        self._socket.settimeout(PATIENCE_S + wait_s)
        try:
            self._socket.sendall(msgspec.json.encode(request) + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # turned away at the door: the reason is there to be read
        except OSError as reason:
            raise self._silent() from reason
        try:
            line = self._answers.readline()
        except TimeoutError as reason:
            raise self._silent() from reason
        except ConnectionResetError as reason:
            raise self._gone() from reason
        if not line.endswith(b"\n"):
            raise self._gone()
        reply = msgspec.json.decode(line, type=ControlReply)
        if reply.denied:
            raise NotAllowed(f"{reply.error}.")
        if reply.error:
            raise AgentError(reply.error)
        return bytes(reply.result)

    def _gone(self) -> AgentError:
        return NotRunning(say.POLEAGENT_STOPPED_WHILE_ASKED(path=self._path))

    def _silent(self) -> AgentError:
        return AgentError(say.POLEAGENT_RUNNING_BUT_DOES(path=self._path))


def _cannot_connect(path: str, reason: OSError) -> AgentError:
    if isinstance(reason, PermissionError):
        return NotAllowed(say.YOU_MAY_NOT_USE(path=path))
    if reason.errno in (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR):
        return NotRunning(say.POLEAGENT_NOT_RUNNING_NOBODY(path=path))
    return AgentError(say.CANNOT_ASK_AGENT(path=path, what=reason.strerror or reason))
