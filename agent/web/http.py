"""HTTP/1.1 over TLS for a handful of phones: h11 reads and writes the protocol, asyncio the bytes; all has a bound.

A connection over ``MOST_CONNECTIONS`` is closed at once, a request is whole within ``REQUEST_S`` or refused, one over
``HEAD_BYTES`` or ``BODY_BYTES`` too, and who does not fetch an answer within ``SEND_S`` loses the connection.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Never
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
import msgspec

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 24
"""A browser holds six; two phones and a laptop fit."""
HEAD_BYTES = 8 * 1024
BODY_BYTES = 32 * 1024
HANDSHAKE_S = 10.0
REQUEST_S = 15.0
"""How long a request may take, from the first wait for it to its last byte; so long an idle connection is kept."""
SEND_S = 20.0
MOST_REQUESTS = 200
"""On one connection; a browser opens another."""
_PIECE = 16 * 1024
_LEAST_GZIP = 1000


class WebRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request, whole. ``headers``: lower-case names; of one sent twice the values are joined by a comma."""

    method: str
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes = b""


class WebAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent back; ``headers`` in addition to those of length, type and connection."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = {}


Handle = Callable[[WebRequest], Awaitable[WebAnswer]]


class NotTaken(Exception):
    """A request that is answered with ``status`` and closed."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def serve(listener: socket.socket, tls: ssl.SSLContext, handle: Handle) -> Never:
    """Answers until it is cancelled. ``listener`` is bound, listens and does not block; ``handle`` never raises."""
    loop = asyncio.get_running_loop()
    open_now = 0

    async def talk(connection: socket.socket) -> None:
        nonlocal open_now
        try:
            with connection, suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await _connection(connection, tls, handle)
        finally:
            open_now -= 1

    async with asyncio.TaskGroup() as group:
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as reason:  # no file descriptors left: they come back
                log.warning("web: %s", reason.strerror)
                await asyncio.sleep(1.0)
                continue
            if open_now >= MOST_CONNECTIONS:
                connection.close()
                continue
            open_now += 1
            group.create_task(talk(connection))


async def _connection(connection: socket.socket, tls: ssl.SSLContext, handle: Handle) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2 * _PIECE)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, connection, ssl=tls, ssl_handshake_timeout=HANDSHAKE_S, ssl_shutdown_timeout=1.0
    )
    try:
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        await _requests(reader, writer, handle)
        with suppress(OSError):
            writer.write_eof() if writer.can_write_eof() else None
            writer.close()
            async with asyncio.timeout(2.0):
                await writer.wait_closed()
    finally:
        transport.abort()


async def _requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handle) -> None:
    """One request after the other, until one of both closes."""
    http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
    for _ in range(MOST_REQUESTS):
        try:
            async with asyncio.timeout(REQUEST_S):
                asked = await _request(reader, http)
        except h11.RemoteProtocolError as reason:
            await _send(writer, http, WebAnswer(status=reason.error_status_hint), close=True)
            return
        except NotTaken as reason:
            await _send(writer, http, WebAnswer(status=reason.status), close=True)
            return
        except TimeoutError:
            return
        if asked is None:
            return
        answer = await handle(asked)
        await _send(writer, http, _packed(asked, answer), head=asked.method == "HEAD")
        if http.our_state is not h11.DONE or http.their_state is not h11.DONE:
            return
        http.start_next_cycle()


async def _request(reader: asyncio.StreamReader, http: h11.Connection) -> WebRequest | None:
    """The next one; None: the other end has gone. NotTaken, h11.RemoteProtocolError: it is none that is taken."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                raise NotTaken(417)
            http.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Request):
            head = event
            if event.http_version not in {b"1.0", b"1.1"}:
                raise NotTaken(505)
            _bounded(event)
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_BYTES:
                raise NotTaken(413)
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            return _asked(head, bytes(body))
        else:
            return None


def _bounded(head: h11.Request) -> None:
    """NotTaken: its body is too large, or has two ends (RFC 9112, section 6.1: what smuggles requests)."""
    lengths = [value for name, value in head.headers if name == b"content-length"]
    if lengths and any(name == b"transfer-encoding" for name, _ in head.headers):
        raise NotTaken(400)
    if lengths and int(lengths[0]) > BODY_BYTES:
        raise NotTaken(413)


def _asked(head: h11.Request, body: bytes) -> WebRequest:
    try:
        address = urlsplit(head.target.decode("ascii"))
        query = dict(parse_qsl(address.query, max_num_fields=20, errors="strict"))
        path = unquote(address.path, errors="strict")
    except ValueError:  # UnicodeDecodeError is one
        raise NotTaken(400) from None
    if address.netloc or not path.startswith("/") or not path.isprintable():
        raise NotTaken(400)
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key, text = name.decode("ascii"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return WebRequest(method=head.method.decode("ascii"), path=path, query=query, headers=headers, body=body)


def _packed(asked: WebRequest, answer: WebAnswer) -> WebAnswer:
    if len(answer.body) < _LEAST_GZIP or "gzip" not in asked.headers.get("accept-encoding", ""):
        return answer
    headers = answer.headers | {"Content-Encoding": "gzip"}
    return msgspec.structs.replace(answer, body=gzip.compress(answer.body, 6, mtime=0), headers=headers)


async def _send(
    writer: asyncio.StreamWriter, http: h11.Connection, answer: WebAnswer, *, head: bool = False, close: bool = False
) -> None:
    headers = [("Content-Length", str(len(answer.body)))] if answer.status != 304 else []
    if answer.body:
        headers.append(("Content-Type", answer.kind))
    headers += list(answer.headers.items())
    if close:
        headers.append(("Connection", "close"))
    if http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
        return
    writer.write(http.send(h11.Response(status_code=answer.status, headers=headers)) or b"")
    if answer.body and not head:
        writer.write(http.send(h11.Data(data=answer.body)) or b"")
    writer.write(http.send(h11.EndOfMessage()) or b"")
    async with asyncio.timeout(SEND_S):
        await writer.drain()
