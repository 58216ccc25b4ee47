"""A line as bytes: a serial port, a TCP connection, or a recording. Waiting is exact and costs one wake-up.

Every way of losing the line is a ``Retry`` whose sentence names the port and says what to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Protocol

from agent.acquire import sentences as say
from agent.acquire.rfc2217 import Telnet
from agent.acquire.tty import is_recording, open_serial
from agent.config.settings import LineSettings
from agent.errors import Retry
from agent.system.dns import addresses
from agent.system.timer import Timer

CHUNK = 4096
CONNECT_S = 5.0
SEND_S = 5.0
LATE_STEP_S = 2e-6
GONE = (say.WENT_AWAY, say.CHECK_PLUGGED_IN())
GONE_OVER_TCP = (say.CLOSED_CONNECTION, say.CHECK_NETWORK_POWER())


class Transport(Protocol):
    """One open line. A call of ``wake`` ends a wait early; the waiter looks at the time itself.

    ``late_s``: what a wake-up costs on this box at least.
    """

    late_s: float

    async def send(self, data: bytes) -> None:
        """Hand over all of ``data``; raises Retry."""

    async def receive(self, within_s: float) -> bytes:
        """What has arrived, waiting ``within_s`` at most for the first byte; ``b""`` = nothing. Raises Retry."""

    async def pause(self, seconds: float) -> None:
        """Let the time pass, exact to a fraction of a bit time at common speeds."""

    def waiting(self) -> bytes:
        """What has arrived, without waiting. Raises Retry."""

    def wake(self) -> None:
        """End the wait that is going on."""


class FdTransport:
    """A serial port or socket, by its non-blocking file descriptor."""

    def __init__(self, fd: int, name: str, *, over_tcp: bool = False) -> None:
        self._fd = fd
        self._name = name
        self._gone_words = GONE_OVER_TCP if over_tcp else GONE
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._timer = Timer(self.wake)
        self.late_s = 0.0

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._timer.close()

    def wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def waiting(self) -> bytes:
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return b""
        except OSError as exc:
            raise self._gone(exc) from exc
        if not data:
            raise self._gone(None)
        return data

    async def receive(self, within_s: float) -> bytes:
        data = self.waiting()
        if data or within_s <= 0:
            return data
        self._loop.add_reader(self._fd, self.wake)
        late = self._loop.call_later(within_s, self.wake)
        try:
            await self._wait()
        finally:
            late.cancel()
            self._loop.remove_reader(self._fd)
        return self.waiting()

    async def pause(self, seconds: float) -> None:
        clock = self._loop.time
        begun = clock()
        self._timer.set(seconds - self.late_s)
        await self._wait()
        # what every wake-up costs on this box is taken off: the least that was seen, so that none comes early
        late_s = clock() - begun - seconds + self.late_s
        self.late_s = max(0.0, min(late_s, self.late_s + LATE_STEP_S))

    async def send(self, data: bytes) -> None:
        rest = data
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                await self._writable()
            except OSError as exc:
                raise self._gone(exc) from exc

    async def _writable(self) -> None:
        end = self._loop.time() + SEND_S
        self._loop.add_writer(self._fd, self.wake)
        late = self._loop.call_at(end, self.wake)
        try:
            await self._wait()
        finally:
            late.cancel()
            self._loop.remove_writer(self._fd)
        if self._loop.time() >= end:
            raise Retry(say.NOTHING_CAN_SENT(name=self._name, send_s=SEND_S, gone_words=self._gone_words[1]))

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _gone(self, exc: OSError | None) -> Retry:
        why = f" ({exc.strerror})" if exc and exc.strerror else ""
        return Retry(f"{self._gone_words[0](name=self._name, why=why)} {self._gone_words[1]}")


class Rfc2217Transport(FdTransport):
    """A connection to a server that sets its serial port as it is asked."""

    def __init__(self, fd: int, name: str, settings: LineSettings) -> None:
        super().__init__(fd, name, over_tcp=True)
        self._telnet = Telnet(settings)

    async def agree(self) -> None:
        """Return when the port is set as wanted; raises Retry where it is not, with what to do."""
        end = self._loop.time() + CONNECT_S
        await super().send(self._telnet.greeting())
        while not self._telnet.ready and not self._telnet.refused:
            if self._loop.time() >= end:
                raise Retry(say.DOES_NOT_ANSWER_RFC(name=self._name))
            await self.receive(end - self._loop.time())
        if self._telnet.refused:
            raise Retry(say.SERVER_REFUSES(name=self._name, what=self._telnet.refused))

    async def send(self, data: bytes) -> None:
        await super().send(self._telnet.encode(data))

    def waiting(self) -> bytes:
        data, answer = self._telnet.feed(super().waiting())
        if answer:
            with contextlib.suppress(OSError):  # a full buffer: the server will have to do without
                os.write(self._fd, answer)
        return data


class TransportReplay:
    """A recording instead of a device: all its bytes at once, then silence; what is sent is forgotten."""

    def __init__(self, data: bytes) -> None:
        self.late_s = 0.0
        self._data = data
        self._woken = asyncio.Event()

    async def send(self, data: bytes) -> None:
        """Nobody listens."""

    async def receive(self, within_s: float) -> bytes:
        data = self.waiting()
        if not data:
            await self.pause(within_s)
        return data

    async def pause(self, seconds: float) -> None:
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)

    def waiting(self) -> bytes:
        data, self._data = self._data[:CHUNK], self._data[CHUNK:]
        return data

    def wake(self) -> None:
        self._woken.set()


def port_name(settings: LineSettings) -> str:
    """What people call the line's far end."""
    return settings.port or settings.tcp or ""


@contextlib.asynccontextmanager
async def open_transport(settings: LineSettings) -> AsyncIterator[Transport]:
    """The line, open while the block runs; stale input is thrown away. A plain file is a recording. Raises Retry."""
    name = port_name(settings)
    if settings.port and is_recording(settings.port):
        yield TransportReplay(_recording(settings.port))
        return
    async with contextlib.AsyncExitStack() as stack:
        if settings.tcp:
            fd = await _connect(settings.tcp, stack)
        else:
            port = open_serial(settings)
            stack.callback(port.close)
            fd = port.fileno()
        transport = (
            Rfc2217Transport(fd, name, settings)
            if settings.rfc2217
            else FdTransport(fd, name, over_tcp=settings.tcp is not None)
        )
        stack.callback(transport.close)
        if isinstance(transport, Rfc2217Transport):
            await transport.agree()
        yield transport


def _recording(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a small file, read once
            return file.read()
    except OSError as exc:
        raise Retry(f"{path}: {exc.strerror}") from exc


async def _connect(address: str, stack: contextlib.AsyncExitStack) -> int:
    import socket  # noqa: PLC0415 - only a line over TCP needs it

    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            found = await addresses(host.strip("[]"), int(port))
            family, kind, protocol, _, where = found[0]
            link = stack.enter_context(socket.socket(family, kind, protocol))
            link.setblocking(False)  # noqa: FBT003 - the standard library has it so
            await loop.sock_connect(link, where)
    except TimeoutError as exc:
        raise Retry(say.DOES_NOT_ANSWER_WITHIN(address=address, connect_s=CONNECT_S)) from exc
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise Retry(say.CHECK_ADDRESS_POWER_CABLE(address=address, why=why)) from exc
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a peer that lost power does not close
    for option, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 30_000)):
        if hasattr(socket, option):  # Linux has them all
            link.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return link.fileno()
