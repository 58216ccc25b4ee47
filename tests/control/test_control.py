"""The control socket: who may ask, what a dead agent leaves behind, and what bad clients cannot do."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import grp
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.config.settings import LocalSettings
from agent.control import server as control
from agent.control.client import Client
from agent.control.server import Control, Handler, open_control
from agent.errors import ConfigError, Retry
from agent.status.recent import Recent
from agent.system.clock import SystemClock
from contract.requests import NoArgs, PingResult
from tests.control.fake_agent import answers
from tests.status.canned import NOW

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, as pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="poleagent-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


class Talk:
    """A client that sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, raw: bytes) -> dict[str, object]:
        self.writer.write(raw + b"\n")
        await self.writer.drain()
        reply: dict[str, object] = json.loads(await self.reader.readline())
        return reply


@contextlib.asynccontextmanager
async def talk(path: Path) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 20)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def served(path: Path, story: Callable[[Control], Awaitable[None]], handlers: dict[str, Handler] | None = None) -> None:
    """Run ``story`` next to a server at ``path``."""

    async def both(opened: Control) -> None:
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            serving = group.create_task(opened.serve(handlers or answers(Recent()), SystemClock()))
            await story(opened)
            serving.cancel()

    with open_control(LocalSettings(socket=str(path))) as opened:
        asyncio.run(both(opened))


def test_one_connection_carries_many_questions(tmp_path: Path) -> None:
    async def story(_: Control) -> None:
        async with talk(tmp_path / "s") as client:
            for _again in range(3):
                assert "'version': '0.1.0', 'uptime_s': 1.0" in str(await client.ask(b'{"ask":"ping"}'))

    served(tmp_path / "s", story)


def test_what_is_wrong_with_a_question_is_said_and_the_next_is_answered(tmp_path: Path) -> None:
    async def story(_: Control) -> None:
        async with talk(tmp_path / "s") as client:
            assert "not a request" in str(await client.ask(b"hello"))
            assert "nobody answers 'sattus'; there is device, events, ping, readings, reload, status" in str(
                await client.ask(b'{"ask":"sattus"}')
            )
            assert "recursion" in str(await client.ask(b'{"ask":"ping","args":' + b"[" * 60_000))
            assert "$.last" in str(await client.ask(b'{"ask":"events","args":{"last":0}}'))
            assert "result" in await client.ask(b'{"ask":"ping"}')

    served(tmp_path / "s", story)


def test_a_bug_in_an_answer_is_logged_and_the_server_lives(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: NoArgs, __: str) -> PingResult:
        raise ZeroDivisionError

    async def story(_: Control) -> None:
        async with talk(tmp_path / "s") as client:
            assert "ping failed inside the agent" in str(await client.ask(b'{"ask":"ping"}'))
            assert "ping failed inside the agent" in str(await client.ask(b'{"ask":"ping"}'))

    served(tmp_path / "s", story, {"ping": broken})
    assert "ZeroDivisionError" in caplog.text


def test_an_endless_question_is_not_listened_to(tmp_path: Path) -> None:
    async def story(_: Control) -> None:
        async with talk(tmp_path / "s") as client:
            with contextlib.suppress(OSError):
                for _again in range(64):
                    client.writer.write(b"x" * 65536)
                    await client.writer.drain()
            with contextlib.suppress(OSError):
                assert await client.reader.read() == b""

    served(tmp_path / "s", story)


def test_who_asks_nothing_is_shown_the_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "IDLE_S", 0.05)

    async def story(opened: Control) -> None:
        async with talk(tmp_path / "s") as client:
            assert await client.reader.read() == b""
        assert opened.clients == 0

    served(tmp_path / "s", story)


def test_an_answer_of_megabytes_arrives_whole_and_who_does_not_fetch_it_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def long(_: NoArgs, __: str) -> PingResult:
        return PingResult(version="x" * 5_000_000, uptime_s=1.0, received=NOW)

    async def story(opened: Control) -> None:
        with Client(str(tmp_path / "s")) as client:
            assert len(await asyncio.to_thread(client.ask, "ping")) > 5_000_000
        monkeypatch.setattr(control, "SEND_S", 0.05)
        with socket.socket(socket.AF_UNIX) as lazy:
            lazy.connect(str(tmp_path / "s"))
            lazy.sendall(b'{"ask":"ping"}\n')
            while opened.clients == 0:
                await asyncio.sleep(0.01)
            while opened.clients:
                await asyncio.sleep(0.01)

    served(tmp_path / "s", story, {"ping": long})


