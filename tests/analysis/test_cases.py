"""Faults and no faults of the field, made anew: what a technician would see, and what must not send one."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from agent.analysis.pipeline import Analysis, Pipeline
from contract.events import Anomaly, SensorFault
from contract.types import Event, Quality, Reading
from contract.units import QUANTITIES, Unit
from tests.analysis.made import stamp

HOUR = 3600.0
CASES = Path(os.environ.get("POLEAGENT_CASES", Path(__file__).parents[3] / "shared" / "cases")) / "series"


def judged(quantity: str, values: Iterable[float], every_s: float = HOUR) -> tuple[list[Event], list[Quality]]:
    """The events of a new pole, and the quality of each value."""
    pole = Pipeline(Analysis(), {})
    unit = QUANTITIES[quantity].unit if quantity in QUANTITIES else Unit.ONE
    events: list[Event] = []
    qualities = []
    for index, value in enumerate(values):
        at = stamp(index * every_s)
        events += pole.flush(at)
        item, more = pole.judge(Reading(device="roof", quantity=quantity, value=value, unit=unit, at=at))
        assert isinstance(item, Reading)
        qualities.append(item.quality)
        events += more
    return events, qualities


def faults(events: Iterable[Event], phase: str = "begin") -> list[tuple[str, float]]:
    """Kind and hours since noon."""
    return [
        (event.body.type, (event.at.boot_s - stamp(0).boot_s) / HOUR)
        for event in events
        if isinstance(event.body, SensorFault) and event.body.phase == phase
    ]


def day(hour: float) -> float:
    return math.sin(hour / 24.0 * math.tau)


def test_a_fine_sensor_that_repeats_itself_is_stuck_within_six_hours() -> None:
    rng = random.Random(1)
    values = [round(20 + 3 * day(hour) + rng.gauss(0, 0.3), 3) for hour in range(300)]
    events, qualities = judged("temperature", values + [values[-1]] * 24)
    [(kind, hour)] = [one for one in faults(events) if one[1] >= 300]
    assert kind == "stuck"
    assert hour <= 306
    assert qualities[-1] is Quality.BAD


@pytest.mark.parametrize("resolution", [0.1, 0.25, 0.5])
def test_a_sensor_that_was_stuck_is_found_each_time_again(resolution: float) -> None:
    values = []
    for hour in range(14 * 24 + 11 * 96):
        late = hour - 14 * 24
        frozen = late >= 0 and late % 96 < 19
        shown = hour - late % 96 if frozen else hour
        values.append(round((20 + 4 * day(shown + 1.0)) / resolution) * resolution)
    events, _ = judged("temperature", values)
    found = [hour - 14 * 24 for kind, hour in faults(events) if kind == "stuck" and hour >= 14 * 24]
    assert [int(hour // 96) for hour in found] == list(range(11))
    assert max(hour % 96 for hour in found) <= 10.0


def test_fog_is_no_fault() -> None:
    rng = random.Random(2)
    values = [min(100.0, round(82 + 14 * day(hour) + rng.gauss(0, 2))) for hour in range(24 * 20)]
    values += [100.0] * 14 + [min(100.0, round(84 + 14 * day(hour + 14) + rng.gauss(0, 2))) for hour in range(48)]
    events, qualities = judged("humidity", values)
    assert not faults(event for event in events if event.at.boot_s > stamp(24 * 20 * HOUR).boot_s)
    assert Quality.BAD not in qualities


@pytest.mark.parametrize("resolution", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("high", [95.3, 97.0, 98.2])
def test_a_humidity_sensor_that_stays_below_100_percent_may_be_still_in_fog(high: float, resolution: float) -> None:
    rng = random.Random(f"{high} {resolution}")

    def shown(value: float) -> float:
        return round(round(min(high, value) / resolution) * resolution, 1)

    values = [shown(70 + 14 * day(hour) + rng.gauss(0, 3)) for hour in range(24 * 18)]
    values += [shown(high - abs(rng.gauss(0, 0.05))) for _ in range(40)]
    values += [shown(70 + 14 * day(hour + 40) + rng.gauss(0, 3)) for hour in range(36)]
    events, qualities = judged("humidity", values)
    assert not faults(event for event in events if event.at.boot_s > stamp(24 * 18 * HOUR).boot_s)
    assert Quality.BAD not in qualities[24 * 18 :]


def test_a_humidity_sensor_that_is_still_near_100_percent_for_days_is_stuck() -> None:
    rng = random.Random(5)
    values = [round(70 + 14 * day(hour) + rng.gauss(0, 3), 1) for hour in range(24 * 18)] + [96.4] * 100
    events, qualities = judged("humidity", values)
    assert "stuck" in {kind for kind, _ in faults(events)}
    assert qualities[-1] is Quality.BAD


def test_a_sensor_that_was_put_up_in_fog_is_not_too_noisy_after_it() -> None:
    rng = random.Random(6)
    values = [round(96.5 + rng.gauss(0, 0.2), 1) for _ in range(24 * 20)]
    values += [round(68 + 14 * day(hour) + rng.gauss(0, 3), 1) for hour in range(24 * 20)]
    events, _ = judged("humidity", values)
    assert "noise" not in {kind for kind, _ in faults(events)}


@pytest.mark.parametrize("flicker", [0.0, 0.1])
def test_a_noise_sensor_at_its_floor_is_a_fault_that_lasts(flicker: float) -> None:
    rng = random.Random(3)
    values = [round(55 + 6 * day(hour) + rng.gauss(0, 1.5), 1) for hour in range(24 * 18)]
    values += [round(30.6 + rng.uniform(-flicker, flicker), 1) for _ in range(72)]
    events, _ = judged("noise", values)
    found = [one for one in faults(events) if one[1] >= 24 * 18]
    assert found
    assert found[0][1] <= 24 * 18 + 24
    assert not [one for one in faults(events, "end") if one[0] == found[0][0] and one[1] > found[0][1]]


def rows(quantities: Sequence[str], count: int, gap: range) -> list[Event]:
    pole = Pipeline(Analysis(), {})
    events: list[Event] = []
    for index in range(count):
        if index in gap:
            continue
        at = stamp(index * 600.0)
        for place, quantity in enumerate(quantities):
            events += pole.flush(at)
            value = 20.0 + 10.0 * place + day(index / 6.0) + index % 7 / 10
            events += pole.judge(Reading(device="roof", quantity=quantity, value=value, unit=Unit.ONE, at=at))[1]
    return events


@pytest.mark.parametrize("quantities", [("temperature", "humidity"), ("humidity", "temperature", "noise")])
def test_a_gap_of_a_whole_device_is_no_dropout_of_its_quantities(quantities: tuple[str, ...]) -> None:
    assert not faults(rows(quantities, 400, range(100, 170)))


def test_a_quantity_that_goes_missing_is_a_dropout_wherever_it_stands() -> None:
    for missing in ("temperature", "humidity"):
        pole = Pipeline(Analysis(), {})
        events: list[Event] = []
        for index in range(200):
            at = stamp(index * 60.0)
            for quantity in ("temperature", "humidity"):
                if quantity != missing or index < 100:
                    value = 20.0 + index % 7 / 10
                    events += pole.judge(Reading(device="a", quantity=quantity, value=value, unit=Unit.ONE, at=at))[1]
            events += pole.flush(at)
        bodies = [event.body for event in events if isinstance(event.body, SensorFault)]
        assert [(body.type, body.quantity, body.phase) for body in bodies] == [("dropout", missing, "begin")]


def test_calm_night_and_dry_days_are_no_faults_and_a_frozen_wind_is() -> None:
    rng = random.Random(4)
    wind = [round(max(0.0, 3 + 3 * day(minute / 6.0) + rng.gauss(0, 1)), 1) for minute in range(6 * 24 * 10)]
    light = [max(0.0, round(2e4 * day(minute / 6.0) + rng.gauss(0, 50))) for minute in range(6 * 24 * 10)]
    for quantity, values in (("wind_speed", wind), ("illuminance", light)):
        calm = judged(quantity, values + [0.0] * 6 * 30, 600.0)[0]
        assert not [one for one in faults(calm) if one[0] in {"stuck", "zero"}], quantity
    events, qualities = judged("wind_speed", wind + [3.2] * 6 * 8, 600.0)
    assert [kind for kind, hour in faults(events) if hour >= 240] == ["stuck"]
    assert qualities[-1] is Quality.BAD


def level(count: int, seed: int = 5) -> list[float]:
    """A tide of 12.4 hours with spring and neap, at 10 minutes, to a centimetre."""
    rng = random.Random(seed)
    out = []
    for index in range(count):
        hour = index / 6.0
        size = 1.0 + 0.4 * math.sin(hour / (14.8 * 24) * math.tau)
        out.append(round(2.0 + size * math.sin(hour / 12.42 * math.tau) + rng.gauss(0, 0.01), 2))
    return out


def test_tides_are_no_faults() -> None:
    found = faults(judged("water_level", level(6 * 24 * 60), 600.0)[0])
    assert len(found) <= 1


def test_an_echo_that_jumps_and_comes_back_is_a_fault_and_a_wave_that_stays_is_none() -> None:
    values = level(6 * 24 * 20)
    values[-100] += 0.9
    events, _ = judged("water_level", values, 600.0)
    [(kind, hour)] = [one for one in faults(events) if one[1] > 24 * 18]
    assert (kind, round(hour * 6)) == ("step", len(values) - 99)


@pytest.mark.parametrize("code", [-200.0, -9999.0, 65535.0, -32768.0])
def test_what_loggers_write_for_no_value_is_no_value(code: float) -> None:
    rng = random.Random(6)
    values = [round(300 + 30 * day(hour) + rng.gauss(0, 5), 1) for hour in range(24 * 14)]
    for quantity in ("conductivity", "temperature", "noise"):
        usual = [value / 10.0 for value in values]
        events, qualities = judged(quantity, [*usual, code, code, *usual[:10]])
        assert [kind for kind, hour in faults(events) if hour >= 24 * 14] == ["range"], quantity
        assert qualities[len(values) : len(values) + 2] == [Quality.BAD] * 2
        assert qualities[-1] is Quality.GOOD


def test_a_first_frost_and_a_first_flood_are_no_faults_of_range() -> None:
    rng = random.Random(7)
    water = [round(8 + 2 * day(hour) - hour / 60.0 + rng.gauss(0, 0.1), 2) for hour in range(24 * 25)]
    assert min(water) < -1.0
    assert "range" not in [kind for kind, _ in faults(judged("water_temperature", water)[0])]
    turbid = [round(3 + rng.expovariate(1.0), 2) for _ in range(24 * 30)] + [90.0, 180.0, 120.0, 60.0]
    events, qualities = judged("turbidity", turbid)
    assert Quality.BAD not in qualities
    assert "range" not in [kind for kind, _ in faults(events)]


def test_a_stamp_of_the_future_silences_nobody() -> None:
    pole = Pipeline(Analysis(), {})
    events: list[Event] = []
    for index in range(1000):
        at = stamp(index * 600.0 + (1e9 if index == 400 else 0.0))
        value = 900.0 if index > 990 else 20.0 + day(index / 6.0) + index % 3 / 10
        events += pole.flush(at)
        events += pole.judge(Reading(device="a", quantity="temperature", value=value, unit=Unit.CELSIUS, at=at))[1]
    kinds = [event.body.type for event in events if isinstance(event.body, SensorFault)]
    assert "stamp" in kinds
    assert "range" in kinds


@pytest.mark.parametrize("weekend", [1.5, 0.4])
def test_words_about_what_the_world_may_do_send_nobody_at_once(weekend: float) -> None:
    rng = random.Random(8)
    people = [
        round(420 + 200 * max(0.0, day(hour)) * (weekend if hour // 24 % 7 >= 5 else 1.0) + rng.gauss(0, 8), 1)
        for hour in range(24 * 60)
    ]
    for event in judged("co2", people)[0]:
        if isinstance(event.body, SensorFault) and event.body.type in {"step", "noise", "offset", "drift"}:
            assert "may be the world" in event.body.advice


def check_file(name: str) -> list[Event]:
    path = CASES / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    pole = Pipeline(Analysis(), {})
    events: list[Event] = []
    from agent.analysis.recording import readings  # noqa: PLC0415 - only where the files are

    for reading in readings(path):
        events += pole.flush(reading.at)
        events += pole.judge(reading)[1]
    return events


def hours(path: str, events: Iterable[Event]) -> list[tuple[str, float]]:
    table = [line.split(",") for line in (CASES / path).read_text(encoding="utf-8").splitlines()[1:]]
    begin = float(table[0][0])
    return [
        (event.body.type, (event.at.utc.timestamp() - begin) / HOUR)
        for event in events
        if isinstance(event.body, SensorFault) and event.body.phase == "begin"
    ]


SHARED: dict[str, Callable[[list[tuple[str, float]]], bool]] = {
    "01-stuck-fine-resolution.csv": lambda found: [kind for kind, _ in found] == ["stuck"],
    "03-stuck-then-deaf.csv": lambda found: [kind for kind, _ in found].count("stuck") >= 11,
    "05-humidity-fog.csv": lambda found: not found,
    "06-noise-floor.csv": bool,
    "07-gap-two-columns.csv": lambda found: not found,
}


@pytest.mark.data
@pytest.mark.parametrize("name", SHARED)
def test_the_shared_cases_come_out_right(name: str) -> None:
    events = check_file(name)
    assert SHARED[name](hours(name, events)), hours(name, events)


@pytest.mark.data
def test_the_value_of_an_anomaly_leaves_its_range() -> None:
    for event in check_file("08-anomaly-inside-range.csv"):
        if isinstance(event.body, Anomaly) and event.body.against != "sum":
            assert not event.body.low <= event.body.value <= event.body.high
