"""The metrics, read back by a parser of the text format (version 0.0.4) that forgives nothing."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.status.prometheus import METRICS, text
from contract.health import CertificateHealth
from tests.status.canned import GATE, HEALTHY, NOW, TROUBLED, WEATHER

HEAD = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
BASE_UNITS = ("seconds", "bytes", "ratio", "info")
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Labels = tuple[tuple[str, str], ...]


def parsed_labels(raw: str) -> Labels:
    labels = []
    while raw:
        match = LABEL.match(raw)
        assert match, raw
        labels.append((match[1], re.sub(r'\\[\\"n]', lambda found: UNESCAPED[found[0]], match[2])))
        raw = raw[match.end() :]
    return tuple(labels)


def parsed(page: str) -> dict[tuple[str, Labels], float]:
    """Every sample; fails on what a Prometheus server would refuse or OpenMetrics would blame."""
    assert page.endswith("\n")
    kinds: dict[str, str] = {}
    helped: set[str] = set()
    samples: dict[tuple[str, Labels], float] = {}
    family = ""
    for line in page[:-1].split("\n"):
        if head := HEAD.fullmatch(line):
            if head[1] == "HELP":
                assert head[2] not in helped, "a family must stand in one piece"
                helped.add(head[2])
                family = head[2]
            else:
                assert head[2] == family
                assert head[3] in ("gauge", "counter")
                kinds[family] = head[3]
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert sample[1] == family, "a sample belongs to the family above it"
        assert (kinds[family] == "counter") == family.endswith("_total")
        key = (family, parsed_labels(sample[2] or ""))
        assert key not in samples, "a sample stands once"
        samples[key] = float(sample[3])
    return samples


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