def test_one_client_too_many_reads_why_and_the_others_stay(tmp_path: Path) -> None:
    async def story(opened: Control) -> None:
        async with contextlib.AsyncExitStack() as stack:
            first = [await stack.enter_async_context(talk(tmp_path / "s")) for _ in range(control.MOST_CLIENTS)]
            for client in first:
                assert "result" in await client.ask(b'{"ask":"ping"}')
            late = await stack.enter_async_context(talk(tmp_path / "s"))
            assert "try again in a moment" in (await late.reader.readline()).decode()
            assert "result" in await first[0].ask(b'{"ask":"ping"}')
            assert opened.turned_away == 1

    served(tmp_path / "s", story)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(st.binary(max_size=200), st.text(max_size=60).map(str.encode)))
def test_no_bytes_upset_the_answering(raw: bytes) -> None:
    reply = asyncio.run(control._answer(raw, answers(Recent())))
    assert reply.error
    assert not bytes(reply.result)


def test_what_a_dead_agent_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with open_control(LocalSettings(socket=str(path))):
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


def test_a_second_agent_is_refused_in_one_sentence_and_the_first_stays(tmp_path: Path) -> None:
    path = LocalSettings(socket=str(tmp_path / "s"))
    with open_control(path):
        with pytest.raises(Retry, match="another agent is running and answers at"), open_control(path):
            pass
        assert (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing/s", "cannot make .*: No such file or directory; the folder must be there"),
        ("file", "is there and is not a socket; choose another path"),
        ("x" * 120, "longer than 107 bytes"),
    ],
)
def test_a_place_that_cannot_be_used_is_named(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ConfigError, match=sentence), open_control(LocalSettings(socket=str(tmp_path / name))):
        pass
    assert (tmp_path / "file").read_text() == "precious"


def test_a_system_that_is_short_of_something_is_worth_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(socket.socket, "bind", full)
    with pytest.raises(Retry, match="No space left on device"), open_control(LocalSettings(socket=str(tmp_path / "s"))):
        pass


def test_a_group_that_is_not_there_is_named(tmp_path: Path) -> None:
    wrong = LocalSettings(socket=str(tmp_path / "s"), group="no-such-group")
    with pytest.raises(ConfigError, match="no group 'no-such-group'"), open_control(wrong):
        pass


def test_only_root_and_the_agents_user_get_in_without_a_group(tmp_path: Path) -> None:
    with open_control(LocalSettings(socket=str(tmp_path / "s"))):
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users")
def test_members_of_the_group_get_in_and_strangers_do_not(open_folder: Path) -> None:
    path, group = open_folder / "s", grp.getgrnam("dialout")

    def other(*groups: int) -> str:
        code = (
            "import os, socket\n"
            "from contextlib import suppress\n"
            f"os.setgroups({list(groups)}); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
            f"s = socket.socket(socket.AF_UNIX); s.connect({str(path)!r})\n"
            'with suppress(OSError): s.sendall(b\'{"ask":"ping"}\\n\')\n'
            "print(s.makefile().readline())"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
        return done.stdout + done.stderr

    async def both(opened: Control) -> None:
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(opened.serve(answers(Recent()), SystemClock()))
            assert "uptime_s" in await asyncio.to_thread(other, group.gr_gid)
            assert "PermissionError" in await asyncio.to_thread(other)
            path.chmod(0o666)  # as if the folder's owner had been careless: the peer is looked at all the same
            assert "only root and members of the group 'dialout' may ask" in await asyncio.to_thread(other)
            serving.cancel()

    with open_control(LocalSettings(socket=str(path), group="dialout")) as opened:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.stat().st_gid == group.gr_gid
        asyncio.run(both(opened))
