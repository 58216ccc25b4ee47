"""Runs a platform until it is stopped, and a web application until it is cancelled, and ends them in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Coroutine, Iterator
from typing import Never

import uvicorn
from starlette.types import ASGIApp

from fleet.errors import FleetError
from fleet.pki import Pair

CLOSE_S = 2
"""How long requests that run may take once the platform stops; live streams end then."""
MOST_CONNECTIONS = 1_000


async def until_stopped(platform: Coroutine[None, None, Never]) -> None:
    """Ends at SIGTERM or SIGINT."""
    task = asyncio.current_task()
    assert task is not None
    for how in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(how, task.cancel)
    try:
        await platform
    except asyncio.CancelledError:
        return


class _Server(uvicorn.Server):
    """Cancellation ends it in order; signals are the composition root's business."""

    cancelled = False

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        try:
            await super().main_loop()
        except asyncio.CancelledError:
            self.cancelled = True


def pages_tls(pair: Pair) -> ssl.SSLContext:
    """What shows this certificate; another one that is loaded into it is shown from the next connection on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pair.cert, pair.key)
    return context


def listening(address: str, port: int) -> socket.socket:
    """A socket for ``serve_web``; raises ``FleetError``."""
    opened = socket.socket()
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((address, port))
    except OSError as reason:
        opened.close()
        raise FleetError(f"port {port} cannot be opened: {reason.strerror}; choose another with --web-port") from reason
    return opened


async def serve_web(app: ASGIApp, listening: socket.socket, tls: ssl.SSLContext | None) -> Never:
    """Serves ``app`` on the socket, with TLS where ``tls`` is there. Ends by cancellation only."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=CLOSE_S,
    )
    config.load()
    config.ssl = tls
    server = _Server(config)
    await server.serve(sockets=[listening])
    if server.cancelled:
        raise asyncio.CancelledError
    raise AssertionError("the web server runs until it is cancelled")
