"""The setup on the page: the terminal's own setup, asked and answered over HTTPS by who is logged in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.acquire.registry import find_drivers
from agent.config.load import load
from agent.errors import AgentError
from agent.setup import child
from agent.setup.acceptance import keep, signed
from agent.setup.child import serial_port
from agent.setup.lines import LINE_BYTES
from agent.system.identity import Identity
from agent.web.keeper import keeping
from agent.web.set_up import MOST_SAID, BeginSetup, SetUp
from simulator.pole import reference_pole
from simulator.wire import running
from tests.setup.test_accept import WELL, made
from tests.web.served import Served, served, settings_in

WAIT_S = 300.0


def tell(folder: Path, story: Callable[[Served], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with served(folder) as page:
            await page.log_in()
            await story(page)

    asyncio.run(whole())


def settings_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.toml")}


async def until(page: Served, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The setup as the page shows it, once ``what`` is true of it."""
    async with asyncio.timeout(WAIT_S):
        while True:
            now: dict[str, Any] = (await page.ask("GET", "/api/setup")).json
            if what(now):
                return now
            await asyncio.sleep(0.1)


async def answered(page: Served, kind: str, text: str) -> dict[str, Any]:
    """The next question, which is of that kind; it has been answered."""
    now = await until(page, lambda now: now["question"] is not None or now["state"] != "running")
    question: dict[str, Any] = now["question"]
    assert question["kind"] == kind, now
    reply = await page.ask("POST", "/api/answer-setup", {"number": question["number"], "text": text})
    assert reply.status == 200, reply.json
    return question


