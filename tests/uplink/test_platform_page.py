"""What docs/platform.md shows is run as it stands there."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from agent.config.settings import TlsSettings, UplinkSettings
from agent.uplink.delivery import session
from contract.commands import Face, commands_of
from contract.receive import decode
from contract.watermark import Watermark
from simulator.ports import free_port
from tests.uplink.certificates import Authority
from tests.uplink.support import MemoryStore, mosquitto, running, until, uplink_settings

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "platform.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def receiver(version: str) -> str:
    """The program of the page: what all have, and the end for one version of MQTT."""
    common, five, three = blocks("python")
    return str(common + (five if version == "5" else three))


@contextlib.asynccontextmanager
async def listening(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program, subscribed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "receiver.py", "127.0.0.1", str(port),
        cwd=folder, env={"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def stored(folder: Path) -> tuple[int, int]:
    """Events of the program's database, and their names."""
    with contextlib.closing(sqlite3.connect(folder / "events.db")) as database, contextlib.suppress(sqlite3.Error):
        count, names = database.execute("SELECT count(*), count(DISTINCT id) FROM event").fetchone()
        return count, names
    return 0, 0


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_the_receiver_of_the_page_stores_each_event_once_and_lets_the_pole_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(session, "LOOK_S", 0.5)
    assert len(receiver(version).splitlines()) < 55
    (tmp_path / "receiver.py").write_text(receiver(version))

    async def story() -> None:
        store = MemoryStore()
        async with (
            mosquitto(tmp_path, subscribed=False) as port,
            listening(tmp_path, port),
            running(store, uplink_settings(port, ack="platform")),
        ):
            await store.commit(100)
            await until(lambda: len(store.gone) >= 100, "all is confirmed")

    asyncio.run(story())
    count, names = stored(tmp_path)
    assert count == names >= 100


@pytest.mark.fault("the platform's receiver is away for a while", "what came meanwhile waits at the broker")
@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_comes_while_the_receiver_of_the_page_is_away_waits_for_it(tmp_path: Path, version: str) -> None:
    (tmp_path / "receiver.py").write_text(receiver(version))

    async def story() -> None:
        store = MemoryStore()
        async with mosquitto(tmp_path, subscribed=False) as port, running(store, uplink_settings(port)) as pole:
            await store.commit(10)
            async with listening(tmp_path, port):
                await until(lambda: not store.rows, "the first are delivered")
            gone = len(store.gone)
            await store.commit(50)
            await until(lambda: not store.rows, "the broker takes the others for the session")
            assert len(store.gone) == gone + 50
            assert pole.uplink.health().connects == 1
            async with listening(tmp_path, port):
                await until(lambda: stored(tmp_path)[0] == gone + 50, "all have come")

    asyncio.run(story())


def test_the_json_of_the_page_is_what_the_agent_reads_and_writes() -> None:
    event, mark, command = blocks("json")
    assert decode(event.encode())[0].seq == 12421
    assert msgspec.json.decode(mark, type=Watermark).epoch == "3f9a1c7e"
    ask = msgspec.json.decode(command)
    kind = commands_of(Face.MQTT)[ask["name"]]
    msgspec.convert(ask["args"], kind.args)
    for kind in commands_of(Face.MQTT).values():
        assert f"| `{kind.name}` |" in PAGE


def test_the_settings_of_the_page_are_settings() -> None:
    (text,) = blocks("toml")
    uplink = msgspec.convert(msgspec.toml.decode(text)["uplink"], UplinkSettings)
    assert isinstance(uplink.tls, TlsSettings)


def test_the_broker_of_the_page_lets_a_pole_in_and_keeps_it_to_its_own_topics(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "poles-ca")
    authority.sign("broker", "127.0.0.1")
    cert, key = authority.sign("pole", "pole-7")
    settings, rights = blocks("conf")
    port = free_port()
    acl = tmp_path / "poles.acl"
    acl.write_text(rights)
    settings = settings.replace("/etc/mosquitto/ca", str(tmp_path)).replace("/etc/mosquitto/poles.acl", str(acl))
    settings = settings.replace("listener 8883", "").replace("persistence true", "persistence false")

    async def story() -> None:
        tls = TlsSettings(ca_file=str(authority.file), cert_file=str(cert), key_file=str(key))
        options = {"plain_text": False, "tls": tls}
        async with mosquitto(tmp_path, settings, port=port):
            store = MemoryStore()
            store.add(10)
            async with running(store, uplink_settings(port, **options)):
                await until(lambda: not store.rows, "the pole's own topics are open")
            foreign = MemoryStore()
            foreign.add(10)
            async with running(foreign, uplink_settings(port, prefix="sp/v2/pole-8", **options)) as pole:
                await until(lambda: "refuses" in pole.uplink.health().text, "another's are not")
            assert not foreign.gone

    asyncio.run(story())
