"""A web server of the test's own that serves a folder, and does to it what the test wants."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Lock


class SiteServer(socketserver.ThreadingTCPServer):
    """Counts what it was asked and what it sent. ``break_after``: bytes of body after which each connection is cut."""

    allow_reuse_address = True
    daemon_threads = False

    def __init__(self, site: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site
        self.lock = Lock()
        self.asked: list[str] = []
        self.sent = 0
        self.bytes = 0
        """Of answers with their heads and of requests."""
        self.break_after = 0
        self.ranges = True
        self.instead: dict[str, bytes] = {}
        """Path -> what is sent in its place."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no matter."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SiteServer
    timeout = 30

    def do_GET(self) -> None:
        server = self.server
        name = self.path.lstrip("/")
        with server.lock:
            server.asked.append(name)
            server.bytes += len(self.requestline) + len(bytes(self.headers)) + 4
        path = server.site / name
        if name not in server.instead and not path.is_file():
            self._answer(404, b"", {})
            return
        data = server.instead.get(name) or path.read_bytes()
        start = 0
        wanted = self.headers.get("Range", "")
        if server.ranges and wanted.startswith("bytes="):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self._answer(416, b"", {})
                return
        about = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        self._answer(206 if start else 200, data[start:], about)

    def _answer(self, status: int, body: bytes, about: dict[str, str]) -> None:
        head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in about.items()) + "\r\n"
        server = self.server
        most = server.break_after if server.break_after and status in {200, 206} else 0
        cut = bool(most) and len(body) > most
        part = body[:most] if cut else body
        self.wfile.write(head.encode() + part)
        self.wfile.flush()
        with server.lock:
            server.sent += len(part)
            server.bytes += len(head) + len(part)
        if cut:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Nothing to the terminal."""


@contextmanager
def serving(site: Path) -> Iterator[SiteServer]:
    """The server, until the end of the block."""
    with SiteServer(site) as server, ThreadPoolExecutor(1) as executor:
        running = executor.submit(server.serve_forever, 0.05)
        try:
            yield server
        finally:
            server.shutdown()
            running.result()
