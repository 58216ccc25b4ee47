"""What docs/platform.md shows is run as it stands there."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
from pathlib import Path

import msgspec
import pytest

from agent.config.settings import TlsSettings, UplinkSettings
from agent.uplink import awaiting as watermark
from agent.uplink import session
from contract.commands import Face, commands_of
from contract.receive import decode
from contract.watermark import Watermark
from tests.uplink.certificates import Authority
from tests.uplink.support import MemoryStore, free_port, mosquitto, running, until, uplink_settings

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "platform.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_receiver_of_the_page_stores_each_event_once_and_lets_the_pole_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watermark, "AGAIN_S", 1.0)  # the receiver may come after the first messages
    monkeypatch.setattr(session, "LOOK_S", 0.5)
    (program,) = blocks("python")
    assert len(program.splitlines()) < 45
    (tmp_path / "receiver.py").write_text(program)

    async def story() -> None:
        store = MemoryStore()
        async with mosquitto(tmp_path) as port:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "receiver.py", "127.0.0.1", str(port),
                cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            async with running(store, uplink_settings(port, ack="platform")):
                store.add(100)
                await store.commit(100)
                await until(lambda: not store.rows, "every row is confirmed", 30.0)
            process.terminate()
            out, _ = await process.communicate()
        assert b"200 events, holes ()" in out

    asyncio.run(story())
    database = sqlite3.connect(tmp_path / "events.db")
    assert database.execute("SELECT count(*), count(DISTINCT id) FROM event").fetchone() == (200, 200)
    database.close()


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
