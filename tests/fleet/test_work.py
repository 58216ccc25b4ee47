"""What people do about incidents, and what pages see of it at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from contract.events import Alert
from fleet.api.live import Live
from fleet.api.routes import ROOT
from fleet.folder import Folder
from fleet.gcj02 import to_gcj02, to_wgs84
from fleet.store.messages import Inbox
from tests.fleet.poles import NOON, event, message
from tests.fleet.site import NOW, Site

FLOOD = {"pole": "p2", "source": "roof", "id": "0123abcd"}
DOWN = {"pole": "p3", "source": "roof", "id": "device_state"}


def test_incidents_have_the_sentence_of_their_event(site: Site) -> None:
    found = {item["pole"]: item for item in site.get("/incidents", open=True)["items"]}
    assert found["p2"]["text"] == {"en": "flood", "zh": "积水"}
    assert found["p3"]["text"]["en"] == "down: no answer: check the cable"
    assert (found["p2"]["feeder"], found["p2"]["district"]) == ("F1", "Futian")


def test_incidents_come_in_parts(site: Site) -> None:
    first = site.get("/incidents", limit=2)
    second = site.get("/incidents", limit=2, cursor=first["next"])
    assert sorted(item["pole"] for part in (first, second) for item in part["items"]) == ["p1", "p2", "p3"]
    assert second["next"] is None


def test_many_are_acknowledged_at_once_and_once(site: Site) -> None:
    assert site.post("/incidents/acknowledge", incidents=[FLOOD, DOWN])["changed"] == 2
    assert site.post("/incidents/acknowledge", incidents=[FLOOD, DOWN])["changed"] == 0
    assert {item["pole"]: item["by"] for item in site.get("/incidents")["items"]} == {
        "p1": None, "p2": "root", "p3": "root"
    }  # fmt: skip
    assert [item["pole"] for item in site.get("/incidents", acknowledged=False)["items"]] == ["p1"]


def test_where_one_of_many_is_not_there_none_is_acknowledged(site: Site) -> None:
    body = {"incidents": [FLOOD, FLOOD | {"pole": "none"}]}
    assert (
        site.client.post(f"{ROOT}/incidents/acknowledge", json=body, headers={"X-CSRF": site.csrf}).status_code == 404
    )
    assert all(item["acknowledged"] is None for item in site.get("/incidents")["items"])


def test_an_acknowledgement_is_of_one_run_of_an_incident(site: Site) -> None:
    site.post("/incidents/acknowledge", incidents=[FLOOD])
    again = Alert(
        id="0123abcd", phase="begin", rule="flood", severity="alarm", since=NOON.replace(hour=11), text={"en": "x"}
    )
    site.store.commit([Inbox("p2", msgspec.json.encode(event("p2", 20, again)), NOW)])
    assert site.get("/incidents/one", **FLOOD)["line"]["acknowledged"] is None


def test_comments_stand_with_their_incident(site: Site) -> None:
    site.post("/incidents/comment", **FLOOD, text="a van is on its way")
    found = site.get("/incidents/one", **FLOOD)
    assert [(each["who"], each["text"]) for each in found["comments"]] == [("root", "a van is on its way")]
    assert found["line"]["comments"] == 1
    assert found["body"]["rule"] == "flood"


def test_a_silence_has_an_end(site: Site) -> None:
    made = site.post("/silences", pole="p2", until="2026-11-23T20:00:00Z", why="works on the street")
    assert site.get("/incidents/one", **FLOOD)["line"]["silent_until"] == "2026-11-23T20:00:00Z"
    assert site.get("/incidents/one", **DOWN)["line"]["silent_until"] is None
    assert [each["number"] for each in site.get("/silences")] == [made["number"]]
    site.post("/silences/end", number=made["number"])
    assert site.get("/silences") == []
    assert site.get("/incidents/one", **FLOOD)["line"]["silent_until"] is None


@pytest.mark.parametrize("until", ["2026-11-23T17:00:00Z", "2027-11-23T17:00:00Z"])
def test_a_silence_that_is_over_or_too_long_is_refused(site: Site, until: str) -> None:
    body = {"until": until, "why": "x"}
    answer = site.client.post(f"{ROOT}/silences", json=body, headers={"X-CSRF": site.csrf})
    assert answer.status_code == 400


def test_a_command_goes_to_a_list_or_to_what_a_filter_finds(site: Site) -> None:
    assert site.post("/commands", name="ping", poles=["p1", "p3"]) == {"id": "job1", "poles": 2}
    assert site.post("/commands", name="status", filter={"district": "Futian"})["poles"] == 2
    assert site.commands.taken == [(("p1", "p3"), "ping", {}), (("p1", "p2"), "status", {})]
    assert site.get("/audit")["items"][0]["subject"] == "job2"


@pytest.mark.parametrize(
    ("body", "names"), [({"name": "ping"}, "no pole"), ({"name": "ping", "poles": ["gone"]}, "gone")]
)
def test_a_command_that_cannot_be_given_says_why(site: Site, body: dict[str, object], names: str) -> None:
    answer = site.client.post(f"{ROOT}/commands", json=body, headers={"X-CSRF": site.csrf})
    assert (answer.status_code, names in answer.json()["error"]) == (400, True)


def test_a_page_that_comes_back_goes_on_where_it_was(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.api.live.LOOK_S", 0.01)
    monkeypatch.setattr("fleet.api.live.SHARE", 1e9)

    async def story() -> None:
        live = Live(Folder(tmp_path).store, site.parts.desk.where)
        first = live.events()
        hello = (await anext(first)).decode()
        assert "event: hello" in hello
        site.store.commit([Inbox("p9", message("p9", [1]), NOW)])
        async with asyncio.timeout(120):
            change = (await anext(first)).decode()
        assert '"p9":"good"' in change
        last = hello.splitlines()[0].removeprefix("id: ")
        assert (await anext(live.events(last))).decode() == change, "what was missed comes again"
        assert "event: reset" in (await anext(live.events("another-0"))).decode()
        assert "event: reset" in (await anext(live.events("rubbish"))).decode()

    asyncio.run(story())


def test_a_position_is_shifted_for_chinese_maps_and_back() -> None:
    """The position of Tiananmen in both systems, as published in many places; outside of China nothing is shifted."""
    north, east = to_gcj02(39.907333, 116.391083)
    assert (round(north, 4), round(east, 4)) == (39.9087, 116.3973)
    for place in ((22.543, 114.057), (45.8, 126.5), (18.2, 109.5)):
        back = to_wgs84(*to_gcj02(*place))
        assert back == pytest.approx(place, abs=1e-9)
    assert to_gcj02(48.85, 2.35) == (48.85, 2.35)
