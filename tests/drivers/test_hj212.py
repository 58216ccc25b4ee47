"""What recorded cases do not show of an HJ 212 monitor: which packets are taken, and which are answered."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.api import Codec, Fault, Item, Reading, Stamp
from drivers._hj212 import packet
from drivers._hj212_options import Hj212Options, check
from drivers.hj212 import COARSER_AFTER_S
from tests.drivers.cases import DRIVERS, NOW


def monitor() -> Codec:
    return DRIVERS["hj212"].codec("x", Hj212Options())


def report(command: int, value: str, number: int = 1) -> bytes:
    statistic = "Rtd" if command == 2011 else "Avg"
    head = f"QN={number};ST=22;CN={command};PW=123456;MN=B1;Flag=5"
    return packet(f"{head};CP=&&DataTime=20261123163000;a34004-{statistic}={value},a34004-Flag=N&&".encode())


def values(codec: Codec, data: bytes, after_s: float = 0.0) -> list[object]:
    now = Stamp(NOW.utc + timedelta(seconds=after_s), NOW.boot_s + after_s)
    return [item.value for item in codec.feed(data, now) if isinstance(item, Reading)]


def test_means_of_a_minute_and_an_hour_are_no_readings_among_real_time_values() -> None:
    codec = monitor()
    assert values(codec, report(2011, "7.0") + report(2051, "20.0") + report(2061, "99.0")) == [7.0]


def test_means_of_an_outage_are_taken_among_real_time_values_at_their_own_time() -> None:
    codec = monitor()
    live = f"{head('20261123163000')}CP=&&DataTime=20261123163000;LA-Rtd=50.0&&"
    kept = f"{head('20261123163001', 2051)}CP=&&DataTime=20261123120000;LA-Avg=40.0&&"
    mean = f"{head('20261123163002', 2051)}CP=&&DataTime=20261123162900;LA-Avg=45.0&&"
    items = [*codec.feed(b"".join(packet(text.encode()) for text in (live, kept, mean, live)), NOW)]
    ages = [(item.value, round((NOW.utc - item.at.utc).total_seconds())) for item in items if isinstance(item, Reading)]
    assert ages == [(50.0, 0), (40.0, 16201), (50.0, 0)]


def test_means_are_taken_where_nothing_finer_comes() -> None:
    codec = monitor()
    assert values(codec, report(2011, "7.0")) == [7.0]
    assert values(codec, report(2051, "20.0"), COARSER_AFTER_S) == [20.0]
    assert values(codec, report(2011, "8.0"), COARSER_AFTER_S + 1) == [8.0]


def test_each_packet_that_wants_an_answer_gets_one() -> None:
    codec = monitor()
    codec.feed(report(2051, "1.0", 31) + report(2061, "2.0", 32), NOW)
    said = codec.say()
    assert said.count(b"CN=9014") == 2
    assert b"QN=31;" in said
    assert b"QN=32;" in said
    assert codec.say() == b""


def head(sent: str, command: int = 2011, flag: int = 4) -> str:
    return f"QN={sent}000;ST=22;CN={command};PW=123456;MN=B1;Flag={flag};"


def read(text: str, **options: object) -> list[Item]:
    codec = DRIVERS["hj212"].codec("x", msgspec.convert(options, Hj212Options))
    return [*codec.feed(packet(text.encode()), NOW)]


@pytest.mark.parametrize(
    ("measured", "sent", "age_s", "quality"),
    [
        ("20261123163000", "20261123163000", 0, "good"),  # now, in China
        ("20261123163100", "20261123163101", 0, "good"),  # its clock is a minute ahead
        ("20261123163300", "20261123163301", 0, "good"),  # three minutes: a clock that nobody sets
        ("20261123173000", "20261123173001", 0, "uncertain"),  # an hour: from the future
        ("20261123153000", "20261123163000", 3600, "good"),  # an hour old, sent now
        ("20261123153000", "20261123153000", 3600, "good"),  # kept whole, with the number of its time
        ("20230101000000", "20230101010000", 3600, "good"),  # the clock of years ago, but an hour old by that clock
        ("20230101000000", "20230101000000", 122_920_200, "uncertain"),  # the same, sent at once: which clock is it?
        ("20261123999999", "20261123163000", 0, "good"),  # no time: as it came
    ],
)
def test_a_packet_is_stamped_by_its_own_time(measured: str, sent: str, age_s: float, quality: str) -> None:
    codec = DRIVERS["hj212"].codec("x", Hj212Options())
    codec.feed(packet(f"{head('20261123163000')}CP=&&DataTime=20261123163000;LA-Rtd=50.0&&".encode()), NOW)
    item, *_ = codec.feed(packet(f"{head(sent)}CP=&&DataTime={measured};LA-Rtd=50.0&&".encode()), NOW)
    assert isinstance(item, Reading)
    assert (NOW.utc - item.at.utc).total_seconds() == age_s
    assert NOW.boot_s - item.at.boot_s == age_s
    assert item.quality == quality


def test_a_mean_of_an_hour_is_live_until_the_hour_is_over_and_sent() -> None:
    (item,) = read(f"{head('20261123163000', 2061)}CP=&&DataTime=20261123153000;LA-Avg=50.0&&")
    assert item.at == NOW


def test_two_measurements_in_one_packet_have_their_own_times_and_flags() -> None:
    data = "DataTime=20261123153000;LA-Rtd=50.0,LA-Flag=D;DataTime=20261123154500;LA-Rtd=51.0,LA-Flag=N"
    fault, reading = read(f"{head('20261123163000')}CP=&&{data}&&")
    assert isinstance(fault, Fault)
    assert isinstance(reading, Reading)
    assert [(NOW.utc - item.at.utc).total_seconds() for item in (fault, reading)] == [3600, 2700]


@pytest.mark.parametrize(
    ("flag", "reported"),
    [
        ("N", "good"),
        ("n", "good"),
        ("T", "uncertain"),
        ("S", "uncertain"),
        ("X", "uncertain"),
        ("F", None),
        ("H", None),
    ],
)
def test_a_value_is_worth_what_its_flag_says(flag: str, reported: str | None) -> None:
    (item,) = read(f"{head('20261123163000')}CP=&&DataTime=20261123163000;LA-Rtd=50.0,LA-Flag={flag}&&")
    assert (item.quality if isinstance(item, Reading) else None) == reported


def test_codes_of_the_monitor_are_what_the_settings_say() -> None:
    text = f"{head('20261123163000')}CP=&&DataTime=20261123163000;PM25-Rtd=0.0154;a01006-Rtd=1013.2;NOIS-Rtd=201&&"
    factors = {"pm25": {"quantity": "pm2_5", "scale": 1000}, "nois": {"quantity": "noise"}}
    dust, pressure, noise = read(text, factors=factors, pressure_unit="hPa")
    assert isinstance(dust, Reading)
    assert isinstance(pressure, Reading)
    assert (dust.quantity, dust.value, pressure.value) == ("pm2_5", 15.4, 1013.2)
    assert isinstance(noise, Fault), "201 dB is no sound of a street"


def test_wrong_factors_are_reported_in_a_sentence() -> None:
    wrong = {"A": {"quantity": "noise", "unit": "lx"}, "B": {"quantity": "odd"}}
    assert check(msgspec.convert({"factors": wrong}, Hj212Options)) == [
        "factors.A.unit: noise is reported in dB[SPL]; convert it with scale",
        "factors.B.unit: odd is no standard quantity; give its unit",
    ]


@pytest.mark.parametrize("data", ["3b9ac9ff00112233445566778899aabb", "q83vEjRWeJA=", "\x01\x9f\x02=\x03\x04"])
def test_an_enciphered_packet_is_said_to_be_one(data: str) -> None:
    (fault,) = read(f"{head('20261123163000', flag=9)}CP=&&{data}&&")
    assert isinstance(fault, Fault)
    assert "enciphered" in fault.text
    assert fault.advice


def test_a_text_in_another_encoding_costs_the_packet_nothing() -> None:
    data = b"DataTime=20261123163000;LA-Rtd=50.0,LA-Flag=N;Site=" + "工地".encode("gbk")
    segment = f"{head('20261123163000')}CP=&&".encode() + data + b"&&"
    assert values(monitor(), packet(segment)) == [50.0]


@settings(max_examples=150, deadline=None)
@given(
    lengths=st.lists(st.integers(-9, 9), min_size=1, max_size=4),
    spoilt=st.lists(st.tuples(st.integers(6, 400), st.integers(0, 255)), max_size=3),
    size=st.integers(1, 60),
)
def test_any_pieces_give_the_same_and_no_damaged_packet_a_value(
    lengths: list[int], spoilt: list[tuple[int, int]], size: int
) -> None:
    received = bytearray()
    for number, wrong in enumerate(lengths):
        segment = f"{head('20261123163000')}CP=&&DataTime=20261123163000;LA-Rtd={50 + number}.5&&".encode()
        received += b"##%04d" % (len(segment) + wrong) + packet(segment)[6:]
    for at, byte in spoilt:
        received[at % len(received)] = byte
    whole = values(monitor(), bytes(received))
    codec = monitor()
    pieces = [value for at in range(0, len(received), size) for value in values(codec, bytes(received[at : at + size]))]
    assert pieces == whole
    assert set(whole) <= {50.5 + number for number in range(len(lengths))}
    assert spoilt or len(whole) == len(lengths)


def reported(data: str) -> list[tuple[object, ...]]:
    body = f"QN=1;ST=22;CN=2011;PW=1;MN=B1;Flag=4;CP=&&{data}&&"
    return [
        (item.quantity, item.value, item.quality.value)
        if isinstance(item, Reading)
        else (item.code.value, *item.quantities)
        for item in monitor().feed(packet(body.encode()), NOW)
    ]


def test_two_values_of_one_moment_are_no_value() -> None:
    time = "DataTime=20261123163000"
    assert reported(f"{time};a34004-Rtd=7.0;a34004-Rtd=9.0") == [("out_of_range", "pm2_5")]
    assert reported(f"{time};a34004-Rtd=7.0;a34004-Rtd=9.0;a34004-Rtd=9.0") == [("out_of_range", "pm2_5")]
    assert reported(f"{time};a34004-Rtd=7.0;a34004-Rtd=7.0") == [("pm2_5", 7.0, "good")]
    assert reported(f"{time};a34004-Rtd=7.0;a34004-Rtd=7.0,a34004-Flag=T") == [("pm2_5", 7.0, "uncertain")]
    assert reported(f"{time};a34004-Rtd=7.0,a34004-Flag=D;a34004-Rtd=7.0") == [("not_available", "pm2_5")]
    later = f"{time};a34004-Rtd=7.0;DataTime=20261123163010;a34004-Rtd=9.0"
    assert [value for _, value, _ in reported(later)] == [7.0, 9.0], "two moments"
