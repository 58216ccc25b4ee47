"""The doctor takes the place of a daemon only where none runs: nobody at the socket alone is no proof of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.doctor import run
from agent.doctor.box import Box
from agent.doctor.checks import database as of_database
from agent.doctor.run import diagnose
from agent.store.database import held, new_database
from contract.diagnosis import Diagnosis

SETTINGS = """
[pole]
id = "a"
[store]
path = "{folder}/pole.db"
[local]
socket = "{folder}/elsewhere"
[uplink]
host = "127.0.0.1"
port = {port}
plain_text = true
[line.a]
tcp = "127.0.0.1:{port}"
[device.meter]
driver = "modbus_rtu"
line = "a"
unit = 7
profile = "pzem_004t"
"""
HOLDS = """
import sqlite3, sys
open_here = sqlite3.connect(sys.argv[1], isolation_level=None)
for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "user_version"):
    open_here.execute(f"PRAGMA {pragma}").fetchall()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another(database: Path) -> Iterator[None]:
    """Open in another process, as the daemon has it."""
    command = [sys.executable, "-c", HOLDS, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.communicate()


class Unit(Box):
    """A box whose systemd says ``state`` of the daemon."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self.state = state

    def unit(self) -> dict[str, str]:
        return {"ActiveState": self.state, "SubState": "x", "NRestarts": "0"} if self.state else {}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with new_database(tmp_path / "pole.db", 1000):
        pass
    return tmp_path / "pole.db"


async def looked_at(database: Path, state: str) -> tuple[Diagnosis, bytes]:
    """What is found, and all that broker and serial server were sent."""
    sent = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent.extend(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        settings = database.with_name("poleagent.toml")
        port = server.sockets[0].getsockname()[1]
        settings.write_text(SETTINGS.format(folder=database.parent, port=port), encoding="utf-8")
        only = frozenset({"daemon", "database", "lines", "link"})
        return await diagnose(settings, Unit(state), only=only), bytes(sent)


@pytest.mark.parametrize("state", ["active", "activating", "reloading"])
def test_a_daemon_that_runs_and_cannot_be_asked_keeps_session_ports_and_database(database: Path, state: str) -> None:
    found, sent = asyncio.run(looked_at(database, state))
    assert [cause.name for cause in found.causes] == ["daemon.mute"]
    assert state in found.causes[0].reading
    assert "not running" not in found.causes[0].reading
    assert {check.name for check in found.checks if check.why_not} == {"database", "lines", "link"}
    assert sent == b""


def test_a_daemon_that_systemd_knows_nothing_of_is_known_by_its_lock(database: Path) -> None:
    with held_by_another(database):
        found, sent = asyncio.run(looked_at(database, ""))
    assert [cause.name for cause in found.causes] == ["daemon.mute"]
    assert str(database) in found.causes[0].reading
    assert {check.name for check in found.checks if check.why_not} == {"database", "lines", "link"}
    assert sent == b""


@pytest.mark.parametrize("state", ["", "inactive", "failed"])
def test_in_the_place_of_a_dead_daemon_everything_is_tried(
    database: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, name in ((of_database, "INSPECT_S"), (of_database, "LIMIT_S"), (run, "LONGEST_S")):
        monkeypatch.setattr(place, name, 600.0)  # the machine may be busy
    found, sent = asyncio.run(looked_at(database, state))
    names = {cause.name for cause in found.causes}
    assert "daemon.stopped" in names
    assert not names & {"daemon.mute", "doctor.bug"}
    assert not [check for check in found.checks if check.why_not]
    assert sent


def test_the_lock_is_asked_for_and_not_taken(database: Path) -> None:
    assert not held(database)
    with held_by_another(database):
        assert held(database)
        assert held(database)
    assert not held(database)
    with pytest.raises(OSError, match="No such file"):
        held(database.with_name("none"))
