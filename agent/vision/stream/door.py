"""The one way out of the process that decodes: its holder opens the camera, and nothing else.

``OwnDoor`` opens for itself, in ``poleagent vision test`` and ``replay``. In the daemon's vision process ``AskedDoor``
asks the daemon (``doorkeeper``), since that process may open neither sockets nor files.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import Literal, Protocol

import msgspec

from agent.config.address import Address
from agent.vision import sentences_stream as say
from agent.vision.stream.trouble import NotThere
from agent.vision.usb import why_closed

CONNECT_S = 4.0
"""Longest wait for one connection: a camera that starts while it is tried has answered the third SYN by then."""


class DoorAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the vision process wants opened; ``ports`` are the camera's, for datagrams that are to be aimed at it."""

    what: Literal["stream", "datagrams", "aim", "path"]
    ports: tuple[int, int] = (0, 0)


class DoorReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer: file descriptors with it, or why there are none: an error of the system, or a sentence.

    ``name``: the camera's name is unknown.
    """

    error: int = 0
    name: bool = False
    text: str = ""


LONGEST = 512
"""Bytes of a message."""


class Door(Protocol):
    """What is asked of the network raises OSError as the system does."""

    def stream(self) -> socket.socket:
        """A TCP connection to the camera."""

    def datagrams(self) -> tuple[socket.socket, socket.socket]:
        """Sockets on an even port and the next one."""

    def aim(self, ports: tuple[int, int]) -> None:
        """The datagram sockets talk to these ports of the camera, and receive from nobody else."""

    def path(self) -> int:
        """The source's device or file, open. NotThere: why it cannot be opened."""


class OwnDoor:
    """Opens for itself. ``where``: an address of a camera, or the path of a device or file."""

    def __init__(self, where: Address | str) -> None:
        self._where = where
        self._aimed: tuple[socket.socket, socket.socket] | None = None
        self._family = socket.AF_INET
        self._host = ""

    def stream(self) -> socket.socket:
        assert isinstance(self._where, Address)
        connected = socket.create_connection((self._where.host, self._where.port), CONNECT_S)
        self._family, self._host = connected.family, connected.getpeername()[0]
        return connected

    def datagrams(self) -> tuple[socket.socket, socket.socket]:
        self._aimed = pair_of_ports(self._family)
        return self._aimed

    def aim(self, ports: tuple[int, int]) -> None:
        aim(self._aimed, self._host, ports)

    def path(self) -> int:
        assert isinstance(self._where, str)
        return open_path(self._where)


class AskedDoor:
    """Asks through a Unix socket. OSError with ETIMEDOUT: there was no answer."""

    def __init__(self, asks: socket.socket) -> None:
        self._asks = asks
        asks.settimeout(2 * CONNECT_S)

    def _ask(self, ask: DoorAsk, count: int) -> list[int]:
        self._asks.send(msgspec.json.encode(ask))
        data, handles, _, _ = socket.recv_fds(self._asks, LONGEST, count)
        reply = msgspec.json.decode(data, type=DoorReply)
        if reply.text:
            raise NotThere(reply.text)
        if reply.name:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        if reply.error or len(handles) != count:
            raise OSError(reply.error or errno.EPROTO, os.strerror(reply.error or errno.EPROTO))
        return handles

    def stream(self) -> socket.socket:
        return socket.socket(fileno=self._ask(DoorAsk(what="stream"), 1)[0])

    def datagrams(self) -> tuple[socket.socket, socket.socket]:
        first, second = self._ask(DoorAsk(what="datagrams"), 2)
        return socket.socket(fileno=first), socket.socket(fileno=second)

    def aim(self, ports: tuple[int, int]) -> None:
        self._ask(DoorAsk(what="aim", ports=ports), 0)

    def path(self) -> int:
        return self._ask(DoorAsk(what="path"), 1)[0]


def open_path(path: str) -> int:
    """A device for reading and writing, a file for reading. NotThere: as it says."""
    device = path.startswith("/dev/")
    flags = os.O_RDWR if device else os.O_RDONLY
    try:
        handle = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if device:
            raise NotThere(why_closed(path)) from exc
        why = say.NO_SUCH_FILE() if exc.errno == errno.ENOENT else say.FILE_CANNOT_OPENED(strerror=exc.strerror)
        raise NotThere(f"{why}: {path}") from exc
    if not device and not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotThere(say.NO_FILE(path=path))
    return handle


def pair_of_ports(family: int, tries: int = 32) -> tuple[socket.socket, socket.socket]:
    """Datagram sockets on an even port and the next (RFC 3550, section 11). OSError: there are none."""
    any_host = "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104  # the camera's way to us is not known
    for _ in range(tries):
        first = socket.socket(family, socket.SOCK_DGRAM)
        second = socket.socket(family, socket.SOCK_DGRAM)
        try:
            first.bind((any_host, 0))
            port = first.getsockname()[1]
            if port % 2 == 0:
                second.bind((any_host, port + 1))
                first.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                return first, second
        except OSError:
            pass
        first.close()
        second.close()
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def aim(pair: tuple[socket.socket, socket.socket] | None, host: str, ports: tuple[int, int]) -> None:
    """OSError: there is no pair, or the camera's ports are none."""
    if pair is None or not all(0 < port < 65536 for port in ports):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    for each, port in zip(pair, ports, strict=True):
        each.connect((host, port))
