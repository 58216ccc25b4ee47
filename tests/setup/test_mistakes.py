"""Mistakes during a setup, typed: each ends in one sentence that says what to do, and leaves nothing half-written."""

from __future__ import annotations

import asyncio
import builtins
import errno
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from agent.cli import main
from agent.setup import flow, start
from agent.setup.asking import FileAsker
from agent.setup.find import LineFind
from agent.setup.sentences import SetupError
from agent.spoken import spoken
from agent.system.clock import SystemClock
from agent.system.identity import Identity
from contract.enrol import ClaimLink
from contract.types import Stamp
from simulator.ports import free_port
from tests.fleet.test_serve import platform
from tests.setup.poles import link_from, now

CA = "ab" * 32
TOKEN = "t" * 22
MAIN = '[pole]\nid = "p1"\n\n[store]\npath = "{folder}/state/pole.db"\n\n[local]\nsocket = "{folder}/control.sock"\n'


class Usage(NamedTuple):
    """What ``shutil.disk_usage`` gives."""

    total: int
    used: int
    free: int


class Box:
    """A box on which somebody types ``poleagent setup``; ``lines`` are what is typed at its questions."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.settings = folder / "etc" / "poleagent.toml"
        self.settings.parent.mkdir()
        self.settings.write_text(MAIN.format(folder=folder), encoding="utf-8")
        self.monkeypatch = monkeypatch
        self._capsys = capsys
        self.out = ""
        self.asked: list[str] = []

    def answers(self, text: str) -> str:
        path = self.folder / "answers.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def setup(self, *words: str, lines: tuple[str | type[BaseException], ...] = ()) -> tuple[int, str]:
        """Exit code, and the last sentence on standard error."""
        typed = iter(lines)

        def read(question: str) -> str:
            self.asked.append(question)
            line = next(typed, EOFError)
            if isinstance(line, str):
                return line
            raise line

        self.monkeypatch.setattr(builtins, "input", read)
        code = main(["setup", "--no-start", "--settings", str(self.settings), *words])
        said = self._capsys.readouterr()
        self.out = said.out
        return code, (said.err.strip().splitlines() or [""])[-1]

    def said(self) -> str:
        """What stands on standard error."""
        return self._capsys.readouterr().err

    def tree(self) -> dict[str, bytes]:
        """Every file of settings, and what the link would use."""
        files = [path for path in self.settings.parent.rglob("*") if path.is_file()]
        identity = self.folder / "state" / "identity"
        files += list((identity / "current").glob("*"))
        return {str(path): path.read_bytes() for path in files}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Box:
    monkeypatch.setattr(flow, "scan_ports", lambda ports, *_: [LineFind(port=port, result=None) for port in ports])
    monkeypatch.setattr(flow, "cameras", lambda _: [])
    return Box(tmp_path, monkeypatch, capsys)


def link(server: str, *, pole: str = "p1", ca: str = CA) -> str:
    return str(ClaimLink(server=server, pole=pole, token=TOKEN, ca=ca))


def raises(reason: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise reason

    return fail


def prepare_clock(box: Box) -> list[str]:
    young = Stamp(utc=datetime(1970, 1, 1, tzinfo=UTC), boot_s=3.0, synced=False)
    box.monkeypatch.setattr(SystemClock, "now", lambda _: young)
    return ["--claim", link("https://127.0.0.1:1")]


def prepare_no_route(box: Box) -> list[str]:
    box.monkeypatch.setattr(socket, "create_connection", raises(OSError(errno.ENETUNREACH, "Network is unreachable")))
    return ["--claim", link("https://198.51.100.7:8080")]


def prepare_silence(box: Box) -> list[str]:
    box.monkeypatch.setattr(socket, "create_connection", raises(TimeoutError()))
    return ["--claim", link("https://198.51.100.7:8080")]


def prepare_little_room(box: Box) -> list[str]:
    box.monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 30, 1 << 30, 1 << 20))
    return ["--offline"]


def prepare_no_rights(box: Box) -> list[str]:
    box.monkeypatch.setattr(os, "access", lambda *_: False)
    return ["--offline"]


def prepare_no_openssl(box: Box) -> list[str]:
    box.monkeypatch.setattr(subprocess, "run", raises(FileNotFoundError(2, "openssl")))
    return ["--claim", link("https://127.0.0.1:1")]


def prepare_broken_settings(box: Box) -> list[str]:
    box.settings.write_text("[pole\n", encoding="utf-8")
    return ["--offline"]


def prepare_own_uplink(box: Box) -> list[str]:
    with box.settings.open("a", encoding="utf-8") as file:
        file.write('\n[uplink]\nhost = "h"\nplain_text = true\n')
    return ["--claim", link("https://127.0.0.1:1")]


def prepare_bad_id(box: Box) -> list[str]:
    box.settings.unlink()
    return ["--offline", "--from", box.answers('[pole]\nid = "pole 1"\n')]


def prepare_no_id(box: Box) -> list[str]:
    box.settings.unlink()
    return ["--offline", "--from", box.answers("")]


MISTAKES: list[tuple[str, list[str] | Callable[[Box], list[str]], str]] = [
    ("no link at all", ["--claim", "hello"], "a claim link reads https://HOST:PORT/claim/POLE#TOKEN.FINGERPRINT"),
    ("a link that is cut short", ["--claim", link("https://h:1")[:-9]], "copy the whole of it"),
    (
        "a link without encryption",
        ["--claim", link("http://platform.example.org:8080", ca="")],
        "the link of another machine begins with https",
    ),
    ("a link for another pole", ["--claim", link("https://h:1", pole="p2")], "by its settings this box is pole p1"),
    ("a platform that has no address", ["--claim", link("https://nowhere.invalid:1")], "no address is known for"),
    ("no route", prepare_no_route, "there is no way to https://198.51.100.7:8080"),
    ("a firewall", prepare_silence, "does not answer within 20 s"),
    ("a wrong port", lambda _: ["--claim", link(f"https://127.0.0.1:{free_port()}")], "refuses connections"),
    ("a clock in 1970", prepare_clock, "the clock of this box says 1970-01-01 00:00 UTC"),
    ("a stick without the file", ["--stick", "/nowhere"], "/nowhere cannot be read: no such file or directory"),
    ("a full disk", prepare_little_room, "only 1 MiB are free in"),
    ("no rights", prepare_no_rights, "may not be written by this user: run it with sudo"),
    ("no openssl", prepare_no_openssl, "sudo apt install openssl"),
    ("broken settings", prepare_broken_settings, "the settings that are there cannot be read"),
    ("an uplink that somebody wrote", prepare_own_uplink, "[uplink] stands already in"),
    ("answers that are not there", ["--from", "/nowhere.toml"], "the answers in /nowhere.toml cannot be read"),
    (
        "answers with a slip",
        lambda box: ["--from", box.answers("ofline = true\n")],
        "has no option 'ofline'; did you mean 'offline'?",
    ),
    (
        "two ways to be claimed",
        lambda box: ["--from", box.answers('offline = true\nclaim = "x"\n')],
        "claim, stick and offline: one of them",
    ),
    ("an id with a blank", prepare_bad_id, "letters, digits, '.', '_' and '-'"),
    ("no id", prepare_no_id, "it is not said which pole this is"),
    ("no word of a platform", lambda box: ["--from", box.answers('[pole]\nid = "p1"\n')], "it is not said which pole"),
    (
        "a camera whose source is none",
        lambda box: ["--offline", "--from", box.answers('[camera.gate]\nsource = "ftp://x"\n')],
        "the new settings would not hold, so nothing was changed",
    ),
]


@pytest.mark.fault(
    "a mistake is made during the setup: link, network, clock, disk, rights, answers",
    "one sentence says what to do, nothing is half-written",
)
@pytest.mark.parametrize(("made", "words", "sentence"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_ends_in_a_sentence_and_changes_nothing(
    box: Box, made: str, words: list[str] | Callable[[Box], list[str]], sentence: str
) -> None:
    typed = words if isinstance(words, list) else words(box)
    before = box.tree()
    code, said = box.setup(*typed)
    assert code == 1, made
    assert sentence in said
    assert box.tree() == before
    assert spoken(said, "zh") != said, "there is no Chinese for it"


def test_there_are_at_least_twenty() -> None:
    assert len(MISTAKES) >= 20


def test_mistakes_with_a_claim_are_named_by_the_platform_or_the_pole(box: Box) -> None:
    moved = [timedelta()]

    async def story() -> None:
        later = {"clock": lambda: now().utc + moved[0]}
        async with platform(box.folder / "f", host="localhost", **later) as running:
            before = box.tree()
            good = await link_from(running, "p1")

            async def claim(one: ClaimLink, sentence: str) -> None:
                code, said = await asyncio.to_thread(box.setup, "--claim", str(one))
                assert code == 1
                assert sentence in said
                assert box.tree() == before

            replace = msgspec.structs.replace
            await claim(replace(good, ca=CA), "shows another CA than the link names")
            await claim(replace(good, token=TOKEN), "this claim is not known: make a new one")
            plain = good.server.replace("https://localhost", "http://localhost")
            await claim(replace(good, server=plain, ca=""), "broke off")
            broker = f"https://localhost:{free_port()}"
            await claim(replace(good, server=broker), "refuses connections")
            over = await link_from(running, "p1", valid_s=60)
            moved[0] = timedelta(minutes=2)
            await claim(over, "this claim has expired: make a new one")
            moved[0] = timedelta()

            again = await link_from(running, "p1")
            code, said = await asyncio.to_thread(box.setup, "--claim", str(again))
            assert code == 0, said
            shutil.rmtree(box.folder / "state")
            (box.settings.parent / "conf.d" / "uplink.toml").unlink()
            code, said = await asyncio.to_thread(box.setup, "--claim", str(again))
            assert code == 1
            assert "this claim has been used: make a new one" in said
            assert not (box.settings.parent / "conf.d" / "uplink.toml").exists()

    asyncio.run(story())


def test_a_port_that_is_busy_or_silent_or_not_there_is_named_and_the_others_go_on(box: Box) -> None:
    finds = [
        LineFind(port="/dev/a", result=None, why="/dev/a is in use by another program."),
        LineFind(port="/dev/b", result=None, why="nothing answers."),
    ]
    box.monkeypatch.setattr(flow, "scan_ports", lambda *_: finds)
    code, _ = box.setup("--offline", "--port", "/dev/a", "--port", "/dev/b")
    assert code == 0
    assert "/dev/a: /dev/a is in use by another program." in box.out
    assert "/dev/b: nothing answers. 'poleagent scan /dev/b' asks all addresses." in box.out
    assert "nothing was found on this box" in box.out


def test_a_name_that_will_not_do_is_asked_for_again(box: Box) -> None:
    box.monkeypatch.setattr(flow, "cameras", lambda _: ["/dev/v4l/by-id/usb-x-video-index0"])
    lines = ("1 Gate", "7 gate", "1 gate", "counts bicycles on the path", "at the pole")
    code, said = box.setup("--offline", lines=lines)
    assert code == 0, said
    assert "'Gate' will not do as a name" in box.out
    assert "there is no find '7'" in box.out
    text = (box.settings.parent / "conf.d" / "cameras.toml").read_text(encoding="utf-8")
    assert "[camera.gate]" in text
    assert 'purpose = "counts bicycles on the path"' in text


@pytest.mark.fault(
    "the setup is stopped by Ctrl-C at a question or during the scan",
    "no settings were changed, and it says so",
)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_ctrl_c_at_any_question_changes_nothing(box: Box, at: int) -> None:
    box.monkeypatch.setattr(flow, "cameras", lambda _: ["/dev/v4l/by-id/usb-x-video-index0"])
    before = box.tree()
    code, said = box.setup(lines=(*("", "", "")[:at], KeyboardInterrupt))
    assert code == 1
    assert "stopped: no settings were changed; run the setup again" in said
    assert box.tree() == before


def test_ctrl_c_during_the_scan_changes_nothing(box: Box) -> None:
    box.monkeypatch.setattr(flow, "scan_ports", raises(KeyboardInterrupt()))
    before = box.tree()
    code, said = box.setup("--offline", "--port", "/dev/a")
    assert (code, box.tree()) == (1, before)
    assert said.startswith("stopped")


def test_ctrl_c_after_the_settings_are_written_says_so(box: Box) -> None:
    box.monkeypatch.setattr(start.Starter, "start", raises(KeyboardInterrupt()))
    code = main(["setup", "--settings", str(box.settings), "--offline"])
    assert code == 1
    assert "stopped: the settings are written" in box.said()


def test_two_setups_at_once_do_not_mix(box: Box) -> None:
    identity = Identity(box.folder / "state" / "identity")
    with identity.locked():
        code, said = box.setup("--claim", link("https://127.0.0.1:1"))
    assert code == 1
    assert "another setup, or the renewal of the certificate, is at work" in said


def test_nobody_at_the_terminal_is_said(box: Box) -> None:
    code, said = box.setup()
    assert code == 1
    assert "there is nobody to answer" in said


@pytest.mark.fault(
    "the disk fills up while the setup writes",
    "the settings that were there stay, whole",
)
def test_a_disk_that_fills_up_while_the_settings_are_written_leaves_those_that_were_there(box: Box) -> None:
    words = ["--offline", "--from", box.answers('[camera.gate]\nsource = "rtsp://192.168.1.2/x"\n')]
    before = box.tree()
    box.monkeypatch.setattr(os, "fsync", raises(OSError(errno.ENOSPC, "No space left on device")))
    code, said = box.setup(*words)
    assert code == 1
    assert "no space left on device; make room on the disk" in said
    assert box.tree() == before
    box.monkeypatch.undo()


def test_an_agent_that_does_not_start_is_said(box: Box) -> None:
    box.monkeypatch.setattr(start, "SYSTEMD", box.folder)
    box.monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/systemctl")
    wrong = subprocess.CompletedProcess([], 1, "", "Job for poleagent.service failed.\nmore\n")
    box.monkeypatch.setattr(subprocess, "run", lambda *_, **__: wrong)
    starter = start.Starter(box.settings, str(box.folder / "none.sock"), FileAsker(lambda _: None, replace=False))
    with pytest.raises(SetupError, match=r"does not start: Job for poleagent\.service failed; 'journalctl"):
        starter.start()


@pytest.mark.fault(
    "the setup runs a second time where a person has edited its files",
    "it asks before it replaces one, and keeps the old one next to it",
)
def test_a_second_run_asks_before_it_replaces(box: Box) -> None:
    camera = '[camera.gate]\nsource = "rtsp://192.168.1.2/x"\npurpose = "counts"\nsignage = "at the pole"\n'
    assert box.setup("--offline", "--from", box.answers(camera))[0] == 0
    file = box.settings.parent / "conf.d" / "cameras.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"counts"', '"counts cars"'), encoding="utf-8")
    more = camera + '[camera.yard]\nsource = "rtsp://192.168.1.3/x"\n'
    before = box.tree()
    assert box.setup("--offline", "--from", box.answers(more))[0] == 0
    assert "cameras.toml stays as it is" in box.out
    assert box.tree() == before
    assert box.setup("--offline", "--from", box.answers("replace = true\n" + more))[0] == 0
    text = file.read_text(encoding="utf-8")
    assert '"counts cars"' in text
    assert "[camera.yard]" in text
    assert '"counts cars"' in file.with_name("cameras.toml.before").read_text(encoding="utf-8")