def test_a_pole_is_set_up_from_the_page_with_names_from_the_page(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        wires = reference_pole(tmp_path)
        async with running(*wires.values()):
            ports = ",".join(str(tmp_path / name) for name in wires)
            reply = await page.ask("POST", "/api/begin-setup", {"by": "Li Wei", "ports": ports})
            assert reply.json["state"] == "running"
            assert "claim link" in (await answered(page, "text", ""))["text"]
            seen = await until(page, lambda now: now["steps"] or now["question"] is not None)
            assert {step[0] for step in seen["steps"]} <= {str((tmp_path / name).resolve()) for name in wires}
            found = await answered(page, "finds", "1 roof, -2")
            assert len(found["finds"]) == 6
            # the agent of this test is no pole of these settings, so how the acceptance ends is not looked at
            await until(page, lambda now: now["state"] != "running" or any("written:" in line for line in now["said"]))
            settings = load(page.settings, find_drivers())
            assert "roof" in settings.devices
            assert found["finds"][1]["name"] not in settings.devices
            assert len(settings.devices) == 5

    tell(tmp_path, story)


def test_a_setup_that_is_stopped_has_changed_nothing_and_says_so(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        before = settings_below(tmp_path)
        assert (await page.ask("GET", "/api/setup")).json["state"] == "idle"
        await page.ask("POST", "/api/begin-setup", {})
        second = await page.ask("POST", "/api/begin-setup", {})
        assert (second.status, "already" in second.json["error"]) == (409, True)
        drawn = await page.ask("POST", "/api/undo", {})
        assert (drawn.status, "already" in drawn.json["error"]) == (409, True)
        question = (await until(page, lambda now: now["question"] is not None))["question"]
        stale = {"number": question["number"] + 1, "text": ""}
        assert (await page.ask("POST", "/api/answer-setup", stale)).status == 409
        await page.ask("POST", "/api/stop-setup", {})
        over = await until(page, lambda now: now["state"] != "running")
        assert over["state"] == "not_accepted"
        assert "no settings were changed" in over["ended"]
        assert settings_below(tmp_path) == before

    tell(tmp_path, story)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wrong_link_ends_in_one_sentence_in_the_language_of_the_page(tmp_path: Path, language: str) -> None:
    async def story(page: Served) -> None:
        page.cookie += f"; language={language}"
        await page.ask("POST", "/api/begin-setup", {})
        await answered(page, "text", "https://nowhere")
        over = await until(page, lambda now: now["state"] != "running")
        assert ("认领链接" in over["ended"]) == (language == "zh"), over["ended"]
        assert "polefleet claim POLE" in over["ended"]

    tell(tmp_path, story)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_setup_of_the_page_opens_nothing_but_serial_ports(tmp_path: Path, language: str) -> None:
    trap = tmp_path / "ttyS1"
    os.mkfifo(trap)

    async def story(page: Served) -> None:
        page.cookie += f"; language={language}"
        await page.ask("POST", "/api/begin-setup", {"ports": str(trap)})
        over = await until(page, lambda now: now["state"] != "running" or now["question"] is not None)
        assert over["state"] == "not_accepted", over
        assert ("不是本机的串口" in over["ended"]) == (language == "zh"), over["ended"]
        assert f"'{trap}'" in over["ended"]

    tell(tmp_path, story)


def test_a_port_is_named_so_that_root_alone_can_turn_it_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ttys = tmp_path / "tty"
    for name in ("ttyUSB7", "tty1", "console", "ptmx"):
        (ttys / name).mkdir(parents=True)
    monkeypatch.setattr(child, "TTYS", ttys)
    link, loop, file = (tmp_path / name for name in ("link", "loop", "ttyUSB7"))
    link.symlink_to("/dev/ttyUSB7")
    loop.symlink_to(loop)
    file.touch()
    assert serial_port("/dev/ttyUSB7") == "/dev/ttyUSB7"
    assert serial_port(str(link)) == "/dev/ttyUSB7"
    assert serial_port(f"/dev/..{link}") == "/dev/ttyUSB7"
    assert serial_port("/dev/pts/0", Path("/dev/pts")) == "/dev/pts/0"
    others = (
        "/dev/pts/0",
        "/dev/watchdog",
        "/dev/tty1",
        "/dev/console",
        "/dev/ptmx",
        "/dev/null",
        "/etc/passwd",
        "",
        "a\0b",
    )
    for other in (*others, str(file), str(loop), "/dev/serial/by-id/..", "/dev/pts/../watchdog"):
        with pytest.raises(AgentError, match="no serial port"):
            serial_port(other)


def test_the_newest_acceptance_report_is_a_page_to_print(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        assert (await page.ask("GET", "/api/setup")).json["report"] == ""
        assert "poleagent setup" in (await page.ask("GET", "/api/acceptance")).json["error"]
        found = made(WELL)
        file = keep(found, signed(found, Identity(tmp_path / "none")), tmp_path / "acceptance", "en")
        assert (await page.ask("GET", "/api/setup")).json["report"] == file.stem
        page.cookie += "; language=zh"
        answer = await page.ask("GET", "/api/acceptance")
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline';")
        assert "验收报告" in answer.body.decode()
        assert (await page.ask("GET", "/api/acceptance", Cookie="")).status == 401

    tell(tmp_path, story)


@pytest.mark.parametrize("path", ["setup", "begin-setup", "answer-setup", "stop-setup"])
def test_nobody_sets_a_pole_up_without_a_session_or_from_another_site(tmp_path: Path, path: str) -> None:
    async def story(page: Served) -> None:
        method = "GET" if path == "setup" else "POST"
        assert (await page.ask(method, f"/api/{path}", Cookie="")).status == 401
        if method == "POST":
            assert (await page.ask(method, f"/api/{path}", Origin="https://elsewhere.example")).status == 403
            assert (await page.ask(method, f"/api/{path}", b"[]")).status == 400 or path == "stop-setup"
        assert (await page.ask("GET", "/api/setup")).json["state"] == "idle"

    tell(tmp_path, story)


def test_who_may_not_write_the_settings_reads_what_to_run(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "gone" / "poleagent.toml"
        with keeping(path) as keeper:
            setup = SetUp(keeper, path)
            assert "sudo poleagent web" in (await setup.shown("en")).refused
            with pytest.raises(AgentError, match="sudo poleagent web"):
                await setup.begin(BeginSetup(), "en")

    asyncio.run(story())


def test_what_the_process_says_is_bounded_and_nonsense_of_it_is_no_harm(tmp_path: Path) -> None:
    async def story() -> None:
        with keeping(settings_in(tmp_path)) as keeper:
            setup = SetUp(keeper, tmp_path / "poleagent.toml")
            for number in range(MOST_SAID + 50):
                setup.received(b'{"type":"said","text":"%d"}\n' % number)
            assert len((await setup.shown("en")).said) == MOST_SAID
            setup.received(b"no json\n")
            setup.received(b"x" * (LINE_BYTES + 1))
            shown = await setup.shown("en")
            assert shown.state == "not_accepted"
            assert "sudo poleagent setup" in shown.ended

    asyncio.run(story())
