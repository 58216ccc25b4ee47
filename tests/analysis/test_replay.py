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
from agent.analysis.recording import Recording, readings
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
    reported = [(event["kind"], event["data"].get("type")) for row in rows for event in row["events"]]
    assert ("sensor_fault", "range") in reported
    assert ("anomaly", None) in reported
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
        ("roof", "noise", 51.0),
        ("roof", "noise", 50.0),
    ], "in the order of time"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "the first line must name the columns"),
        ("timestamp,noise\nyesterday,2\n", "no row has a time that can be read"),
        ("timestamp,noise\n1e300,2\n", "no row has a time that can be read"),
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


def read(path: Path, text: str, offset_h: float = 0.0) -> tuple[Recording, list[tuple[str, str, float, str]]]:
    """The recording, and device, quantity, value and time of each reading."""
    path.write_text(text, encoding="utf-8")
    recording = Recording(path, offset_h)
    table = [
        (one.device, one.quantity, float(one.value), f"{one.at.utc:%Y-%m-%d %H:%M:%S}") for one in recording.readings()
    ]
    return recording, table


NOON = "2026-11-20 12:00:00"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T12:00:00Z",
        "2026-11-20 20:00:00+08:00",
        "2026-11-20T20:00:00.000+0800",
        "2026/11/20 12:00",
        "20.11.2026 12:00:00",
        "20/11/2026 12:00",
        "11/20/2026 12:00:00 PM",
        "20-11-2026, 12:00",
        "2026-11-20 12:00:00 UTC",
        "1795176000",
        "1795176000000",
        "1795176000000000",
    ],
)
def test_times_as_loggers_write_them(tmp_path: Path, text: str) -> None:
    separator = ";" if "," in text else ","
    _, [(_, _, _, at)] = read(tmp_path / "a.csv", f"Timestamp{separator}noise\n{text}{separator}50\n")
    assert at == NOON


def test_of_two_orders_of_day_and_month_time_runs_forwards_in_one(tmp_path: Path) -> None:
    rows = "".join(f"{month:02}/{day:02}/2026 00:00,50\n" for month in (1, 2, 3) for day in (1, 5, 9, 12))
    _, table = read(tmp_path / "a.csv", "date,noise\n" + rows)
    assert [at for *_, at in table] == sorted(at for *_, at in table)
    assert table[1][3].startswith("2026-01-05")


def test_a_time_without_a_zone_is_of_the_zone_that_is_given(tmp_path: Path) -> None:
    _, [(_, _, _, at)] = read(tmp_path / "a.csv", "time,noise\n2026-11-20 20:00:00,50\n", offset_h=8.0)
    assert at == NOON


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_delimiters_decimal_commas_and_two_columns_of_time(tmp_path: Path, separator: str) -> None:
    lines = ["# logger 7", separator.join(("Date", "Time", "Noise (dB)", "Remark"))]
    lines.append(separator.join(("2026-11-20", "12:00:00", "50,5", "rain")))
    recording, table = read(tmp_path / "a.csv", "\n".join(lines) + "\n")
    assert table == [("file", "noise", 50.5, NOON)]
    assert dict(recording.no_numbers) == {"Remark": 1}


def test_rows_without_a_time_are_left_out_and_counted(tmp_path: Path) -> None:
    text = (
        "timestamp,noise\n2026-11-20T12:00:00Z,50\n,51\nnever,52\n2026-11-20T12:10:00Z,NaN\n2026-11-20T12:20:00Z,53\n"
    )
    recording, table = read(tmp_path / "a.csv", text)
    assert [value for _, _, value, _ in table] == [50.0, 53.0]
    assert (recording.rows, recording.without_time) == (5, 2)


def test_a_quantity_is_known_by_its_name_regardless_of_case_and_unit(tmp_path: Path) -> None:
    text = f"Timestamp,Temperature,temperature,PM2.5 (ug/m3),Wind Speed [m/s],x\n{NOON},400,21,3,4,5\n"
    recording, table = read(tmp_path / "a.csv", text)
    assert [(device, quantity) for device, quantity, _, _ in table] == [
        ("file", "temperature"),
        ("file_2", "temperature"),
        ("file", "pm2_5"),
        ("file", "wind_speed"),
        ("file", "x"),
    ]
    assert recording.unknown == ["x"]
    assert recording.renamed["Temperature"] == "temperature"


def test_the_end_of_a_replay_says_what_was_left_out_and_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded(tmp_path / "a.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("timestamp,temperature", "Timestamp,Temperature"), "utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write(",20.1,50\n")
    assert cli.main(["replay", "--readings", str(path)]) == 0
    text = capsys.readouterr().out
    assert "1 rows have no time that can be read and were left out" in text
    assert "column 'Temperature' was read as temperature" in text
    assert "1 x file.temperature: sensor_fault range" in text
    assert text.splitlines()[-1].startswith("6000 readings, ")


def test_limits_leave_out_the_fault_and_leave_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path / "a.csv")
    [temperature, noise] = propose(replay(path, Analysis(), {}))
    assert -5 < temperature.low < 10
    assert 20 < temperature.high <= 60
    assert temperature.findings >= 1
    assert noise.anomalies >= 1
    assert cli.main(["tune", str(path)]) == 0
    text = capsys.readouterr().out
    assert "[device.file.limits]\ntemperature = [" in text
    assert "3000 readings in 10 days" in text
    assert "a guess: record some weeks first" in text


def test_a_plot_is_drawn_or_what_it_needs_is_said(tmp_path: Path) -> None:
    rows = list(replay(recorded(tmp_path / "a.csv", 400), Analysis(), {}))
    image = tmp_path / "a.png"
    try:
        import matplotlib as mpl  # noqa: F401, PLC0415
    except ImportError:
        with pytest.raises(ConfigError, match=r"poleagent\[tune\]"):
            plot(rows, image)
    else:
        plot(rows, image)
        assert image.read_bytes().startswith(b"\x89PNG")
