"""What recorded cases do not show of an HJ 212 monitor: which packets are taken, and which are answered."""

from __future__ import annotations

from datetime import timedelta

from agent.api import Codec, Reading, Stamp
from drivers.hj212 import COARSER_AFTER_S, Hj212Options, packet
from tests.drivers.cases import DRIVERS, NOW


def monitor() -> Codec:
    return DRIVERS["hj212"].codec("x", Hj212Options())


def report(command: int, value: str, number: int = 1) -> bytes:
    statistic = "Rtd" if command == 2011 else "Avg"
    head = f"QN={number};ST=22;CN={command};PW=123456;MN=B1;Flag=5"
    return packet(f"{head};CP=&&DataTime=20261123083000;a34004-{statistic}={value},a34004-Flag=N&&".encode())


def values(codec: Codec, data: bytes, after_s: float = 0.0) -> list[object]:
    now = Stamp(NOW.utc + timedelta(seconds=after_s), NOW.boot_s + after_s)
    return [item.value for item in codec.feed(data, now) if isinstance(item, Reading)]


def test_means_of_a_minute_and_an_hour_are_no_readings_among_real_time_values() -> None:
    codec = monitor()
    assert values(codec, report(2011, "7.0") + report(2051, "20.0") + report(2061, "99.0")) == [7.0]


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
