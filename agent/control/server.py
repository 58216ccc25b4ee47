"""The control socket: the one door through which people on the pole talk to the running agent.

It knows no part of the agent: ``app`` hands in the handlers of the commands that the socket offers.
"""

from __future__ import annotations

import asyncio
import errno
import grp
import logging
import os
import socket
import stat
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Never

import msgspec

from agent.config.settings import LocalSettings
from agent.control import sentences as say
from agent.control.protocol import ControlReply, ControlRequest
from agent.errors import AgentError, ConfigError, Retry
from agent.system.clock import Clock
from contract.commands import Face, commands_of

log = logging.getLogger(__name__)

_COMMANDS = commands_of(Face.SOCKET)
Handler = Callable[[Any, str], Awaitable[msgspec.Struct]]
"""``await handler(args, id)`` takes the command's own struct and its id (``""`` over the socket) and gives its result;
raises AgentError with a sentence for who asked."""

MOST_CLIENTS = 16
LONGEST_REQUEST = 64 * 1024
IDLE_S = 60.0
"""A client that asks nothing for so long is shown the door, as is one that does not fetch its answer in SEND_S."""
SEND_S = 10.0
_FOLDER_IS_WRONG = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS)
_LONGEST_PATH = 107  # struct sockaddr_un, unix(7)
_SO_PEERGROUPS = 59  # socket(7), Linux 4.13; Python has no name for it
_UID_MAP = Path("/proc/self/uid_map")  # user_namespaces(7)
_ALL_USERS = 2**32 - 1
_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid


class Control:
    """A socket that is bound and listens; ``serve`` answers. Made by ``open_control``."""

    def __init__(self, listener: socket.socket, group: int | None) -> None:
        self._listener = listener
        self._group = group
        self._sees_users = _sees_users()
        self.clients = 0
        self.turned_away = 0

    async def serve(self, handlers: Mapping[str, Handler], clock: Clock) -> Never:
        """Answer for ever, each client in its own task."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as clients:
            while True:
                try:
                    client, _ = await loop.sock_accept(self._listener)
                except OSError as reason:  # no file descriptors left: they come back
                    log.warning("control socket: %s", reason.strerror)
                    await clock.sleep(1.0)
                    continue
                clients.create_task(self._talk(client, handlers))

    async def _talk(self, client: socket.socket, handlers: Mapping[str, Handler]) -> None:
        loop = asyncio.get_running_loop()
        self.clients += 1
        try:
            with client, suppress(OSError):  # he went away, or was too slow (TimeoutError is one)
                if refused := self._refuse(client):
                    self.turned_away += 1
                    await _send(loop, client, refused)
                    return
                buffer = bytearray()
                while line := await _line(loop, client, buffer):
                    await _send(loop, client, await _answer(line, handlers))
        finally:
            self.clients -= 1

    def _refuse(self, client: socket.socket) -> ControlReply | None:
        if self.clients > MOST_CLIENTS:
            return ControlReply(error=say.OTHERS_ASKING_ALREADY_TRY(most_clients=MOST_CLIENTS))
        if not self._sees_users:
            return None  # who could connect may ask: the socket's mode has said so
        _, uid, gid = _CREDENTIALS.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if uid in (0, os.geteuid()) or self._group in {gid, *_groups(client)}:
            return None
        who = "root" if self._group is None else say.ROOT_MEMBERS_GROUP(group=_group_name(self._group))
        return ControlReply(error=say.ONLY_MAY_ASK_AGENT(who=who), denied=True)


@contextmanager
def open_control(settings: LocalSettings) -> Iterator[Control]:
    """The socket of ``settings``, open until the end of the block. What a dead agent left behind is replaced.

    Raises ConfigError where a person has to change something, and Retry where waiting may help: another agent is
    alive, or the system is short of something. The unit starts us again after the latter only.
    """
    path = Path(settings.socket)
    group = _group_id(settings.group)
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise ConfigError(say.LOCAL_SOCKET_LONGER_THAN(path=path, longest_path=_LONGEST_PATH))
    _clear(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(str(path))
        except OSError as reason:
            kind = ConfigError if reason.errno in _FOLDER_IS_WRONG else Retry
            raise kind(say.LOCAL_SOCKET_CANNOT_MAKE(path=path, strerror=reason.strerror)) from reason
        made = path.stat()
        try:
            _permit(path, group, settings.group)
            listener.listen(MOST_CLIENTS)
            listener.setblocking(False)  # noqa: FBT003 - the socket module's own signature
            yield Control(listener, group)
        finally:
            with suppress(FileNotFoundError):
                if path.stat().st_ino == made.st_ino:  # not that of a successor
                    path.unlink()


def _clear(path: Path) -> None:
    """Remove the socket of a process that is gone."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigError(say.LOCAL_SOCKET_NOT_SOCKET(path=path))
    except OSError:  # not there, or not for us to see: bind() says why
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        answer = probe.connect_ex(str(path))
    if answer == errno.ECONNREFUSED:
        with suppress(OSError):  # bind() says why
            path.unlink()
    elif answer != errno.ENOENT:
        raise Retry(say.ANOTHER_AGENT_RUNNING_ANSWERS(path=path))


