"""What the page does as root, in a process apart: write what is drawn for cameras, and start, stop and end the setup.

The process that serves the page gives its rights away before the first request; this one keeps them and takes four
messages from it, as lines of JSON over a socket, and nothing from the network. It ends when the socket does.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from agent.acquire.registry import find_drivers
from agent.errors import AgentError
from agent.setup.files import SettingsFiles
from agent.system.aside import aside
from agent.system.child import command
from agent.web import sentences as say

MESSAGE_BYTES = 1 << 20
END_S = 10.0
LAST_S = 1.0
"""A setup whose last word has come is gone within so long."""
PARTS = ("line", "zone", "gauge")
"""What the page draws for a camera."""


class WriteSettings(msgspec.Struct, frozen=True, kw_only=True, tag="commit"):
    """Texts of settings files: the main one, or ones of ``conf.d``. Only what the page draws may differ."""

    texts: dict[str, str]


class StartSetup(msgspec.Struct, frozen=True, tag="start"):
    """With two descriptors: the setup's standard input and output."""


class StopSetup(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """As Ctrl-C; ``now``: it is killed."""

    now: bool


class MayWrite(msgspec.Struct, frozen=True, tag="may"):
    """Whether the settings may be written."""


class KeeperOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """``error``: why not; empty: it is done."""

    error: str = ""


KeeperRequest = WriteSettings | StartSetup | StopSetup | MayWrite


class RightsKeeper:
    """The process's end of the socket ``door``; ``setup``: the command of the setup, without the settings."""

    def __init__(self, settings: Path, door: socket.socket, setup: Sequence[str]) -> None:
        self._files = SettingsFiles(settings)
        self._door = door
        self._setup = setup
        self._running: subprocess.Popen[bytes] | None = None

    def serve(self) -> None:
        """Until the other end is closed; a setup ends with it."""
        rest = b""
        while True:
            data, descriptors, _, _ = socket.recv_fds(self._door, 64 * 1024, 2)
            rest += data
            if not data or len(rest) > MESSAGE_BYTES:
                break
            *lines, rest = rest.split(b"\n")
            for line in lines:
                answer = self._answer(line, descriptors)
                self._door.sendall(msgspec.json.encode(answer) + b"\n")
            for descriptor in descriptors:
                os.close(descriptor)
        self._end()

    def _answer(self, line: bytes, descriptors: Sequence[int]) -> KeeperOutcome:
        try:
            request: KeeperRequest = msgspec.json.decode(line, type=KeeperRequest)
            if isinstance(request, WriteSettings):
                self._commit({Path(path): text for path, text in request.texts.items()})
            elif isinstance(request, StartSetup):
                self._start(descriptors)
            elif isinstance(request, StopSetup):
                self._stop(now=request.now)
            elif not os.access(self._files.main.parent, os.W_OK | os.X_OK):
                return KeeperOutcome(error=say.SETUP_NO_RIGHTS(folder=self._files.main.parent))
        except (msgspec.DecodeError, ValueError, RecursionError) as reason:
            return KeeperOutcome(error=say.NOT_UNDERSTOOD(why=reason))
        except AgentError as reason:
            return KeeperOutcome(error=str(reason))
        except OSError as reason:
            return KeeperOutcome(error=say.NOT_WRITTEN(why=(reason.strerror or str(reason)).lower()))
        return KeeperOutcome()

    def _commit(self, texts: Mapping[Path, str]) -> None:
        for path in texts:
            if path != self._files.main and (path.parent != self._files.more or path.suffix != ".toml"):
                raise AgentError(say.NOT_WRITTEN(why=f"{path} is no file of settings"))
        self._files.check(texts, find_drivers())
        for path, text in texts.items():
            if not _same_undrawn(text, self._files.text(path)):
                raise AgentError(say.MORE_THAN_DRAWN(file=path))
        self._files.commit(texts)

    def _start(self, descriptors: Sequence[int]) -> None:
        if self._running is not None:
            try:
                self._running.wait(LAST_S)
            except subprocess.TimeoutExpired as reason:
                raise AgentError(say.BUSY()) from reason
        if len(descriptors) != 2:
            raise AgentError(say.NOT_UNDERSTOOD(why="start"))
        asked, said = descriptors
        words = [*self._setup, str(self._files.main)]
        self._running = subprocess.Popen(words, stdin=asked, stdout=said, stderr=subprocess.DEVNULL)

    def _stop(self, *, now: bool) -> None:
        if self._running is not None and self._running.poll() is None:
            self._running.send_signal(signal.SIGKILL if now else signal.SIGINT)

    def _end(self) -> None:
        self._stop(now=False)
        if self._running is not None:
            try:
                self._running.wait(END_S)
            except subprocess.TimeoutExpired:
                self._running.kill()
                self._running.wait()


def _same_undrawn(new: str, old: str) -> bool:
    try:
        return _undrawn(new) == _undrawn(old)
    except (ValueError, AttributeError, TypeError):
        return False


def _undrawn(text: str) -> dict[str, Any]:
    """The settings without what the page draws."""
    table = tomllib.loads(text)
    for camera in table.get("camera", {}).values():
        for part in PARTS:
            camera.pop(part, None)
    return table


class KeeperDoor:
    """The page's end of the socket."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._turn = threading.Lock()

    async def ask(self, request: KeeperRequest, descriptors: Sequence[int] = ()) -> str:
        """Why it cannot be done; empty: it is done. AgentError: the process is gone."""
        return await aside(lambda: self._ask(request, descriptors), "ask the keeper")

    def _ask(self, request: KeeperRequest, descriptors: Sequence[int]) -> str:
        try:
            return self._answered(request, descriptors)
        except OSError as reason:
            raise AgentError(say.KEEPER_GONE()) from reason

    def _answered(self, request: KeeperRequest, descriptors: Sequence[int]) -> str:
        with self._turn:
            socket.send_fds(self._door, [msgspec.json.encode(request) + b"\n"], list(descriptors))
            answer = b""
            while not answer.endswith(b"\n"):
                data = self._door.recv(64 * 1024)
                if not data:
                    raise AgentError(say.KEEPER_GONE())
                answer += data
        return msgspec.json.decode(answer, type=KeeperOutcome).error


@contextmanager
def keeping(settings: Path, setup: Sequence[str] = ()) -> Iterator[KeeperDoor]:
    """A process that keeps the rights of this one while the block runs. ``setup``: another command for the setup."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            number = theirs.fileno()
            words = command("agent.web.keeper", str(settings.absolute()), str(number), *setup)
            process = subprocess.Popen(words, pass_fds=(number,), stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            yield KeeperDoor(ours)
        finally:
            ours.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(2 * END_S)


def main(settings: str, door: str, *setup: str) -> int:
    with socket.socket(fileno=int(door)) as opened:
        RightsKeeper(Path(settings), opened, setup or command("agent.setup.child")).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
