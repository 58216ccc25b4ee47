"""The platform's metrics: who may read them, that they are right, and that dashboard and rules name what there is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from contract.exposition import CONTENT_TYPE
from fleet.accounts.roles import Scope
from fleet.api.metrics import METRICS, PREFIX
from fleet.api.web import build_web
from fleet.broker.run import BrokerHealth
from fleet.incidents.notifier import NotifyHealth
from fleet.ingest import Ingest
from fleet.lag import IngestHealth
from fleet.query.metrics import counts
from fleet.query.reader import reading
from fleet.session import SessionSettings
from fleet.store.database import SqliteDatabase, Standby
from fleet.store.postgres import PostgresDatabase
from fleet.store.writer import open_writer
from simulator.ports import free_port
from tests.exposition import parsed
from tests.fleet.poles import NOON, message
from tests.fleet.site import NOW, ROOT, Site, say
from tests.uplink.support import until

MONITORING = Path(__file__).resolve().parents[2] / "packaging" / "monitoring"
ALL = {f"{PREFIX}_{metric.name}" for metric in METRICS}


def test_a_program_reads_metrics_with_a_token_of_that_scope_alone(site: Site) -> None:
    site.client.cookies.clear()
    assert site.client.get("/metrics").status_code == 401
    for scope, status in ((Scope.METRICS, 200), (Scope.READ, 403)):
        _, secret = site.parts.accounts.make_token("p", [scope], 1, by=ROOT, now=NOW)
        answer = site.client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status
        other = site.client.get("/api/v1/summary", headers={"Authorization": f"Bearer {secret}"})
        assert other.status_code == {200: 403, 403: 200}[status]


def whole_health() -> Mapping[str, object]:
    ingest = IngestHealth(connected=True, events=7, committed=NOW - timedelta(seconds=3), watermark=NOW)
    for lag_s in (-2.0, 0.2, 4.0, 1e6):
        ingest.lag["alarm"].take(lag_s)
    notifications = NotifyHealth(sent=2, failures=1)
    return {
        "ingest": ingest,
        "broker": BrokerHealth(program="x", port=1, state="running"),
        "notifications": notifications,
    }


def page(site: Site) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    parts = msgspec.structs.replace(site.parts, health=whole_health)
    with TestClient(build_web(parts), cookies=site.client.cookies) as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    return parsed(answer.text)


def test_every_metric_is_on_the_page_and_right(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    standby = Standby(name="second", state="streaming", waited_for=True, lag_bytes=4096)
    for database in (SqliteDatabase, PostgresDatabase):
        monkeypatch.setattr(database, "standbys", lambda _db: (standby,))
    found = page(site)
    assert {re.sub("_(bucket|sum|count)$", "", name) for name, _ in found} == ALL
    assert {dict(labels)["mark"]: count for (name, labels), count in found.items() if name == "polefleet_poles"} == {
        "alarm": 1,
        "warning": 2,
        "lost": 0,
        "good": 0,
        "new": 1,
    }
    assert found["polefleet_missing_events", ()] == 4  # p2: 10 and 11 are missing, 13 and 14 wait
    assert found["polefleet_quarantined_messages", ()] == 1
    assert found["polefleet_commit_age_seconds", ()] == 3
    assert found["polefleet_standby_lag_bytes", (("standby", "second"),)] == 4096
    lag = {
        dict(labels)["le"]: n
        for (name, labels), n in found.items()
        if ("lane", "alarm") in labels and "le" in dict(labels)
    }
    assert (lag["0.1"], lag["0.25"], lag["2.5"], lag["5.0"], lag["86400.0"], lag["+Inf"]) == (1, 2, 2, 3, 3, 4)
    assert found["polefleet_lag_seconds_sum", (("lane", "alarm"),)] == 0.2 + 4 + 1e6


def test_a_process_without_some_parts_has_a_valid_page(site: Site) -> None:
    parts = msgspec.structs.replace(site.parts, health=dict)
    with TestClient(build_web(parts), cookies=site.client.cookies) as client:
        names = {name for name, _ in parsed(client.get("/metrics").text)}
    assert "polefleet_poles" in names
    assert not {name for name in names if "ingest" in name or "lag" in name}


def test_the_pages_of_a_platform_with_roles_have_the_metrics_of_all_its_processes(site: Site) -> None:
    whole = {name for name, _ in page(site)}
    say(site, NOW - timedelta(seconds=9), a=whole_health(), b={"ingest": IngestHealth(connected=True, events=5)})
    parts = msgspec.structs.replace(site.parts, health=dict)
    with TestClient(build_web(parts), cookies=site.client.cookies) as client:
        found = parsed(client.get("/metrics").text)
    assert whole == {name for name, _ in found}
    assert [found["polefleet_events_total", (("cell", cell),)] for cell in "ab"] == [7, 5]
    assert found["polefleet_part_age_seconds", (("part", "ingest"), ("cell", "b"))] == 9
    assert found["polefleet_troubles", ()] == 0
    site.moved = timedelta(minutes=5)
    with TestClient(build_web(parts), cookies=site.client.cookies) as client:
        found = parsed(client.get("/metrics").text)
    assert [found["polefleet_ingest_up", (("cell", cell),)] for cell in "ab"] == [0, 0]
    assert found["polefleet_troubles", ()] == 4


@pytest.mark.anyio
async def test_the_ingest_measures_from_the_event_to_the_commit(tmp_path: Path) -> None:
    async with open_writer(tmp_path / "fleet.db") as writer:
        ingest = Ingest(writer, SessionSettings(port=free_port()), lambda: NOON + timedelta(minutes=3, seconds=2))
        assert ingest.take("sp/v2/p1/summary", message("p1", [1, 2, 3]))
        waiting = ingest.health.waiting_messages
        task = asyncio.get_running_loop().create_task(ingest.run())
        await until(lambda: ingest.health.commits == 1, "it is committed", 60)
        task.cancel()
        assert (waiting, ingest.health.waiting_messages, ingest.health.waiting_bytes) == (1, 0, 0)
        assert ingest.health.bytes == len(message("p1", [1, 2, 3]))
        lag = ingest.health.lag["summary"]
        assert (sum(lag.counts), lag.sum_s) == (1, 2.0)


@pytest.mark.parametrize("file", ["polefleet-dashboard.json", "polefleet-rules.yml"])
def test_dashboard_and_rules_name_metrics_that_there_are(file: str) -> None:
    text = (MONITORING / file).read_text(encoding="utf-8")
    named = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\bpolefleet_[a-z_]+", text)}
    assert named - ALL == set()
    if file.endswith("json"):
        assert ALL - named == set(), "a metric that no panel shows"
        panels = msgspec.json.decode(text)["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize(
    ("alert", "counted", "age"),
    [
        ("WatermarksStop", r"rate\(polefleet_events_total\[10m\]\)", "polefleet_watermark_age_seconds"),
        ("CellSilent", "polefleet_cell_poles", "polefleet_cell_commit_age_seconds"),
    ],
)
def test_what_never_was_is_an_alert_as_well_though_it_has_no_age(alert: str, counted: str, age: str) -> None:
    text = (MONITORING / "polefleet-rules.yml").read_text(encoding="utf-8")
    assert re.search(rf"alert: Polefleet{alert}\n +expr: {counted} > 0 unless on \([a-z, ]+\) {age} <= \d+\n", text)


def test_a_standby_is_asked_for_in_either_store(home: Path, site: Site) -> None:
    with reading(site.parts.where, site.parts.desk.where) as db:
        assert counts(db).standbys == ()
