"""Poles try a release before it goes anywhere: what they say, those that could not and why, and what then happened."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.release import ReleaseId
from contract.what_if import Forecast, WhatIfCounts, WhatIfResult
from release.cli import main
from release.errors import ReleaseError
from release.forecasting import Asking, body_of, figures_of, happened, lines
from release.platform import PlatformApi
from tests.fleet.site import open_site
from tests.release.desks import NOW

RELEASE = ReleaseId(kind="settings", name="street", number=12)


def counts(alarms: int, size: int) -> WhatIfCounts:
    return WhatIfCounts(alarms=alarms, sensor_faults=2, events=alarms * 2 + 10, bytes=size, kinds={"alert": alarms})


def result(state: str = "done", **more: Any) -> dict[str, Any]:
    figures = {"before": counts(212, 1000), "after": counts(3, 590), "hours": 12.0, "share": 0.5, "readings": 9}
    found = WhatIfResult(release=str(RELEASE), state=state, **({**figures, **more} if state == "done" else more))  # type: ignore[arg-type]
    return {
        "id": "j",
        "ok": True,
        "at": "2026-11-30T12:00:00Z",
        "clock": "synced",
        "result": msgspec.to_builtins(found),
    }


def refused(why: str) -> dict[str, Any]:
    return {"id": "j", "ok": False, "at": "2026-11-30T12:00:00Z", "clock": "synced", "error": why}


class FakePlatform:
    """Each pole has a list of replies, one for each time that it is asked; None: it never answers."""

    def __init__(self, **replies: list[dict[str, Any] | None]) -> None:
        self.replies = {pole.replace("_", "-"): list(given) for pole, given in replies.items()}
        self.jobs: list[dict[str, dict[str, Any]]] = []
        self.bodies: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def post(self, path: str, body: dict[str, object]) -> Any:
        assert path == "/commands"
        self.bodies.append(body)
        asked: Any = body.get("poles") or list(self.replies)
        job = {}
        for pole in asked:
            reply = self.replies[pole].pop(0) if self.replies[pole] else None
            state = "sent" if reply is None else "done" if reply["ok"] else "failed"
            job[pole] = {"pole": pole, "state": state, "reply": reply}
        self.jobs.append(job)
        return {"id": str(len(self.jobs) - 1), "poles": len(job)}

    def items(self, path: str, **params: object) -> Iterator[Any]:
        if path.startswith("/commands/"):
            yield from self.jobs[int(path.rpartition("/")[2])].values()
        else:
            yield from (each for each in self.events if each["kind"] == params["kind"])


def ask(platform: FakePlatform, *on: str, wait_s: float = 600.0) -> Forecast:
    time_s = [0.0]

    def sleep(seconds: float) -> None:
        time_s[0] += seconds

    asking = Asking(platform, RELEASE, hours=None, moments=lambda: time_s[0], sleep=sleep)
    return Forecast(release=str(RELEASE), asked=NOW, poles=asking.run(body_of(list(on)), wait_s, lambda _: None))


def test_each_pole_and_all_together_are_shown() -> None:
    forecast = ask(FakePlatform(p1=[result("running"), result("running"), result()], p2=[result()]), "all")
    shown = list(lines(forecast))
    assert shown[0] == (
        "p1: 3 alarms instead of 212, 2 sensor faults as before, 41 % fewer bytes (12.0 h, 50% of its ring)"
    )
    assert shown[-1] == ("2 of 2 poles, 24.0 h: 6 alarms instead of 424, 4 sensor faults as before, 41 % fewer bytes")


def test_a_pole_begins_anew_once_for_each_forecast() -> None:
    platform = FakePlatform(p1=[result("running"), result("running"), result()])
    ask(platform, "all")
    assert [body["args"].get("again", False) for body in platform.bodies] == [True, False, False]


@pytest.mark.fault("a pole cannot try a release, or does not answer", "the forecast names it with the reason")
def test_poles_that_could_not_are_named_with_reasons() -> None:
    platform = FakePlatform(
        p1=[result("refused", text="it changes nothing on this pole")],
        p2=[refused("there is no command 'what_if'; this pole knows ping")],
        p3=[None],
        p4=[result("running")] * 100,
        p5=[{"id": "j", "ok": True, "result": {"state": 7}}],
        p6=[result()],
    )
    forecast = ask(platform, "all", wait_s=120.0)
    why = {each.pole: each.why_not for each in forecast.poles}
    assert why["p1"] == "it changes nothing on this pole"
    assert "no command 'what_if'" in why["p2"]
    assert why["p3"] == "it was asked and has not answered yet"
    assert why["p4"] == "it is still at work"
    assert "cannot be read" in why["p5"]
    assert list(lines(forecast))[-1].startswith("1 of 6 poles, 12.0 h: 3 alarms instead of 212")
    assert all(set(body["poles"]) <= {"p4"} for body in platform.bodies[1:]), "only who is at work is asked again"


def test_poles_are_chosen_by_ids_or_filters() -> None:
    assert body_of(["all"]) == {"filter": {}}
    assert body_of(["SZ-1", "SZ-2"]) == {"poles": ["SZ-1", "SZ-2"]}
    assert body_of(["district=Futian", "feeder=F1"]) == {"filter": {"district": "Futian", "feeder": "F1"}}
    for wrong, sentence in (
        ([], "say which poles"),
        (["colour=red"], "not chosen by colour"),
        (["p", "cell=1"], "say"),
    ):
        with pytest.raises(ReleaseError, match=sentence):
            body_of(wrong)


def test_the_platforms_api_takes_the_command_and_gives_events(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        for on, poles in ((["all"], 4), (["p1"], 1), (["district=Futian", "feeder=F1"], 2)):
            body = {"name": "what_if", "args": {"release": str(RELEASE)}, "expires_in_s": 61} | body_of(on)
            assert site.post("/commands", **body)["poles"] == poles
        begun = datetime.fromisoformat(site.get("/incidents", kind="alert")["items"][0]["begin"])
        span = {"since": begun - timedelta(days=1), "until": begun + timedelta(days=1)}
        found = [site.get(f"/poles/{pole}/events", kind="alert", **span)["items"] for pole in ("p1", "p2", "p3")]
        assert any(event["data"]["phase"] == "begin" for each in found for event in each)


def test_a_forecast_is_figures_for_the_plan_of_a_rollout() -> None:
    figures = figures_of(ask(FakePlatform(p1=[result()], p2=[None]), "all", wait_s=60.0), RELEASE)
    assert (figures["poles"], figures["days of poles"]) == (1.0, 0.5)
    assert (figures["alarms a pole and day"], figures["alarms a pole and day before"]) == (6.0, 424.0)
    with pytest.raises(ReleaseError, match="the forecast says nothing"):
        figures_of(ask(FakePlatform(p1=[None]), "all", wait_s=60.0), RELEASE)
    with pytest.raises(ReleaseError, match="not of settings/street/13"):
        figures_of(ask(FakePlatform(p1=[result()]), "all"), msgspec.structs.replace(RELEASE, number=13))


def test_the_forecast_is_compared_with_what_the_platform_received() -> None:
    platform = FakePlatform(p1=[result()])
    forecast = ask(platform, "all")
    platform.events = [
        {"kind": kind, "data": {"phase": phase}}
        for kind in ("alert", "anomaly", "sensor_fault")
        for phase in ("begin", "begin", "end")
    ]
    shown = list(happened(forecast, platform, NOW - timedelta(days=2), NOW))
    assert shown == [
        "p1: 2.0 alarms a day, foreseen 6.0, before 424.0",
        "together: 2.0 alarms a day, foreseen 6.0, before 424.0",
    ]
    with pytest.raises(ReleaseError, match="at most 7 days"):
        list(happened(forecast, platform, NOW - timedelta(days=8), NOW))


class _Api(BaseHTTPRequestHandler):
    """A command that is answered at once; without a token all is refused."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"id": "7", "poles": 1})

    def do_GET(self) -> None:
        if self.path.startswith("/api/v1/commands/7"):
            self._say({"items": [{"pole": "p1", "state": "done", "reply": result()}], "next": None})
        else:
            self._say({"error": "there is no such route"}, 404)

    def _say(self, value: object, status: int = 200) -> None:
        if self.headers["Authorization"] != "Bearer good":
            value, status = {"error": "this token is unknown, has expired or was revoked"}, 401
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing."""


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        thread = threading.Thread(target=server.serve_forever)  # noqa: TID251 - a server for a blocking client
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_command_asks_over_http_and_writes_a_forecast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("release.cli.what_if._sleep", lambda _: None)
    token = tmp_path / "token"
    with serving() as address:
        words = ["what-if", str(RELEASE), "--on", "p1", "--platform", address, "--token-file", str(token)]
        token.write_text("bad\n", encoding="utf-8")
        assert main(words) == 1
        assert "the platform refuses: this token is unknown" in capsys.readouterr().err
        token.write_text("good\n", encoding="utf-8")
        assert main([*words, "--out", str(tmp_path / "forecast.json")]) == 0
        assert "3 alarms instead of 212" in capsys.readouterr().out
        with pytest.raises(ReleaseError, match="there is no such route"):
            PlatformApi(address, "good").get("/nowhere")
    assert main(words) == 1
    assert "cannot be reached" in capsys.readouterr().err
    kept = msgspec.json.decode((tmp_path / "forecast.json").read_bytes(), type=Forecast)
    assert kept.poles[0].pole == "p1"
    assert kept.sums()[1].alarms == 3
    other = [*words, "--happened", str(tmp_path / "forecast.json")]
    other[1] = "settings/street/13"
    assert main(other) == 1
    assert "is a forecast of settings/street/12" in capsys.readouterr().err
    assert main(["what-if", "software/poleagent/3", *words[2:]]) == 1


@pytest.mark.fault("a token would travel in plain text to another machine", "it is refused")
def test_a_token_does_not_travel_in_plain_text() -> None:
    with pytest.raises(ReleaseError, match="use https"):
        PlatformApi("http://poles.city.example", "good")
    with pytest.raises(ReleaseError, match="is no address of a platform"):
        PlatformApi("poles.city.example", "good")


@pytest.mark.parametrize("command", [["what-if", str(RELEASE)], ["drift"]])
@pytest.mark.parametrize("given", ["nan", "inf", "-1", "1e300", "soon"])
def test_a_time_that_is_none_is_refused_before_anything_is_asked(
    command: list[str], given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*command, "--on", "p1", "--platform", "http://localhost:1", "--token-file", "/nowhere"]
    for option in ("--days", "--wait-min" if command[0] == "what-if" else "--recent"):
        with pytest.raises(SystemExit):
            main([*words, f"{option}={given}"])
        assert f"argument {option}: '{given}' is no number above 0, at most 10000" in capsys.readouterr().err
