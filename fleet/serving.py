"""Runs a web application until it is cancelled, and ends it in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Never

import uvicorn
from starlette.types import ASGIApp

from fleet.pki import Pair

CLOSE_S = 2
"""How long requests that run may take once the platform stops; live streams end then."""
MOST_CONNECTIONS = 1_000


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


async def serve_web(app: ASGIApp, listening: socket.socket, pair: Pair | None) -> Never:
    """Serves ``app`` on the socket, with TLS where there is a certificate. Ends by cancellation only."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=CLOSE_S,
        ssl_certfile=pair.cert if pair else None,
        ssl_keyfile=pair.key if pair else None,
    )
    server = _Server(config)
    await server.serve(sockets=[listening])
    if server.cancelled:
        raise asyncio.CancelledError
    raise AssertionError("the web server runs until it is cancelled")
