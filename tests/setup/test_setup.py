"""A whole setup: simulated lines, a real platform, the settings that come out, and a second run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.acquire.registry import find_drivers
from agent.cli import main
from agent.config.load import load
from agent.setup.find import Find
from agent.setup.flow import edited
from agent.setup.sentences import SetupError
from demo.daemon import Daemon
from fleet.cli import main as fleet_main
from simulator.pole import reference_pole
from simulator.wire import running
from tests.fleet.test_serve import platform
from tests.setup.poles import link_from

MAIN = """[pole]
id = "p1"

[clock]
trust = "always"

[store]
path = "{folder}/state/pole.db"
commit_s = 0.2

[local]
socket = "{folder}/control.sock"
"""


def prepared(folder: Path, **answers: object) -> tuple[Path, Path]:
    """A settings file that says where things are, and a file of answers."""
    settings = folder / "etc" / "poleagent.toml"
    settings.parent.mkdir()
    settings.write_text(MAIN.format(folder=folder), encoding="utf-8")
    lines = [
        f"{name} = {str(value).lower() if isinstance(value, bool) else value!r}" for name, value in answers.items()
    ]
    (folder / "answers.toml").write_text("\n".join(lines).replace("(", "[").replace(")", "]") + "\n", encoding="utf-8")
    return settings, folder / "answers.toml"


def test_a_pole_is_set_up_from_one_file_and_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> None:
        wires = reference_pole(tmp_path)
        async with platform(tmp_path / "f") as fleet, running(*wires.values()):
            link = await link_from(fleet, "p1")
            ports = tuple(str(tmp_path / name) for name in wires)
            settings, answers = prepared(tmp_path, claim=str(link), ports=ports, by="the test")
            words = ["setup", "--from", str(answers), "--settings", str(settings), "--no-start"]
            assert await asyncio.to_thread(main, words) == 0, capsys.readouterr().err
            found = load(settings, find_drivers())
            assert len(found.lines) == 3
            drivers = sorted(device.common.driver for device in found.devices.values())
            assert drivers == ["modbus_rtu"] * 4 + ["nmea", "pole_board"]
            assert found.uplink is not None
            assert found.uplink.ack == "platform"

            daemon = Daemon(settings, tmp_path / "control.sock", tmp_path / "daemon.log")
            await daemon.start()
            try:
                await accepted(fleet.folder, words[:-1], capsys)
            finally:
                await daemon.stop()

            before = {path: path.read_text() for path in settings.parent.rglob("*.toml")}
            assert await asyncio.to_thread(main, words) == 0, capsys.readouterr().err
            assert "nothing was changed" in capsys.readouterr().out
            assert {path: path.read_text() for path in settings.parent.rglob("*.toml")} == before

    asyncio.run(story())


async def accepted(folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The second run finds nothing new, reloads the running agent, accepts the pole and has the platform show it."""
    capsys.readouterr()
    code = await asyncio.to_thread(main, words)
    said = capsys.readouterr()
    assert code == 0, said
    assert "pole p1 is accepted" in said.out
    assert "the report lies on the platform" in said.out
    printed = Path(said.out.rpartition("to print: ")[2].strip())
    assert "<h1>Acceptance of pole p1</h1>" in await asyncio.to_thread(printed.read_text, encoding="utf-8")
    assert await asyncio.to_thread(fleet_main, ["pole", "p1", "--folder", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "accepted 20" in shown
    assert "by the test, signature good" in shown


def test_finds_are_renamed_and_left_out_by_their_numbers() -> None:
    finds = [Find(name=name) for name in ("weather_six_1", "unit_2", "camera")]
    assert [find.name for find in edited(finds, "1 roof，-2", set())] == ["roof", "", "camera"]
    assert edited(finds, "", set()) == finds
    for said, why in (
        ("4 x", "no find '4'"),
        ("roof", "no find 'roof'"),
        ("1 Roof", "'Roof' will not do as a name"),
        ("1", "'' will not do as a name"),
        ("1 camera", "'camera' stands twice"),
        ("1 lamp", "'lamp' stands twice"),
    ):
        with pytest.raises(SetupError, match=why):
            edited(finds, said, {"lamp"})
