"""The daemon's side of a vision process's door: opens that camera, and nothing else, and hands it over.

The process names no address: what is opened stands in the settings. So whatever takes it over can reach this one camera
at its one port, and datagrams of it at the ports that it has named for one stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Sequence
from typing import Self

import msgspec

from agent.config.address import Address
from agent.errors import Retry
from agent.system.dns import addresses
from agent.vision.stream.door import CONNECT_S, LONGEST, DoorAsk, DoorReply, aim, open_path, pair_of_ports

_decoder = msgspec.json.Decoder(DoorAsk)


class Doorkeeper:
    """Serves one process through ``theirs``, which it inherits; as a context it closes all that is left open."""

    def __init__(self, where: Address | str) -> None:
        self._where = where
        self._own, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._own.settimeout(0)
        self._host = ""
        self._family = socket.AF_INET
        self._pair: tuple[socket.socket, socket.socket] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()
        self.theirs.close()
        self._drop()

    async def serve(self) -> None:
        """Until the process has gone, or says what is no question."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError, msgspec.DecodeError):
            while data := await loop.sock_recv(self._own, LONGEST):
                reply, handles = await self._answer(_decoder.decode(data))
                with contextlib.suppress(BlockingIOError):
                    socket.send_fds(self._own, [msgspec.json.encode(reply)], handles)
                for each in handles:
                    os.close(each)

    async def _answer(self, ask: DoorAsk) -> tuple[DoorReply, Sequence[int]]:
        """What to say, and descriptors that are closed once they are sent."""
        try:
            return DoorReply(), await self._opened(ask)
        except Retry as exc:
            return DoorReply(text=str(exc)), []
        except socket.gaierror:
            return DoorReply(error=errno.EADDRNOTAVAIL, name=True), []
        except TimeoutError:
            return DoorReply(error=errno.ETIMEDOUT), []
        except OSError as exc:
            return DoorReply(error=exc.errno or errno.EIO), []

    async def _opened(self, ask: DoorAsk) -> Sequence[int]:
        """Retry, OSError: why there is none."""
        if isinstance(self._where, str) != (ask.what == "path"):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        if isinstance(self._where, str):
            return [open_path(self._where)]
        if ask.what == "stream":
            return [await self._stream(self._where)]
        if ask.what == "datagrams":
            return self._datagrams()
        aim(self._pair, self._host, ask.ports)
        return []

    async def _stream(self, where: Address) -> int:
        async with asyncio.timeout(CONNECT_S):
            found = await addresses(where.host, where.port)
            error: OSError | None = None
            for family, kind, protocol, _, place in found:
                one = socket.socket(family, kind, protocol)
                one.settimeout(0)
                try:
                    await asyncio.get_running_loop().sock_connect(one, place)
                except OSError as exc:
                    one.close()
                    error = exc
                    continue
                except BaseException:
                    one.close()
                    raise
                self._family, self._host = family, place[0]
                return one.detach()
        raise error or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))

    def _datagrams(self) -> list[int]:
        self._drop()
        self._pair = pair_of_ports(self._family)
        return [os.dup(each.fileno()) for each in self._pair]

    def _drop(self) -> None:
        for each in self._pair or ():
            each.close()
        self._pair = None
