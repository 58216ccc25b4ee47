"""The process that keeps the rights: what it takes from the page, what it refuses, and that it ends with it."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from agent.web.keeper import MayWrite, RightsKeeper, StartSetup, StopSetup, WriteSettings, keeping
from tests.web.served import SETUP, settings_in
from tests.web.test_aim import CAMERA

SLEEPER = (sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)")


def words() -> tuple[BinaryIO, int]:
    """What the setup says, and the descriptor that it says it to."""
    said, out = os.pipe()
    return os.fdopen(said, "rb"), out


def test_it_writes_settings_that_hold_and_no_other_file(tmp_path: Path) -> None:
    path = settings_in(tmp_path)
    good = path.read_text()
    outside = tmp_path.parent / "outside.toml"

    async def story() -> None:
        with keeping(path) as keeper:
            assert await keeper.ask(WriteSettings(texts={str(path): good + "# more\n"})) == ""
            assert "nonsense" in await keeper.ask(WriteSettings(texts={str(path): good + "[nonsense]\n"}))
            for other in (outside, tmp_path / "conf.d/../../outside.toml", tmp_path / "conf.d/script.sh"):
                assert "no file of settings" in await keeper.ask(WriteSettings(texts={str(other): ""}))

    asyncio.run(story())
    assert path.read_text() == good + "# more\n"
    assert not outside.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('[store]\npath = "', '[store]\npath = "/srv'),
        ("[local]\n", '[update]\nroot_file = "/tmp/root.json"\n[local]\n'),
        ('source = "rtsp://192.168.1.64/stream1"', 'source = "rtsp://192.168.1.65/stream1"'),
    ],
    ids=["store", "trust", "camera"],
)
def test_nothing_but_what_is_drawn_for_cameras_may_change(tmp_path: Path, old: str, new: str) -> None:
    path = settings_in(tmp_path, CAMERA)
    text = path.read_text()
    assert old in text

    async def story() -> None:
        with keeping(path) as keeper:
            drawn = text.replace("a = [100, 500]", "a = [100, 400]")
            assert await keeper.ask(WriteSettings(texts={str(path): drawn})) == ""
            assert await keeper.ask(WriteSettings(texts={str(path): text})) == ""
            changed = {str(path): text.replace(old, new)}
            assert "lines, zones and gauges" in await keeper.ask(WriteSettings(texts=changed))
            more = tmp_path / "conf.d" / "more.toml"
            assert "lines, zones and gauges" in await keeper.ask(WriteSettings(texts={str(more): "[update]\n"}))
            assert not more.exists()

    asyncio.run(story())
    assert path.read_text() == text


def test_the_page_does_not_say_which_settings_a_setup_writes(tmp_path: Path) -> None:
    path = settings_in(tmp_path)
    other = tmp_path / "other.toml"
    other.write_text("no settings", encoding="utf-8")

    async def story() -> None:
        with keeping(path, (sys.executable, "-c", SETUP)) as keeper:
            into, first = os.pipe()
            lines, out = words()
            assert await keeper.ask(StartSetup(), (into, out)) == ""
            os.close(into)
            os.close(out)
            with os.fdopen(first, "wb", 0) as said, lines:
                said.write(b'{"settings": "%s", "usual": false, "language": "en"}\n' % bytes(other))
                answer = lines.readline().decode()
                assert "claim link" in answer, "it does not look at the other file"

    asyncio.run(story())


def test_a_setup_without_pipes_is_not_started_and_the_keeper_lives_on(tmp_path: Path) -> None:
    async def story() -> None:
        with keeping(settings_in(tmp_path), SLEEPER) as keeper:
            assert "not understood" in await keeper.ask(StartSetup())
            assert await keeper.ask(MayWrite()) == ""

    asyncio.run(story())


@pytest.mark.parametrize(
    "said",
    [
        b"no json",
        b"",
        b"[]",
        b'{"type":"root"}',
        b'{"type":"commit"}',
        b'{"type":"stop","now":1}',
        b"\xff{",
        b'{"type":"may","x":' + b"[" * 5000,
        b'{"type":"commit","texts":{"HERE/conf.d/a\\u0000b.toml":""}}',
    ],
)
def test_what_is_no_message_is_refused_and_the_keeper_lives_on(tmp_path: Path, said: bytes) -> None:
    ours, theirs = socket.socketpair()
    keeper = RightsKeeper(settings_in(tmp_path), theirs, SLEEPER)
    with ours, ours.makefile("rb") as answers, ThreadPoolExecutor(1) as executor:
        serving = executor.submit(keeper.serve)
        with theirs:
            ours.sendall(said.replace(b"HERE", bytes(tmp_path)) + b"\n" + msgspec.json.encode(MayWrite()) + b"\n")
            assert "not understood" in msgspec.json.decode(answers.readline())["error"]
            assert msgspec.json.decode(answers.readline()) == {"error": ""}
            ours.shutdown(socket.SHUT_WR)
            serving.result(120)


def test_a_setup_ends_with_the_page(tmp_path: Path) -> None:
    async def story() -> None:
        with keeping(settings_in(tmp_path), SLEEPER) as keeper:
            into, first = os.pipe()
            lines, out = words()
            assert await keeper.ask(StartSetup(), (into, out)) == ""
            os.close(out)
            assert lines.readline() == b"ready\n"
            assert "already" in await keeper.ask(StartSetup(), (into, into))
            assert await keeper.ask(StopSetup(now=False)) == ""
            assert lines.read() == b"", "it has ended"
            more, out = words()
            assert await keeper.ask(StartSetup(), (into, out)) == ""
            os.close(out)
            assert more.readline() == b"ready\n"
        assert more.read() == b"", "it has ended with the page"
        os.close(first)
        os.close(into)
        lines.close()
        more.close()

    asyncio.run(story())


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give it away")
def test_root_is_given_away_for_good_and_writing_goes_on(tmp_path: Path) -> None:
    path = settings_in(tmp_path)
    nobody = pwd.getpwnam("nobody")
    code = f"""
import asyncio, os, pathlib
from agent.web import rights
from agent.web.keeper import WriteSettings, keeping
rights.agent_user = lambda: ({nobody.pw_uid}, {nobody.pw_gid})
path = pathlib.Path({str(path)!r})
text = path.read_text()
with keeping(path) as keeper:
    rights.step_down()
    assert os.getresuid() == ({nobody.pw_uid},) * 3
    assert os.getresgid() == ({nobody.pw_gid},) * 3
    try:
        os.setuid(0)
    except PermissionError:
        print("for good")
    assert asyncio.run(keeper.ask(WriteSettings(texts={{str(path): text + "# more"}}))) == ""
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout) == (0, "for good\n"), done.stderr
    assert path.read_text().endswith("# more")
    assert path.stat().st_uid == 0
