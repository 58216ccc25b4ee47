"""The page over real TLS in front of an agent that answers as canned, and a visitor who speaks HTTP to it."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from agent.config.settings import LocalSettings
from agent.config.web import WebSettings
from agent.control.server import open_control
from agent.status.recent import Recent
from agent.system.clock import SystemClock
from agent.web.app import WebApp
from agent.web.ask import DaemonDoor
from agent.web.certificate import server_tls
from agent.web.door import LogIns
from agent.web.http import serve
from agent.web.keeper import keeping
from agent.web.listen import listen
from agent.web.questions import Parts
from contract.events import Start
from contract.types import Event, Stamp
from tests.control.fake_agent import answers
from tests.status.canned import NOW

SETUP = """
from pathlib import Path
from agent.setup import child, flow
flow.local_networks = list
child.main(Path("/dev/pts"))
"""
"""The process of the setup, which asks no network for cameras, and may open what plays a device here."""


class Reply(msgspec.Struct, frozen=True):
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """``codes`` are those that the terminal showed; ``later(s)`` lets that time go by for the log-in."""

    def __init__(self, port: int, fingerprint: str, settings: Path) -> None:
        self.port = port
        self.fingerprint = fingerprint
        self.settings = settings
        self.codes: list[str] = []
        self.now = 0.0
        self.cookie = ""

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One request on a connection of its own; headers with '_' for '-', an empty one is not sent."""
        sent = {"Host": f"localhost:{self.port}", "Cookie": self.cookie}
        if method == "POST":
            sent |= {"Origin": self.origin, "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode() if method == "POST" else None
        return await asyncio.to_thread(self._ask, method, path, data, {key: each for key, each in sent.items() if each})

    def _ask(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=trusting(), timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    async def log_in(self) -> Reply:
        reply = await self.ask("POST", "/api/enter", {"code": self.codes[-1]})
        self.cookie = reply.headers.get("set-cookie", "").partition(";")[0]
        return reply

    async def raw(self, *pieces: bytes) -> bytes:
        """What comes back until the other end closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=trusting())
        try:
            with suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
            async with asyncio.timeout(120):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def settings_in(folder: Path, more: str = "") -> Path:
    path = folder / "poleagent.toml"
    text = f'[pole]\nid = "p1"\n[store]\npath = "{folder}/pole.db"\n[local]\nsocket = "{folder}/c.sock"\n{more}'
    path.write_text(text, encoding="utf-8")
    return path


@asynccontextmanager
async def served(folder: Path, *, agent: bool = True, more: str = "", **handlers: Any) -> AsyncIterator[Served]:
    """``agent``: False leaves the daemon dead; ``handlers`` answer commands in place of the canned ones."""
    path, socket_ = settings_in(folder, more), str(folder / "c.sock")
    recent = Recent()
    recent.add([Event.of("agent", Stamp(NOW, 1.0), Start(version="0.1.0", boot="b", clean=False))])
    setup = (sys.executable, "-c", SETUP)
    with (
        listen(WebSettings(interface="127.0.0.1", port=0)) as listener,
        keeping(path, setup) as keeper,
    ):  # any free port
        context, fingerprint, _ = server_tls(None, ("127.0.0.1",))
        page = Served(listener.getsockname()[1], fingerprint, path)
        log_ins = LogIns(lambda: page.now, page.codes.append)
        parts = Parts(DaemonDoor(socket_), path, socket_, keeper)
        app = WebApp(parts, log_ins, ("127.0.0.1",))
        async with asyncio.TaskGroup() as group:
            with ExitStack() as stack:
                tasks = [group.create_task(serve(listener, context, app.handle))]
                if agent:
                    control = stack.enter_context(open_control(LocalSettings(socket=socket_)))
                    tasks.append(group.create_task(control.serve(answers(recent) | handlers, SystemClock())))
                try:
                    yield page
                finally:
                    await parts.set_up.close()
                    for task in tasks:
                        task.cancel()
