"""Recorded series through the real stages, and what is proposed for them."""

from __future__ import annotations

import json
import math
import random
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import cli
from agent.analysis.pipeline import Analysis
from agent.analysis.recording import readings
from agent.analysis.replay import replay
from agent.analysis.tune import plot, propose
from agent.errors import AgentError, ConfigError

START = datetime(2026, 11, 1)  # noqa: DTZ001 - as loggers write it


def recorded(path: Path, rows: int = 3000) -> Path:
    rng = random.Random(1)
    lines = ["timestamp,temperature,noise"]
    for index in range(rows):
        at = START + timedelta(minutes=5 * index)
        temperature = 15 + 5 * math.sin(index / 288 * math.tau) + rng.gauss(0, 0.2)
        noise = 50 + rng.gauss(0, 1) + (40 if index >= rows - 20 else 0)
        lines.append(f"{at},{900.0 if index == rows - 100 else round(temperature, 2)},{noise:.1f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_each_reading_gets_a_score_a_range_and_its_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "--readings", str(recorded(tmp_path / "a.csv")), "--jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 6000
    noise = [row for row in rows if row["quantity"] == "noise"]
    assert noise[-20]["score"] > 1.0
    assert noise[-20]["low"] < 50 < noise[-20]["high"] < noise[-20]["value"]
    told = [(event["kind"], event["data"].get("type")) for row in rows for event in row["events"]]
    assert ("sensor_fault", "range") in told
    assert ("anomaly", None) in told
    broken = next(row for row in rows if row["value"] == 900.0)
    assert (broken["quality"], broken["fault"] >= 1.0) == ("bad", True)


def test_people_see_the_events_and_a_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "--readings", str(recorded(tmp_path / "a.csv"))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "readings, " in lines[-1]
    assert 2 <= len(lines) < 60


def test_one_column_of_quantities_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(
        "device,timestamp,quantity,value\nroof,2026-11-20T12:00:00+08:00,noise,50\nroof,1763611260,noise,NULL\n"
        "roof,1763611320,noise,51\n",
        encoding="utf-8",
    )
    assert [(one.device, one.quantity, one.value) for one in readings(path)] == [
        ("roof", "noise", 50.0),
        ("roof", "noise", 51.0),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "the first line must name the columns"),
        ("timestamp,noise\nyesterday,2\n", "a.csv:2: 'yesterday' is no time"),
        ("timestamp,noise\n2026-11-20,loud\n", "a.csv:2: noise is 'loud', which is no number"),
        ("timestamp,noise\n1e300,2\n", "is no time that a calendar holds"),
        ("", "the first line must name the columns"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        list(readings(path))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        list(readings(tmp_path / "none.csv"))


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.csv"
    path.write_bytes(b"timestamp,noise\n" + data)
    with suppress(AgentError):
        list(readings(path))


def test_limits_leave_out_the_fault_and_leave_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path / "a.csv")
    [temperature, noise] = propose(replay(path, Analysis(), {}))
    assert -5 < temperature.low < 10
    assert 20 < temperature.high <= 60
    assert temperature.findings >= 1
    assert noise.anomalies >= 1
    assert cli.main(["tune", str(path)]) == 0
    assert "[device.file.limits]\ntemperature = [" in capsys.readouterr().out


def test_a_plot_is_drawn_or_what_it_needs_is_said(tmp_path: Path) -> None:
    rows = list(replay(recorded(tmp_path / "a.csv", 400), Analysis(), {}))
    picture = tmp_path / "a.png"
    try:
        import matplotlib as mpl  # noqa: F401, PLC0415
    except ImportError:
        with pytest.raises(ConfigError, match=r"poleagent\[tune\]"):
            plot(rows, picture)
    else:
        plot(rows, picture)
        assert picture.read_bytes().startswith(b"\x89PNG")
