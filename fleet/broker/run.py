"""Runs the broker, or finds the one that an earlier start left running, and tells it of new access rules."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pwd
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Never

import msgspec

from fleet.broker import files
from fleet.broker.takeover import end_connection
from fleet.errors import FleetError
from fleet.pki import Authority, write

AGAIN_S = 1.0
"""Pause before a broker that ended is started again, and between two looks at one that was found."""
log = logging.getLogger(__name__)

TRIAL = (
    "the broker is the NATS server of a wheel, for a trial on this machine only: it does not know poles by their "
    "certificates, takes no claims, and speaks MQTT 3.1.1; install mosquitto for poles"
)


class BrokerHealth(msgspec.Struct, kw_only=True):
    """``text`` is why something is not well, empty when all is; ``starts`` are those of this process."""

    program: str
    state: Literal["waiting", "running", "found", "down"] = "waiting"
    port: int
    text: str = ""
    starts: int = 0


def find_program() -> tuple[str, Literal["mosquitto", "nats-server"]]:
    """Path and name of the broker that is there; ``FleetError`` says how to get one."""
    places = f"{Path(sys.executable).parent}:/usr/sbin:/usr/local/sbin"
    for name in ("mosquitto", "nats-server"):
        if path := shutil.which(name) or shutil.which(name, path=places):
            return path, name
    raise FleetError("there is no MQTT broker: install mosquitto (apt-get install mosquitto)")


class FleetBroker:
    """The broker of a folder. ``run`` ends by cancellation only, and then a broker that it has started ends too."""

    def __init__(self, folder: Path, listener: files.BrokerPort, authority: Authority, prefix: str) -> None:
        self._folder = folder
        self._listener = listener
        self._authority = authority
        self._prefix = prefix
        self._path, name = find_program()
        self.encrypted = name == "mosquitto"
        self.health = BrokerHealth(program=name, port=listener.port, text="" if self.encrypted else TRIAL)

        self.up = asyncio.Event()
        """Set once the broker was there for the first time."""

    def prepare(self, names: Iterable[str], revoked: Iterable[str], banned: Iterable[str]) -> None:
        """Writes all its files. ``revoked``: serials of certificates; ``banned``: poles that may do nothing."""
        if not self.encrypted:
            write(self._settings, files.nats(self._folder, self._listener.port).encode())
            return
        pair = self._authority.server(names)
        user = pwd.getpwuid(os.geteuid()).pw_name
        settings = files.mosquitto(
            self._folder, self._listener, ca=self._authority.file, cert=pair.cert, key=pair.key, user=user
        )
        write(self._settings, settings.encode())
        self.allow(revoked, banned)

    def allow(self, revoked: Iterable[str], banned: Iterable[str]) -> None:
        """Writes the access rules and the list of revoked certificates, and has a running broker read them."""
        if not self.encrypted:
            return
        write(self._folder / "revoked.pem", self._authority.revocations(revoked))
        write(self._folder / "access", files.access(self._prefix, banned).encode())
        self.reload()

    def reload(self) -> None:
        """Has a running broker read its certificate, its access rules and its list of revoked certificates again."""
        if (process := self._running()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGHUP)

    async def end(self, pole: str) -> None:
        """Ends the connection of ``pole``; one with a certificate that is not revoked may come back."""
        if self.encrypted and self._running() is not None:
            address = self._listener.address or "127.0.0.1"
            await end_connection(self._authority, pole, address, self._listener.port)

    async def run(self) -> Never:
        while True:
            if self._running() is not None:
                self.health.state = "found"
                self.up.set()
                await asyncio.sleep(AGAIN_S)
                continue
            await self._start()

    async def _start(self) -> None:
        """Runs a broker of our own until it ends."""
        if await self._answers():
            self.health.state = "down"
            self._say(f"port {self._listener.port} is taken by another program: end it, or choose --mqtt-port")
            await asyncio.sleep(AGAIN_S)
            return
        try:
            process = await asyncio.create_subprocess_exec(
                self._path, "-c", str(self._settings), stdout=asyncio.subprocess.DEVNULL, start_new_session=True
            )
        except OSError as reason:
            self.health.state = "down"
            self._say(f"{self._path} cannot be started: {reason.strerror}")
            await asyncio.sleep(AGAIN_S)
            return
        try:
            self.health.starts += 1
            while process.returncode is None and not await self._answers():  # noqa: ASYNC110  # another program
                await asyncio.sleep(0.05)
            if process.returncode is None:
                self.health.state = "running"
                self.up.set()
                self._say("" if self.encrypted else TRIAL)
            status = await process.wait()
            self.health.state = "down"
            self._say(f"{self.health.program} ended with status {status}, and is started again")
            await asyncio.sleep(AGAIN_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    @property
    def _settings(self) -> Path:
        return self._folder / f"{self.health.program}.conf"

    def _running(self) -> int | None:
        """The process id of a broker that runs with our settings; None where there is none."""
        try:
            process = int((self._folder / "pid").read_text(encoding="ascii"))
            command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return process if os.fsencode(self._settings) in command else None

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(self._listener.address or "127.0.0.1", self._listener.port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    def _say(self, text: str) -> None:
        if text != self.health.text:
            if text:
                log.warning("%s", text)
            self.health.text = text
