"""A platform that is spread over processes: pages here, cells there, one database; each does its part."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from contract.commands import Command
from contract.watermark import read_watermark
from fleet.api.parts import PartNow, parts_now, troubles
from fleet.app import ROLES, ServeSettings, Serving, serve
from fleet.control import ask
from fleet.desk.file import open_desk
from fleet.desk.parts import _say
from fleet.enrol import desk
from fleet.errors import FleetError
from fleet.folder import Folder
from fleet.jobs import desk as jobs
from fleet.query.reader import reading
from fleet.store.server import Server
from tests.fleet.poles import message
from tests.fleet.servers import rows
from tests.fleet.test_serve import TestPole, connected, next_on, now, online, over, platform
from tests.uplink.support import until

WHOLE = {"broker a", "broker b", "ingest a", "ingest b", "notifications jobs", "upkeep jobs"}


@contextlib.asynccontextmanager
async def city(folder: Path, where: Server) -> AsyncIterator[dict[str, Serving]]:
    """Pages, two cells, and the rest, each with a folder of its own and the CA of the pages."""
    async with AsyncExitStack() as opened:
        running: dict[str, Serving] = {}
        for name, role in (("web", "web"), ("a", "ingest"), ("b", "ingest"), ("jobs", "jobs")):
            if name != "web":
                shutil.copytree(folder / "web" / "identity", folder / name / "identity")
            cell = name if role == "ingest" else ""
            own = platform(folder / name, store=where.url, role=role, cell=cell)
            running[name] = await opened.enter_async_context(own)
        yield running


async def claimed(running: dict[str, Serving], name: str, cell: str = "") -> TestPole:
    control = running["web"].folder / "control.sock"
    args = {"pole": name, "valid_s": 60, "cell": cell}
    pole = TestPole(running["web"].folder, await asyncio.to_thread(ask, control, "claim", args, str))
    await asyncio.to_thread(pole.claim)
    return pole


def said(where: Server) -> tuple[PartNow, ...]:
    with reading(where) as db:
        return parts_now(db, {}, now())


def port(running: Serving) -> int:
    return int(running.broker.rpartition(":")[2])


def test_poles_of_two_cells_are_claimed_stored_commanded_moved_and_shut_out(
    tmp_path: Path, where: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "FOLLOW_S", 3600)  # only their word wakes the cells
    monkeypatch.setattr(jobs, "LOOK_S", 3600)

    async def story() -> None:
        async with city(tmp_path, where) as running:
            await until(lambda: {each.name for each in said(where)} == WHOLE, "each has said how it is", 120)
            await until(lambda: not troubles(said(where), now()), "all have come up", 120)
            control = running["web"].folder / "control.sock"
            one, other = await claimed(running, "p1"), await claimed(running, "p2")
            third = await claimed(running, "p3", "b")
            assert one.answer is not None
            assert other.answer is not None
            assert third.answer is not None
            assert [one.answer.port, other.answer.port] == [port(running["a"]), port(running["b"])], "shared out"
            assert third.answer.port == port(running["b"])
            with pytest.raises(FleetError, match="there is no cell 'c': there are a, b"):
                await claimed(running, "p4", "c")
            for pole in (one, other):
                async with connected(pole) as client:
                    await client.subscribe([(f"sp/v2/{pole.name}/ack", 1), (f"sp/v2/{pole.name}/command", 1)])
                    await client.publish(f"sp/v2/{pole.name}/status", online(pole.name, next_seq=3), qos=1)
                    await client.publish(f"sp/v2/{pole.name}/summary", message(pole.name, [1, 2]), qos=1)
                    assert read_watermark(await next_on(client, "/ack")).ranges == ((1, 2),)
                    args = {"filters": [pole.name], "name": "ping", "args": {}, "expires_s": 600, "who": "test"}
                    job = await asyncio.to_thread(ask, control, "command", args, str)
                    command = msgspec.json.decode(await next_on(client, "/command"), type=Command)
                    assert (command.id, command.name) == (job, "ping")
            one.answer = msgspec.structs.replace(one.answer, port=other.answer.port)  # its name leads elsewhere now
            async with connected(one) as client:
                await client.subscribe("sp/v2/p1/ack", qos=1)
                await client.publish("sp/v2/p1/status", online("p1", next_seq=4), qos=1)
                await client.publish("sp/v2/p1/summary", message("p1", [2, 3]), qos=1)
                assert read_watermark(await next_on(client, "/ack")).ranges == ((2, 3),)
                assert await asyncio.to_thread(ask, control, "revoke", {"pole": "p1"}, int) == 1
                await over(client)
            assert running["web"].broker == running["jobs"].broker == running["a"].pages == ""

    asyncio.run(story())
    later = now() + timedelta(minutes=5)
    with reading(where) as db:
        found = troubles(parts_now(db, {}, later), later)
    assert {f"{each.part} {each.cell}" for each in found} == WHOLE, "processes that have ended say nothing"
    assert rows(tmp_path / "web", "SELECT pole, cell FROM owner ORDER BY pole") == [
        ("p1", "b"),
        ("p2", "b"),
        ("p3", "b"),
    ]
    assert rows(tmp_path / "web", "SELECT pole, sum(count) FROM segment GROUP BY pole ORDER BY pole") == [
        ("p1", 3),
        ("p2", 2),
    ]


@pytest.mark.parametrize(("first", "then"), [("ingest", "ingest"), ("web", "ingest"), ("ingest", "web")])
def test_a_cell_with_a_ca_of_its_own_does_not_start(tmp_path: Path, where: Server, first: str, then: str) -> None:
    async def story() -> None:
        async with platform(tmp_path / "a", store=where.url, role=first, cell="a"):
            settings = ServeSettings(folder=tmp_path / "b", store=where.url, role=then, cell="b", web_port=0)
            with pytest.raises(FleetError, match=r"cell a has another CA than cell b: .*copy ca\.pem and ca\.key"):
                await asyncio.wait_for(serve(settings, now, lambda _: None), 60)

    asyncio.run(story())


def test_a_platform_of_one_process_forgets_the_parts_of_one_with_roles(tmp_path: Path) -> None:
    async def story() -> None:
        with open_desk(Folder(tmp_path).desk) as file:
            _say(file, [("jobs", "notifications", now().timestamp(), "{}")])
            async with platform(tmp_path):
                with file.change() as db:
                    assert db.execute("SELECT cell FROM part").fetchall() == []

    asyncio.run(story())


@pytest.mark.parametrize("role", ROLES[1:])
def test_a_file_is_not_shared_by_processes(tmp_path: Path, role: str) -> None:
    settings = ServeSettings(folder=tmp_path, web_port=0, role=role)
    with pytest.raises(FleetError, match=f"--role {role} needs --store"):
        asyncio.run(serve(settings, now, lambda _: None))


def test_one_cell_on_a_file_imports_no_driver_of_a_database_and_no_engine_between_cells() -> None:
    code = "import sys, fleet.cli.serve; sys.exit(any(name in sys.modules for name in ('psycopg', 'nats')))"
    subprocess.run([sys.executable, "-c", code], check=True)
