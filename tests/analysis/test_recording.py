"""A recorded file is read as it was meant, whatever wrote it; what was not used is said."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.analysis.recording import Recording, readings
from agent.errors import ConfigError
from contract.units import QUANTITIES
from tests.analysis.forms import OFFSET_H, draw

SEEDS = 120


@pytest.mark.parametrize("first", range(0, SEEDS, 25))
def test_files_of_all_forms_hold_what_was_written(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 25):
        form = draw(seed, tmp_path)
        recording = Recording(form.path, OFFSET_H)
        found = [(one.at.boot_s, one.quantity, float(one.value)) for one in recording.readings()]
        times = [at for at, _, _ in found]
        assert times == sorted(times), form.said
        assert len(found) == len(form.truth), form.said
        for one, wanted in zip(sorted(found), form.truth, strict=True):
            assert one[1:] == wanted[1:], form.said
            assert one[0] == pytest.approx(wanted[0], abs=60.0), form.said


def read(path: Path, text: str, encoding: str = "utf-8") -> tuple[Recording, list[tuple[str, float]]]:
    path.write_bytes(text.encode(encoding))
    recording = Recording(path)
    return recording, [(one.quantity, float(one.value)) for one in recording.readings()]


NOON = "2026-11-20 12:00:00"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("Temperature (°F)", "68", ("temperature", 20.0)),
        ("Temperature [K]", "293.15", ("temperature", 20.0)),
        ("Pressure (kPa)", "101.3", ("pressure", 1013.0)),
        ("wind speed [km/h]", "36", ("wind_speed", 10.0)),
        ("Water level (cm)", "120", ("water_level", 1.2)),
        ("PM2.5 (µg/m³)", "35", ("pm2_5", 35.0)),
        ("Pressure", '"1,013.25"', ("pressure", 1013.25)),
        ("Pressure", '"1.013,25"', ("pressure", 1013.25)),
        ("Pressure", '"1,013"', ("pressure", 1013.0)),
        ("temperature", "\u22123.5", ("temperature", -3.5)),
    ],
)
def test_values_come_in_the_unit_of_their_quantity(
    tmp_path: Path, name: str, text: str, value: tuple[str, float]
) -> None:
    _, [found] = read(tmp_path / "a.csv", f"timestamp,{name}\n{NOON},{text}\n")
    assert found[0] == value[0]
    assert found[1] == pytest.approx(value[1])


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (["0,230", "0,231"], [0.23, 0.231]),
        (["1,230", "1,231"], [1.23, 1.231]),
        (["1,230", "1000,500"], [1.23, 1000.5]),
        (["1,013.25", "1,014"], [1013.25, 1014.0]),
        (["1,000,000", "1,014"], [1e6, 1014.0]),
    ],
)
def test_a_decimal_comma_with_three_digits_is_none_of_thousands(
    tmp_path: Path, written: list[str], values: list[float]
) -> None:
    rows = "".join(f"2026-11-20 00:{index:02};{one}\n" for index, one in enumerate(written))
    _, found = read(tmp_path / "a.csv", f"timestamp;pressure\n{rows}")
    assert [value for _, value in found] == values


def test_a_unit_that_a_quantity_cannot_have_is_said_and_never_taken_for_its_own(tmp_path: Path) -> None:
    recording, [found] = read(tmp_path / "a.csv", f"timestamp,Temperature (mV)\n{NOON},412\n")
    assert found[0] != "temperature"
    assert recording.foreign == {"Temperature (mV)": "mv"}


@pytest.mark.parametrize(
    ("name", "unit", "value", "wanted"),
    [
        ("temperature", "°F", 68.0, ("temperature", 20.0)),
        ("Temperature", "°F", 68.0, ("temperature", 20.0)),
        ("water_level", "cm", 153.0, ("water_level", 1.53)),
        ("temperature [°F]", "°F", 68.0, ("temperature", 20.0)),
        ("temperature", "n/a", 20.0, ("temperature", 20.0)),
        ("tank", "cm", 153.0, ("tank", 153.0)),
        ("temperature", "mV", 412.0, ("temperature [mV]", 412.0)),
        ("temperature [°C]", "°F", 68.0, ("temperature [°C] [°F]", 68.0)),
        *((one, row.unit.value, 1.0, (one, 1.0)) for one, row in QUANTITIES.items()),
    ],
)
def test_a_column_of_units_is_heeded(
    tmp_path: Path, name: str, unit: str, value: float, wanted: tuple[str, float]
) -> None:
    _, [found] = read(tmp_path / "a.csv", f"time,quantity,value,unit\n{NOON},{name},{value},{unit}\n")
    assert found[0] == wanted[0]
    assert found[1] == pytest.approx(wanted[1])


def test_units_may_change_from_row_to_row(tmp_path: Path) -> None:
    rows = f"{NOON},temperature,68,°F\n{NOON},temperature,20,°C\n{NOON},temperature,20,\n"
    _, found = read(tmp_path / "a.csv", f"time,quantity,value,Units\n{rows}")
    assert [round(value, 6) for _, value in found] == [20.0, 20.0, 20.0]


def test_rows_of_a_clock_that_was_lost_have_no_time(tmp_path: Path) -> None:
    rows = "".join(f"2026-11-20 {hour:02}:00:00,50\n" for hour in range(24))
    recording, found = read(tmp_path / "a.csv", f"timestamp,noise\n1970-01-01 00:00:05,50\n{rows}2000-01-01 00:00,51\n")
    assert (len(found), recording.without_time) == (25, 1)
    assert recording.out_of_order == 1


def test_day_and_month_that_may_be_either_way_are_said(tmp_path: Path) -> None:
    rows = "".join(f"03/04/2026 {hour:02}:00,50\n" for hour in range(24))
    recording, _ = read(tmp_path / "a.csv", f"date,noise\n{rows}")
    assert recording.unclear_order
    recording, _ = read(tmp_path / "b.csv", "date,noise\n03/04/2026 01:00 PM,50\n03/04/2026 02:00 PM,51\n")
    assert not recording.unclear_order


MARCH, NOVEMBER = datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "form", ["%d/%m/%y %H:%M", "%d-%m-%y %H:%M", "%d.%m.%y %H:%M", "%m/%d/%y %H:%M", "%y-%m-%d %H:%M"]
)
@pytest.mark.parametrize("damaged", [0, 1])
def test_years_of_two_digits_are_read_in_the_order_of_fewest_days(tmp_path: Path, form: str, damaged: int) -> None:
    times = [NOVEMBER + timedelta(minutes=10 * index) for index in range(1200)]
    written = [f"{at:{form}},5{index % 7}\n" for index, at in enumerate(times)]
    written[500] = written[500].replace("26", "36") if damaged else written[500]
    (tmp_path / "a.csv").write_text("timestamp,noise\n" + "".join(written))
    recording = Recording(tmp_path / "a.csv")
    found = [one.at.utc for one in recording.readings() if one.at.utc.year != 2036]
    assert found == [at for index, at in enumerate(times) if index != 500 or not damaged]
    assert not recording.unclear_order


@pytest.mark.parametrize("form", ["%d/%m/%y", "%d/%m/%Y", "%d-%m-%y", "%m/%d/%Y"])
@pytest.mark.parametrize("every", [timedelta(hours=1), timedelta(days=1), timedelta(days=31)])
def test_an_order_that_nothing_proves_is_said(
    tmp_path: Path, form: str, every: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    rows = "".join(f"{MARCH + index * every:{form} %H:%M},50\n" for index in range(9))
    (tmp_path / "a.csv").write_text(f"date,noise\n{rows}")
    assert len(list(readings(tmp_path / "a.csv"))) == 9
    assert "another order" in caplog.text


def test_hours_of_am_and_pm_do_not_make_months_of_days(tmp_path: Path) -> None:
    rows = "".join(f"{NOVEMBER + timedelta(hours=index):%d/%m/%Y %I:%M %p},50\n" for index in range(200))
    (tmp_path / "a.csv").write_text(f"date,noise\n{rows}")
    assert [one.at.utc for one in readings(tmp_path / "a.csv")][-1] == NOVEMBER + timedelta(hours=199)


def test_a_broken_gzip_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(f"timestamp,noise\n{NOON},50\n".encode() * 1000)[:-20])
    with pytest.raises(ConfigError, match="cannot be read"):
        list(readings(path))
    path.write_bytes(b"no gzip at all")
    with pytest.raises(ConfigError, match="cannot be read"):
        list(readings(path))


def test_zones_may_change_from_row_to_row(tmp_path: Path) -> None:
    text = "timestamp,noise\n2026-10-25T02:30:00+02:00,50\n2026-10-25T02:30:00+01:00,51\n2026-10-25T01:45:00Z,52\n"
    _, found = read(tmp_path / "a.csv", text)
    assert [value for _, value in found] == [50.0, 51.0, 52.0]
