"""The metrics, read back by a parser of the text format (version 0.0.4) that forgives nothing."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.status.prometheus import METRICS, text
from contract.health import CertificateHealth
from tests.exposition import parsed
from tests.status.canned import GATE, HEALTHY, NOW, TROUBLED, WEATHER

BASE_UNITS = ("seconds", "bytes", "ratio", "info")


def test_a_whole_pole_is_a_valid_page_with_every_metric() -> None:
    until = CertificateHealth(role="client", state="ok", not_after=NOW)
    samples = parsed(text(replace(TROUBLED, cameras=(GATE,), certificates=(until,))))
    assert {name for name, _ in samples} == {f"poleagent_{metric.name}" for metric in METRICS}
    assert samples["poleagent_device_up", (("device", "roof"),)] == 1
    assert samples["poleagent_device_up", (("device", "level"),)] == 0
    assert samples["poleagent_device_faults_total", (("device", "level"), ("code", "no_answer"))] == 720
    temperature = (("device", "roof"), ("quantity", "temperature"), ("unit", "Cel"))
    assert samples["poleagent_reading", temperature] == 23.4
    assert samples["poleagent_store_oldest_unsent_age_seconds", (("lane", "summary"),)] == 180
    assert samples["poleagent_cpu_seconds_total", ()] == 1234.5
    assert samples["poleagent_camera_reconnects_total", (("camera", "gate"),)] == 7


def test_a_pole_without_devices_and_uplink_is_a_valid_page() -> None:
    samples = parsed(text(replace(HEALTHY, devices=(), lines=(), uplink=None)))
    assert not [name for name, _ in samples if "device" in name or "uplink" in name]


def test_labels_of_an_enumeration_are_no_numbers_and_stay_out() -> None:
    door = replace(WEATHER.last[0], quantity="door", value="open")
    page = text(replace(HEALTHY, devices=(replace(WEATHER, last=(door,)),)))
    assert ("poleagent_reading_age_seconds", (("device", "roof"), ("quantity", "door"))) in parsed(page)
    assert '"open"' not in page


@given(st.text(max_size=40))
def test_any_name_survives_the_escaping(name: str) -> None:
    samples = parsed(text(replace(HEALTHY, pole=name)))
    info = next(labels for metric, labels in samples if metric == "poleagent_info")
    assert info[0] == ("pole", name)


def test_names_follow_the_rules_of_openmetrics() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.name)
        assert metric.text.endswith(".")
        assert not re.search(r"_(ms|kb|mb|percent|count|sum)(_|$)", metric.name), "base units only"
    assert any(unit in metric.name for metric in METRICS for unit in BASE_UNITS)
