"""The page over real TLS: who gets in, what everybody is sent, what hostile requests do, and that it ends."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.cli import main
from agent.config.uplink import TlsSettings
from agent.config.web import WebSettings
from agent.errors import ConfigError
from agent.setup.key import make_key
from agent.system.clock import SystemClock
from agent.web import http as bounds
from agent.web.certificate import fingerprint, server_tls
from agent.web.door import MOST_SESSIONS, TRIES, TRY_S, LogIns
from agent.web.http import BODY_BYTES, HEAD_BYTES, MOST_CONNECTIONS
from agent.web.listen import listen
from agent.web.pages import FILES, PAGES, TEXTS
from agent.web.questions import POSTS, QUESTIONS
from agent.web.run import run
from contract.health import PoleStatus
from tests.web.served import Served, served, settings_in, trusting
from ui.texts import LANGUAGES

FIRST_VIEW = 150_000


def tell(folder: Path, story: Callable[[Served], Awaitable[None]], *, agent: bool = True) -> None:
    async def whole() -> None:
        async with served(folder, agent=agent) as page:
            await story(page)

    asyncio.run(whole())


def test_the_code_of_the_terminal_lets_in_once_and_the_cookie_is_guarded(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        assert (await page.ask("GET", "/api/status")).status == 401
        first = page.codes[-1]
        reply = await page.log_in()
        assert reply.status == 200
        name, *flags = reply.headers["set-cookie"].split("; ")
        assert name.startswith("__Host-")
        assert set(flags) == {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"}
        assert (await page.ask("GET", "/api/status")).json["pole"] == "SZ-0042"
        assert len(page.codes) == 2
        assert (await page.ask("POST", "/api/enter", {"code": first}, Cookie="")).status == 403
        await page.ask("POST", "/api/leave")
        assert (await page.ask("GET", "/api/status")).status == 401

    tell(tmp_path, story)


def test_wrong_codes_are_few_and_a_right_one_waits_with_them(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        wrong = f"{(int(page.codes[-1].replace(' ', '')) + 1) % 10**8:08}"
        for _ in range(TRIES):
            reply = await page.ask("POST", "/api/enter", {"code": wrong})
            assert (reply.status, "set-cookie" in reply.headers) == (403, False)
        reply = await page.log_in()
        assert reply.status == 429
        assert int(reply.headers["retry-after"]) <= TRY_S + 1
        page.now += TRY_S
        assert (await page.log_in()).status == 200

    tell(tmp_path, story)


def test_a_code_may_be_typed_with_or_without_its_blank_and_old_sessions_make_room() -> None:
    shown: list[str] = []
    log_ins = LogIns(lambda: 0.0, shown.append)
    tokens = [log_ins.enter(shown[-1].replace(" ", "-")) for _ in range(MOST_SESSIONS + 1)]
    assert len(set(tokens)) == MOST_SESSIONS + 1
    assert [log_ins.knows(token or "") for token in tokens] == [False] + [True] * MOST_SESSIONS
    for typed in ("", "1", "a" * 1000, "①②③④⑤⑥⑦⑧"):
        assert log_ins.enter(typed) is None


def test_every_answer_has_the_strict_policy_and_every_page_is_of_this_server_alone(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        for path in [each.path for each in PAGES] + [f"/static/{name}" for name in FILES] + ["/none", "/api/status"]:
            reply = await page.ask("GET", path)
            policy = reply.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert reply.headers["x-content-type-options"] == "nosniff"
            if reply.headers["content-type"].startswith("text/html"):
                text = reply.body.decode()
                assert not re.search(r"<script(?![^>]*src=)|style=|https?://", text), path
        again = await page.ask("GET", "/", If_None_Match=(await page.ask("GET", "/")).headers["etag"])
        assert (again.status, again.body) == (304, b"")

    tell(tmp_path, story)


def test_another_host_another_origin_and_another_kind_of_body_are_turned_away(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        await page.log_in()
        for host in ("evil.example", f"evil.example:{page.port}", "localhost.evil.example", "", "[::2]:8443"):
            assert (await page.ask("GET", "/api/status", Host=host)).status in {400, 421}, host
        for host in (f"127.0.0.1:{page.port}", "LOCALHOST:9999", "[::1]:1"):
            assert (await page.ask("GET", "/api/status", Host=host)).status == 200, host
        for bad in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Content_Type": "text/plain"},
        ):
            assert (await page.ask("POST", "/api/diagnose", **bad)).status == 403, bad
        assert (await page.ask("POST", "/api/status")).status == 404
        assert (await page.ask("GET", "/api/diagnose")).status == 404
        assert (await page.ask("PUT", "/api/status")).status == 405

    tell(tmp_path, story)


def test_nothing_of_the_pole_is_answered_without_a_session(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        for name in QUESTIONS:
            assert (await page.ask("GET", f"/api/{name}")).status == 401
        for name in [*POSTS, "leave"]:
            assert (await page.ask("POST", f"/api/{name}")).status == 401
        for token in ("", "x", "__Host-poleagent=", f"__Host-poleagent={'a' * 43}", "; ;=;__Host-poleagent"):
            assert (await page.ask("GET", "/api/status", Cookie=token)).status == 401

    tell(tmp_path, story)


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\xff" * 200 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # no host
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\xc3\xa4 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /static/..%2f..%2fpages.py HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /static/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * (4 * HEAD_BYTES) + b"\r\n\r\n",
        b"GET /" + b"a" * (HEAD_BYTES + 1),
        b"POST /api/enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /api/enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/enter HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1000\r\n" * 1 + b"a" * 0x1000 + b"\r\n" + (b"1000\r\n" + b"a" * 0x1000 + b"\r\n") * (BODY_BYTES // 0x1000),
        b"POST /api/enter HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        b"GET /?" + b"&".join(b"a%d=1" % n for n in range(50)) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:40]),
)  # fmt: skip
def test_a_hostile_request_is_refused_and_the_next_one_answered(tmp_path: Path, sent: bytes) -> None:
    async def story(page: Served) -> None:
        found = await page.raw(sent)
        assert re.match(rb"HTTP/1\.1 (4\d\d|505) |$", found), found[:100]  # closed while it still sends: no answer
        assert b"root:" not in found
        assert (await page.ask("GET", "/")).status == 200

    tell(tmp_path, story)


def test_bodies_that_are_no_log_in_are_refused_in_a_sentence(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        for body in (b"", b"[]", b"{", b'{"code": 1}', b'{"code": "1", "more": 1}', b"[" * 20000, b'{"code":"\xff"}'):
            reply = await page.ask("POST", "/api/enter", body)
            assert reply.status == 400, body
            assert reply.json["error"]

    tell(tmp_path, story)


def test_plain_http_and_handshakes_that_never_end_hold_a_bounded_number_of_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "HANDSHAKE_S", 1.0)

    async def story(page: Served) -> None:
        silent = [await asyncio.open_connection("127.0.0.1", page.port) for _ in range(MOST_CONNECTIONS + 1)]
        silent[0][1].write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(120):
            for reader, writer in silent:
                assert b"html" not in await _read(reader)
                writer.transport.abort()
            while await _status(page) != 200:  # the last of them is counted out at its own time
                await asyncio.sleep(0.05)

    tell(tmp_path, story)


async def _status(page: Served) -> int:
    try:
        return (await page.ask("GET", "/")).status
    except (ConnectionError, ssl.SSLError):
        return 0


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_a_request_that_never_ends_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "REQUEST_S", 0.3)

    async def story(page: Served) -> None:
        assert await page.raw(b"GET / HTTP/1.1\r\nHost: lo") == b""

    tell(tmp_path, story)


def test_a_dead_daemon_is_said_in_each_language_and_the_doctor_looks_all_the_same(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        await page.log_in()
        reply = await page.ask("GET", "/api/status", Accept_Language="zh-CN")
        assert (reply.status, "没有运行" in reply.json["error"]) == (503, True)
        assert "not running" in (await page.ask("GET", "/api/status")).json["error"]
        assert (await page.ask("POST", "/api/diagnose")).json["made"] >= 1

    tell(tmp_path, story, agent=False)


def test_values_devices_link_and_events_are_those_of_the_status(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        await page.log_in()
        pole = (await page.ask("GET", "/api/status", Accept_Language="zh")).json
        assert [one["about"] for one in pole["todo"]] == ["线路 uart-c", "设备 level"]
        level = next(each for each in pole["values"] if each["device"] == "level")
        assert (level["old"], level["age"]) == (True, "12 min")
        parts = {part["name"]: part for part in pole["devices"]}
        assert parts["level"]["state"]["mark"] == "alarm"
        assert "12 min" in parts["level"]["todo"][0]
        assert pole["link"][0]["state"]["mark"] == "good"
        found = (await page.ask("GET", "/api/series?device=roof&quantity=temperature")).json
        assert [point["mean"] for point in found["points"]] == [21.0, 22.0]
        assert (found["left_out"], found["symbol"]) == (1, "°C")
        assert (await page.ask("GET", "/api/series?device=roof")).status == 400
        assert (await page.ask("GET", "/api/events")).json["events"][0]["kind"] == "start"

    tell(tmp_path, story)


def test_an_answer_that_is_no_status_is_no_all_is_well(tmp_path: Path) -> None:
    async def nonsense(_: object, __: str) -> PoleStatus:
        raise RuntimeError("broken")

    async def whole() -> None:
        async with served(tmp_path, status=nonsense) as page:
            await page.log_in()
            reply = await page.ask("GET", "/api/status")
            assert reply.status >= 400
            assert "status" in reply.json["error"]

    asyncio.run(whole())


def test_the_first_view_is_light(tmp_path: Path) -> None:
    scripts = {name: body.decode() for name, body in FILES.items() if name.endswith(".js")}

    def needed(name: str) -> set[str]:
        return {name}.union(*(needed(each) for each in re.findall(r'from "\./([\w.]+)"', scripts.get(name, ""))))

    async def story(page: Served) -> None:
        await page.log_in()
        paths = {"/", "/api/status", "/api/series?device=roof&quantity=temperature"}
        paths |= {f"/static/{name}" for name in {"style.css", "icon.svg", "shell.js"} | needed("live.js")}
        total = 0
        for path in paths:
            reply = await page.ask("GET", path, Accept_Encoding="gzip")
            assert reply.status == 200, path
            total += len(reply.body)
            if reply.headers.get("content-encoding") == "gzip":
                gzip.decompress(reply.body)
        print(f"first view: {total} bytes")
        assert total <= FIRST_VIEW

    tell(tmp_path, story)


def test_every_text_stands_in_each_language_and_none_is_left_over() -> None:
    scripts = [body.decode() for name, body in FILES.items() if name.endswith(".js")]
    used = {key for script in scripts for key in re.findall(r'\bt\("(\w+)"', script)}
    used |= {page.heading for page in PAGES} | {"content", "noscript"} | {"cameras", "devices", "lines"}
    used |= {f"{name}_head" for name in ("link", "queue", "clock", "box")}
    assert sorted(used ^ TEXTS.keys()) == []
    for key, words in TEXTS.items():
        assert set(words) == set(LANGUAGES), key
        assert len({len(re.findall(r"\{\d\}", text)) for text in words.values()}) == 1, key
    for script in scripts:
        assert "innerHTML" not in script
        assert "http:" not in script.replace("http://www.w3.org", "")


def test_the_fingerprint_is_that_of_the_certificate_that_is_shown(tmp_path: Path) -> None:
    async def story(page: Served) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", page.port, ssl=trusting())
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        digest = hashlib.sha256(shown).hexdigest().upper()
        assert page.fingerprint.replace(":", "") == digest

    tell(tmp_path, story)


@pytest.mark.parametrize(("purpose", "own"), [("serverAuth", True), ("clientAuth", False)])
def test_the_certificate_of_the_pole_is_shown_where_a_server_may_show_it(
    tmp_path: Path, purpose: str, own: bool
) -> None:
    key, cert = tmp_path / "pole.key", tmp_path / "pole.pem"
    key.write_bytes(make_key())
    subject = ("-subj", "/CN=p1", "-addext", f"extendedKeyUsage={purpose}")
    subprocess.run(["openssl", "req", "-x509", "-new", "-key", key, *subject, "-out", cert], check=True)
    tls = TlsSettings(ca_file=str(cert), cert_file=str(cert), key_file=str(key))
    _, shown, is_own = server_tls(tls, ("127.0.0.1",))
    assert is_own is own
    assert (shown == fingerprint(cert.read_text())) is own


def test_it_ends_by_itself_after_its_time(tmp_path: Path) -> None:
    said: list[str] = []
    path = settings_in(tmp_path, "[web]\nport = 18498\n")
    asyncio.run(run(path, str(tmp_path / "c.sock"), 0.2, SystemClock(), said.append))
    assert said[-1] == "The page is closed."
    listen(WebSettings(port=18498)).close()


def test_an_interface_that_is_not_there_and_all_at_once_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match="no network interface"):
        listen(WebSettings(interface="eth99"))
    with pytest.raises(ConfigError, match=r"cannot listen at 203\.0\.113\.9"):
        listen(WebSettings(interface="203.0.113.9"))
    for bad in ('interface = "0.0.0.0"', 'interface = "::"', "port = 80"):
        path = settings_in(tmp_path, f"[web]\n{bad}\n")
        assert main(["check", str(path)]) != 0
        assert "[web]" in capsys.readouterr().err


@pytest.mark.parametrize("bad", ["", "30", "0min", "9h", "30 days", "-5min", "1e3min"])
def test_a_time_that_is_none_is_refused(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["web", f"--for={bad}"])
    assert end.value.code == 2
    assert "30min" in capsys.readouterr().err


def test_the_command_prints_address_fingerprint_and_code_and_ends_on_a_signal(tmp_path: Path) -> None:
    path = settings_in(tmp_path, "[web]\nport = 18499\n")
    page = subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "web", "--settings", str(path)], stdout=subprocess.PIPE, text=True
    )
    assert page.stdout is not None
    lines = []
    for line in page.stdout:
        lines.append(line)
        if "code" in line and re.search(r"\d{4} \d{4}", line):
            break
    assert re.search(r"open for 30 min: https://localhost:18499/", lines[0])
    assert len(re.findall(r"\b[0-9A-F]{2}\b", "".join(lines[2:6]))) >= 32
    page.send_signal(signal.SIGTERM)
    rest, _ = page.communicate(timeout=120)
    assert "closed" in rest
    assert page.returncode == 0