def _permit(path: Path, group: int | None, name: str | None) -> None:
    """Nobody can connect before ``listen()``, so there is no moment with too many rights."""
    if group is None:
        path.chmod(0o600)
        return
    try:
        if path.stat().st_gid != group:
            os.chown(path, -1, group)
    except OSError as reason:
        raise ConfigError(say.LOCAL_GROUP_SOCKET_CANNOT(name=name, os=_group_name(os.getegid()))) from reason
    path.chmod(0o660)


def _sees_users() -> bool:
    """Whether the kernel tells us who the others are; in a user namespace (PrivateUsers=) all strangers look alike."""
    try:
        rows = [list(map(int, row.split())) for row in _UID_MAP.read_text(encoding="ascii").splitlines()]
    except OSError:
        return True
    return any(count >= _ALL_USERS for _, _, count in rows)


def _group_id(name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError(say.LOCAL_GROUP_NO_GROUP(name=name)) from None


def _group_name(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)


def _groups(client: socket.socket) -> tuple[int, ...]:
    """The supplementary groups that the client's process has; none where there are more than 256 (ERANGE)."""
    try:
        raw = client.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 1024)
    except OSError:
        return ()
    return struct.unpack(f"{len(raw) // 4}I", raw)


async def _line(loop: asyncio.AbstractEventLoop, client: socket.socket, buffer: bytearray) -> bytes:
    """The next line without its end; ``b""`` when the client hung up, asked too much, or sent an empty line."""
    async with asyncio.timeout(IDLE_S):
        while (end := buffer.find(b"\n")) < 0:
            if len(buffer) > LONGEST_REQUEST:
                return b""
            data = await loop.sock_recv(client, LONGEST_REQUEST)
            if not data:
                return b""
            buffer += data
    line = bytes(buffer[:end])
    del buffer[: end + 1]
    return line


async def _send(loop: asyncio.AbstractEventLoop, client: socket.socket, reply: ControlReply) -> None:
    async with asyncio.timeout(SEND_S):
        await loop.sock_sendall(client, msgspec.json.encode(reply) + b"\n")


async def _answer(line: bytes, handlers: Mapping[str, Handler]) -> ControlReply:
    try:
        request = msgspec.json.decode(line, type=ControlRequest)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as reason:
        return ControlReply(error=say.NOT_REQUEST(reason=reason))
    if request.ask not in handlers:
        return ControlReply(error=say.NOBODY_ANSWERS(ask=request.ask, handlers=", ".join(sorted(handlers))))
    try:
        args = msgspec.json.decode(request.args, type=_COMMANDS[request.ask].args)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as reason:
        return ControlReply(error=f"{request.ask}: {reason}")
    try:
        answer = await handlers[request.ask](args, "")
    except AgentError as reason:
        return ControlReply(error=str(reason))
    except Exception:  # a bug in a question must not stop the measuring: somebody would ask it every two seconds
        log.exception("control socket: %s failed", request.ask)
        return ControlReply(error=say.FAILED_INSIDE_AGENT_JOURNALCTL(ask=request.ask))
    return ControlReply(result=msgspec.Raw(msgspec.json.encode(answer)))
