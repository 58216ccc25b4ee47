"""The read API: what poles sent comes back as it is, in parts, and a wrong question gets one sentence."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from starlette.testclient import TestClient

from contract.causes import CAUSES
from contract.diagnosis import Diagnosis, named
from contract.diagnosis_code import code
from contract.envelope import envelope
from fleet.api.openapi import ROUTES, document
from fleet.api.routes import ROOT, Nothing, WebParts
from fleet.api.web import build_web
from fleet.broker.run import BrokerHealth
from fleet.folder import Folder
from fleet.incidents.notifier import NotifyHealth
from fleet.lag import IngestHealth
from fleet.query.poles import PolesAsked, marks_of, poles, summing
from fleet.query.reader import reading
from fleet.store.messages import Inbox
from fleet.store.sqlite import open_store
from fleet.upkeep import UpkeepHealth
from tests.fleet.poles import EPOCH, NOON, message, row
from tests.fleet.site import NOW, Site, fill, register, say
from tests.fleet.streets import build

CAUSE = named(min(CAUSES), "no byte in 30 s", "line a")
DIAGNOSIS = Diagnosis(pole="p9", version="1", at=NOW, synced=False, seconds=1, causes=(CAUSE,))


def test_poles_have_a_mark_a_position_and_their_open_incidents(site: Site) -> None:
    items = {item["pole"]: item for item in site.get("/poles")["items"]}
    assert {pole: item["mark"] for pole, item in items.items()} == {
        "p1": "warning", "p2": "alarm", "p3": "warning", "p4": "new"
    }  # fmt: skip
    assert items["p1"]["name"] == "North gate", "the pole's own name where the register has none"
    assert (items["p3"]["latitude"], items["p3"]["longitude"]) == (22.6, 114.1), "as the pole says"
    assert items["p2"]["incidents"] == 1
    assert items["p4"]["seen"] is None


def test_poles_come_in_parts_and_by_filter(site: Site) -> None:
    first = site.get("/poles", limit=2)
    second = site.get("/poles", limit=2, cursor=first["next"])
    assert [item["pole"] for part in (first, second) for item in part["items"]] == ["p1", "p2", "p3", "p4"]
    assert second["next"] is None
    assert [item["pole"] for item in site.get("/poles", text="GATE")["items"]] == ["p1", "p2"]
    assert [item["pole"] for item in site.get("/poles", mark="new")["items"]] == ["p4"]
    assert [item["pole"] for item in site.get("/poles", district="Futian", feeder="F1")["items"]] == ["p1", "p2"]


def test_the_live_stream_has_the_same_marks_as_the_list(home: Path) -> None:
    with open_store(Folder(home).store) as store:
        fill(store)
    register(home)
    build(home, 500)
    with reading(*Folder(home).read) as db:
        assert marks_of(db) == {line.pole: line.mark for line in poles(db, PolesAsked(limit=1000)).items}


def test_a_summary_counts_marks(site: Site) -> None:
    found = site.get("/summary")
    assert (found["poles"], found["incidents"]) == (4, 3)
    assert found["marks"] == {"alarm": 1, "warning": 2, "lost": 0, "good": 0, "new": 1}
    assert found["districts"] == ["Futian", "Nanshan"]


def test_one_pole_has_values_status_and_both_coordinates(site: Site) -> None:
    found = site.get("/poles/p1")
    (value,) = found["values"]
    assert (value["source"], value["quantity"], value["unit"]) == ("roof", "temperature", "Cel")
    assert found["status"]["devices"][0]["driver"] == "weather"
    assert found["events"] == 61
    assert abs(found["gcj02"][1] - found["line"]["longitude"]) > 0.003
    assert site.get("/poles/p3")["quarantined"] == 1


def test_holes_are_explained_waiting_or_missing(site: Site) -> None:
    found = [(hole["first"], hole["last"], hole["why"], hole["reason"]) for hole in site.get("/poles/p2")["holes"]]
    assert found == [
        (4, 5, "explained", "store_full"),
        (10, 11, "missing", ""),
        (13, 14, "waiting", ""),
    ]


def test_completeness_is_a_state_for_each_pole_and_day(site: Site) -> None:
    day = NOON.date()
    parts = site.get("/completeness", since=day - timedelta(days=1), until=day)["items"]
    assert {part["pole"]: part["days"] for part in parts} == {
        "p1": ["none", "open"], "p2": ["none", "missing"], "p3": ["none", "open"]
    }  # fmt: skip
    assert [part["events"] for part in parts] == [[0, 61], [0, 8], [0, 1]]
    assert [part["missing"] for part in parts] == [0, 2, 0]


def test_a_series_is_in_hours_or_days(site: Site) -> None:
    asked = {"source": "roof", "quantity": "temperature", "since": NOON, "until": NOW}
    hours = site.get("/poles/p1/series", **asked)
    assert [point["count"] for point in hours["points"]] == [60 * 59, 60], "the minutes 1 to 60 after noon"
    assert hours["points"][0]["min"] == 19.0
    days = site.get("/poles/p1/series", **asked, step="day")
    assert [point["count"] for point in days["points"]] == [3600]


def test_events_come_in_parts_by_time(site: Site) -> None:
    asked: dict[str, Any] = {"since": NOON, "until": NOW, "kind": "summary", "limit": 40}
    first = site.get("/poles/p1/events", **asked)
    second = site.get("/poles/p1/events", **asked, cursor=first["next"])
    assert [item["seq"] for part in (first, second) for item in part["items"]] == list(range(1, 61))
    assert first["items"][0]["id"] == f"p1/{EPOCH}/1"


def test_cameras_are_those_of_the_poles_and_of_the_register(site: Site) -> None:
    record = {"purpose": "counts cars", "sign": "at the pole", "operator": "the district", "retention_days": 0}
    (camera,) = site.get("/cameras")["items"]
    assert (camera["camera"], camera["state"], camera["known"], camera["registered"]) == (
        "roof",
        "too_dark",
        True,
        False,
    )
    site.post("/cameras", pole="p9", camera="east", **record)
    site.post("/cameras", pole="p1", camera="roof", **record)
    cameras = site.get("/cameras")["items"]
    assert [(each["pole"], each["known"], each["registered"]) for each in cameras] == [
        ("p1", True, True), ("p9", False, True)
    ]  # fmt: skip
    assert site.get("/cameras", registered=False)["items"] == []


def test_a_map_is_columns_of_steps_in_the_order_of_names(site: Site) -> None:
    places, names = site.get("/map"), site.get("/map/names")
    assert places["version"] == names["version"]
    latitude = longitude = 0
    found = {}
    for pole, north, east, mark in zip(
        names["poles"], places["latitude"], places["longitude"], places["marks"], strict=True
    ):
        latitude, longitude = latitude + north, longitude + east
        found[pole] = (latitude / 1e5, longitude / 1e5, places["kinds"][int(mark)])
    assert found == {
        "p1": (22.543, 114.057, "warning"),
        "p2": (22.53, 114.06, "alarm"),
        "p3": (22.6, 114.1, "warning"),
        "p4": (22.5, 113.9, "new"),
    }


def test_health_has_every_part_and_the_store(site: Site) -> None:
    found = site.get("/health")
    assert found["ingest"]["connected"] is True
    assert found["store"]["unreadable"][0]["pole"] == "p3"


def test_what_is_not_well_is_said_in_both_languages_whichever_process_it_runs_in(site: Site) -> None:
    assert site.get("/health/troubles") == []
    wrong: dict[str, object] = {
        "ingest": IngestHealth(connected=True, text="nothing can be stored: disk full; check the disk"),
        "broker": BrokerHealth(program="mosquitto", port=1, state="down", text="mosquitto ended with status 1"),
        "notifications": NotifyHealth(looked=NOW - timedelta(hours=1)),
        "upkeep": UpkeepHealth(text="segments cannot be packed or deleted: disk full"),
    }
    own = msgspec.structs.replace(site.parts, health=lambda: wrong)
    assert [each["text"]["en"] for each in asked(site, own)] == [
        "ingest: nothing can be stored: disk full; check the disk",
        "broker: mosquitto ended with status 1",
        "notifications: it has not looked for incidents since 2026-11-23 17:00 UTC",
        "retention: segments cannot be packed or deleted: disk full",
    ]
    alone = msgspec.structs.replace(site.parts, health=dict)
    assert [each["part"] for each in asked(site, alone)] == ["ingest", "notifications"], "nobody has ever said anything"
    say(site, NOW - timedelta(seconds=30), a=wrong, b={"ingest": IngestHealth()})
    found = [each["text"] for each in asked(site, alone)]
    assert found[1] == {"en": "ingest of cell a: nothing can be stored: disk full; check the disk"} | {
        "zh": "单元 a 的接收：nothing can be stored: disk full; check the disk"
    }
    assert found[2]["en"] == "ingest of cell b: it has no broker, nothing comes in"
    site.moved = timedelta(minutes=2)
    assert all("it has said nothing since" in each["text"]["en"] for each in asked(site, alone))
    with site.parts.desk.change() as db:
        db.execute("UPDATE part SET at = at - ?", (8 * 86_400,))
    assert [each["part"] for each in asked(site, alone)] == ["ingest", "notifications"], "what was taken away"
    say(site, NOW - timedelta(days=8), main={"ingest": IngestHealth(connected=True)})
    found = asked(site, alone)
    assert [(each["part"], each["cell"]) for each in found] == [("notifications", ""), ("ingest", "main")], "has poles"
    assert "it has said nothing since" in found[1]["text"]["en"]


def test_a_job_that_hangs_and_a_clock_that_is_ahead_are_said(site: Site) -> None:
    hangs = {"notifications": NotifyHealth(looked=NOW), "upkeep": UpkeepHealth(done=NOW - timedelta(days=2))}
    say(site, NOW + timedelta(minutes=2), a={"ingest": IngestHealth(connected=True)})
    say(site, NOW, jobs=hangs)
    found = [each["text"] for each in asked(site, msgspec.structs.replace(site.parts, health=dict))]
    assert [each["en"].partition(": see")[0] for each in found] == [
        "ingest of cell a: its clock is ahead, it shows 2026-11-23 18:02 UTC: set the time of its machine",
        "retention of cell jobs: segments were last packed and deleted at 2026-11-21 18:00 UTC",
    ]
    assert "时钟" in found[0]["zh"]
    assert "整理" in found[1]["zh"]


def asked(site: Site, parts: WebParts) -> Any:
    with TestClient(build_web(parts), cookies=site.client.cookies) as client:
        answer = client.get("/api/v1/health/troubles")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("path", "status", "names"),
    [
        ("/poles?cursor=!!", 400, "cursor"),
        ("/poles?limit=0", 400, "limit"),
        ("/poles?colour=red", 400, "colour"),
        ("/poles/none", 404, "none"),
        (
            "/poles/p1/series?source=roof&quantity=rain&since=2026-11-23T00:00:00Z&until=2026-11-24T00:00:00Z",
            404,
            "rain",
        ),
        ("/poles/p1/series?source=roof&quantity=rain&since=2026-11-23&until=2026-11-24", 400, "since"),
        ("/poles/p1/events?since=2026-01-01T00:00:00Z&until=2026-11-24T00:00:00Z", 400, "7 days"),
        ("/completeness?since=2026-11-24&until=2026-11-23", 400, "0 days"),
        ("/incidents?cursor=WzFd", 400, "cursor"),
        ("/commands/none", 404, "none"),
        ("/export/secrets.csv", 404, "secrets"),
        ("/export/series.csv?pole=p1", 400, "source"),
    ],
)
def test_a_wrong_question_gets_one_sentence(site: Site, path: str, status: int, names: str) -> None:
    answer = site.client.get(f"{ROOT}{path}")
    assert answer.status_code == status, answer.text
    assert names in answer.json()["error"]


def test_an_export_is_csv_and_no_text_becomes_a_formula(site: Site) -> None:
    answer = site.client.get(f"{ROOT}/export/poles.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["pole"] for row in rows] == ["p1", "p2", "p3", "p4"]
    assert rows[3]["name"] == "'=not yet"
    events = site.client.get(f"{ROOT}/export/events.csv", params={
        "pole": "p1", "since": NOON.isoformat(), "until": NOW.isoformat(), "limit": 7
    })  # fmt: skip
    assert len(list(csv.DictReader(io.StringIO(events.text)))) == 61


def test_every_answer_fits_the_openapi_document(site: Site) -> None:
    whole = document()
    asked = 0
    day = "since=2026-11-23T00:00:00Z&until=2026-11-24T00:00:00Z"
    params = {
        "/poles/{pole}/series": f"?source=roof&quantity=temperature&{day}",
        "/poles/{pole}/events": f"?{day}",
        "/completeness": "?since=2026-11-22&until=2026-11-23",
        "/diagnosis": f"?code={code(DIAGNOSIS)}",
        "/incidents/one": "?pole=p2&source=roof&id=0123abcd",
        "/rollouts/poles": "?release=models/crops/1",
    }
    for route in ROUTES:
        if route.method != "GET" or route.path == "/commands/{id}":
            continue
        answer = site.client.get(ROOT + route.path.replace("{pole}", "p1") + params.get(route.path, ""))
        assert answer.status_code == 200, answer.text
        schema = whole["paths"][ROOT + route.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), schema | {"components": whole["components"]})
        asked += 1
    assert asked >= 18


def test_every_route_says_what_it_asks_and_gives() -> None:
    for route in ROUTES:
        assert route.text.endswith("."), route.path
        assert route.asks.__doc__, route.path
        if route.method == "GET" and route.asks is not Nothing:
            fields = {field.name for field in msgspec.structs.fields(route.asks)}
            assert all(part[1:-1] in fields for part in route.path.split("/") if part.startswith("{"))


def test_headers_forbid_what_is_not_ours(site: Site) -> None:
    for path in ("/api/v1/summary", "/healthz", "/nothing"):
        headers = site.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_folder_without_a_desk_is_read_too(site: Site, tmp_path: Path) -> None:
    with reading(*Folder(tmp_path).read) as db:
        assert summing(db).poles == 4


def test_a_hole_lies_between_the_events_around_it(site: Site) -> None:
    """One segment a day, numbers 1 to 96 by the quarter of an hour from noon on; all of the third day are missing."""
    for first in (1, 97, 289):
        rows = [row(seq, at=NOON + timedelta(minutes=15 * (seq - 1))) for seq in range(first, first + 96)]
        site.store.commit([Inbox("p8", msgspec.json.encode([envelope("p8", each) for each in rows]), NOW)])
    (found,) = site.get("/completeness", since=NOON.date(), until=NOON.date() + timedelta(days=5), pole="p8")["items"]
    assert found["days"] == ["complete", "complete", "missing", "missing", "open", "none"]
    assert found["missing"] == 96


def test_a_hole_before_the_first_event_is_of_that_day(site: Site) -> None:
    site.store.commit([Inbox("p8", message("p8", [5]), NOW)])
    (found,) = site.get("/completeness", since=NOON.date() - timedelta(days=3), until=NOON.date(), pole="p8")["items"]
    assert found["days"] == ["none", "none", "none", "missing"]


def test_a_diagnosis_is_read_from_the_text_of_its_code(site: Site) -> None:
    read = site.get("/diagnosis", code=code(DIAGNOSIS))
    (cause,) = DIAGNOSIS.causes
    assert (read["pole"], read["synced"], read["causes"][0]["text"]) == ("p9", False, dict(cause.text))
    for wrong in ("", "POLE1.", "POLE1.AAAA", "x" * 1025):
        answer = site.client.get("/api/v1/diagnosis", params={"code": wrong})
        assert (answer.status_code, len(answer.json()["error"].splitlines())) == (400, 1)
