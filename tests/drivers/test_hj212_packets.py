"""Reports of HJ 212 that come in parts, again, from two monitors, or with a time of another form."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.api import Codec, Fault, FaultCode, Item, Reading, Stamp
from drivers._hj212 import packet
from drivers._hj212_options import Hj212Options, Mapped, check
from tests.drivers.cases import DRIVERS, NOW

TIME = "DataTime=20261123163000"
DATA = f"{TIME};a34004-Rtd=23.5,a34004-Flag=N;a34002-Rtd=151.0,a34002-Flag=D;LA-Rtd=60.25,LA-Flag=N"


def monitor(mn: str | None = None) -> Codec:
    return DRIVERS["hj212"].codec("x", Hj212Options(mn=mn))


def report(data: str, *, mn: str = "B1", flag: int = 4, sent: str = "20261123163000000", more: str = "") -> bytes:
    return packet(f"QN={sent};ST=22;CN=2011;PW=123456;MN={mn};Flag={flag};{more}CP=&&{data}&&".encode())


def part(data: str, number: int, total: int = 2, sent: str = "20261123163000000") -> bytes:
    return report(data, flag=6, sent=sent, more=f"PNUM={total};PNO={number};")


def shown(items: list[Item]) -> list[object]:
    return [(item.quantity, item.value) if isinstance(item, Reading) else item.code.value for item in items]


def at(after_s: float) -> Stamp:
    return Stamp(NOW.utc + timedelta(seconds=after_s), NOW.boot_s + after_s)


@given(cut=st.integers(1, len(DATA) - 1), other=st.integers(1, len(DATA) - 1))
def test_a_report_is_the_same_wherever_it_is_cut(cut: int, other: int) -> None:
    cuts = sorted({0, cut, other, len(DATA)})
    pieces = [DATA[begin:end] for begin, end in pairwise(cuts)]
    received = b"".join(part(piece, number, len(pieces)) for number, piece in enumerate(pieces, 1))
    assert shown([*monitor().feed(received, NOW)]) == shown([*monitor().feed(report(DATA), NOW)])


def test_parts_that_are_whole_by_themselves_are_one_report() -> None:
    received = part(f"{TIME};a34004-Rtd=23.5", 1) + part("LA-Rtd=60.0", 2)
    assert shown([*monitor().feed(received, NOW)]) == [("pm2_5", 23.5), ("noise", 60.0)]


def test_a_report_of_which_a_part_is_missing_has_no_value() -> None:
    codec = monitor()
    assert shown([*codec.feed(part("5.0,a34004-Flag=N", 2), NOW)]) == ["bad_frame"]
    again = "20261123163100000"
    received = (
        part(f"{TIME};a34004-Rtd=23", 1) + part(f"{TIME};a34004-Rtd=24", 1, sent=again) + part("5.0", 2, sent=again)
    )
    assert shown([*codec.feed(received, NOW)]) == ["bad_frame", ("pm2_5", 245.0)]


def test_a_packet_that_comes_again_is_answered_and_not_counted_twice() -> None:
    codec = monitor()
    wants = report(DATA, flag=5)
    assert len(shown([*codec.feed(wants, NOW)])) == 3
    codec.say()
    assert codec.feed(wants, at(20)) == []
    assert codec.say().count(b"CN=9014") == 1
    assert len(shown([*codec.feed(report(DATA), at(30))])) == 3, "one that wants no answer is never sent again"


def test_values_of_two_monitors_are_not_mixed() -> None:
    codec = monitor()
    mine, other = report(f"{TIME};LA-Rtd=50.0"), report(f"{TIME};LA-Rtd=90.0", mn="B2", flag=5)
    assert shown([*codec.feed(mine + other + mine, NOW)]) == [("noise", 50.0), "wrong_device", ("noise", 50.0)]
    assert codec.say() == b"", "what is not taken is not answered: the monitor would delete it"
    assert shown([*codec.feed(other, at(3600))]) == [("noise", 90.0)], "it was replaced"


def test_a_monitor_with_another_number_than_that_of_the_settings_is_named() -> None:
    codec = monitor("b9")
    other = report(f"{TIME};LA-Rtd=90.0", mn="B2")
    items = [*codec.feed(other * 3, NOW)]
    assert shown(items) == ["wrong_device"]
    assert isinstance(items[0], Fault)
    assert items[0].code is FaultCode.WRONG_DEVICE
    assert "'B2'" in items[0].text
    own = report(f"{TIME};LA-Rtd=50.0", mn="B9")
    assert shown([*codec.feed(own + other * 9, NOW)]) == [("noise", 50.0)], "on a shared line"


@pytest.mark.parametrize(
    ("measured", "sent", "age_s"),
    [
        ("202611231330", "20261123163000000", 10800),
        ("2026-11-23 13:30:00", "20261123163000000", 10800),
        ("2026/11/23T13:30:00", "", 10800),
        ("", "20261123133000000", 10800),
        ("20269999133000", "20261123133000000", 10800),
        ("20269999133000", "20261123163000000", 0),
        ("", "", 0),
    ],
)
def test_a_time_of_another_form_is_a_time_and_without_one_that_of_the_packet_counts(
    measured: str, sent: str, age_s: int
) -> None:
    (item,) = monitor().feed(report(f"DataTime={measured};LA-Rtd=50.0", sent=sent), NOW)
    assert (NOW.utc - item.at.utc).total_seconds() == age_s


def test_a_scale_of_0_is_a_mistake() -> None:
    factors = {"A": Mapped(quantity="noise", scale=0)}
    assert check(Hj212Options(factors=factors)) == ["factors.A.scale: 0 leaves nothing of the number"]


def live(codec: Codec, after_s: float, clock_h: float, number: int = 2011) -> list[Item]:
    """What a packet gives that a monitor ``clock_h`` before UTC sends as soon as it has measured."""
    now = at(after_s)
    sent = (now.utc + timedelta(hours=clock_h)).strftime("%Y%m%d%H%M%S")
    which = "Rtd" if number == 2011 else "Avg"
    text = f"QN={sent}000;ST=22;CN={number};PW=1;MN=B1;Flag=4;CP=&&DataTime={sent};LA-{which}=50.0&&"
    return [*codec.feed(packet(text.encode()), now)]


@pytest.mark.fault(
    "an HJ 212 monitor reports live by a clock that is hours off", "no reading of it is good; its advice says so"
)
@pytest.mark.parametrize("clock_h", [0.0, 6.0, 7.75, 11.0, -26298.0])
@pytest.mark.parametrize("every_s", [1.0, 30.0, 300.0])
def test_a_live_monitor_whose_clock_is_off_is_named_and_no_reading_of_it_is_good(
    clock_h: float, every_s: float
) -> None:
    codec = monitor()
    for number in range(round(1500 / every_s)):
        items = live(codec, number * every_s, clock_h)
        assert [item.quality for item in items if isinstance(item, Reading)] == ["uncertain"]
    reading, fault = items
    assert reading.at == at(number * every_s), "it says what is now, and rules see it"
    assert isinstance(fault, Fault)
    assert "minutes apart" in fault.text
    assert "utc_offset_h" in fault.advice
    assert [item.quality for item in live(codec, 1600, 8.0) if isinstance(item, Reading)] == ["good"], "it was set"


@pytest.mark.parametrize("minutes", [-9.5, -3.0, 3.0, 9.5])
def test_values_of_a_monitor_whose_clock_is_minutes_off_are_good_and_it_says_so(minutes: float) -> None:
    codec = monitor()
    for number in range(20):
        items = live(codec, number * 30, 8.0 + minutes / 60)
        assert [item.quality for item in items if isinstance(item, Reading)] == ["good"]
    reading, fault = items
    assert reading.at == at(number * 30)
    assert isinstance(fault, Fault)
    assert "minutes apart" in fault.text


def test_what_a_monitor_kept_of_an_outage_is_good_once_its_clock_has_proven_right() -> None:
    """One packet of each half minute comes every five seconds, with the number of its time."""
    codec = monitor()
    assert live(codec, 0, 8.0)
    for number in range(200):
        (item,) = live(codec, 9000 + number * 5, 8.0 - 2.0 + number * 25 / 3600)
        assert isinstance(item, Reading)
        assert item.quality == "good"
        assert abs((at(9000 + number * 30).utc - item.at.utc).total_seconds() - 7200) < 2


def wanting(data: str, number: int, total: int = 2, sent: str = "20261123163000000") -> bytes:
    return report(data, flag=7, sent=sent, more=f"PNUM={total};PNO={number};")


FIRST, SECOND = wanting(f"{TIME};a34004-Rtd=23", 1), wanting(".5,a34004-Flag=N", 2)
DAMAGED = FIRST.replace(b"a34004", b"a34005")


def outcome(codec: Codec, *packets: bytes) -> list[tuple[object, int]]:
    """What comes of each packet, a second apart, and how many answers."""
    found: list[tuple[object, int]] = []
    for number, received in enumerate(packets):
        items = shown([*codec.feed(received, at(float(number)))])
        found.append((items[0] if items else None, codec.say().count(b"CN=9014")))
    return found


def test_a_part_that_is_of_no_use_is_not_acknowledged_and_its_report_is_read_when_it_comes_again() -> None:
    codec = monitor()
    assert outcome(codec, DAMAGED, SECOND) == [("bad_frame", 0), ("bad_frame", 0)]
    assert outcome(codec, FIRST, SECOND) == [(None, 1), (("pm2_5", 23.5), 1)]
    assert outcome(codec, FIRST, SECOND) == [(None, 1), (None, 1)], "the answers were lost"


def test_a_part_that_was_taken_is_of_use_again_where_the_monitor_sends_the_whole_report_again() -> None:
    first, second, third = (wanting(data, number, 3) for number, data in enumerate(DATA.split(";")[:3], 1))
    codec = monitor()
    assert outcome(codec, first, third) == [(None, 1), ("bad_frame", 0)]
    assert [answers for _, answers in outcome(codec, first, second, third)] == [1, 1, 1]
    codec = monitor()
    assert outcome(codec, first, third) == [(None, 1), ("bad_frame", 0)]
    assert outcome(codec, second, third) == [(None, 1), (("pm2_5", 23.5), 1)], "that was not answered comes alone"


def test_the_first_part_behind_a_broken_report_is_answered_once_taken() -> None:
    later = "20261123163100000"
    codec = monitor()
    more = wanting(f"{TIME};a34004-Rtd=24", 1, sent=later), wanting(".0", 2, sent=later)
    assert outcome(codec, FIRST, *more) == [(None, 1), ("bad_frame", 1), (("pm2_5", 24.0), 1)]


def test_parts_that_are_numbered_anew_are_one_report_by_their_time() -> None:
    parts = [part(f"{TIME};{value}", number, 2, f"2026112316300{number}000")
             for number, value in enumerate(("a34004-Rtd=23.5", "LA-Rtd=60.0"), 1)]  # fmt: skip
    assert shown([*monitor().feed(b"".join(parts), NOW)]) == [("pm2_5", 23.5), ("noise", 60.0)]
    other = part("DataTime=20261123163100;LA-Rtd=60.0", 2, 2, "20261123163002000")
    assert shown([*monitor().feed(parts[0] + other, NOW)]) == ["bad_frame"]
    cut = part("5.0", 2, 2, "20261123163002000")
    assert shown([*monitor().feed(parts[0] + cut, NOW)]) == ["bad_frame"], "of which report it is nothing says"


def test_a_part_that_is_missing_is_said_once() -> None:
    parts = [part(data, number, 3) for number, data in enumerate(DATA.split(";")[:3], 1)]
    later = part(f"{TIME};LA-Rtd=60.0", 1, sent="20261123163100000")
    assert shown([*monitor().feed(parts[0] + parts[2] + later, NOW)]) == ["bad_frame"]


def test_a_monitor_whose_times_stand_still_is_read_again_once_no_repeat_is_left() -> None:
    """QN and DataTime are the same for ever: equal bytes are a repeat for minutes, and then another report."""
    codec = monitor()
    wants = report(f"{TIME};LA-Rtd=50.0", flag=5)
    read = [bool(codec.feed(wants, at(60.0 * number))) for number in range(100)]
    assert read[:6] == [True] + [False] * 5
    assert sum(read) == 17


def test_a_monitor_of_the_settings_that_reports_by_the_hour_may_have_a_neighbour_that_reports_by_the_minute() -> None:
    codec = monitor("A")
    mine = packet(f"QN=1;ST=22;CN=2061;MN=A;Flag=4;CP=&&{TIME};LA-Avg=50.0&&".encode())
    other = report(f"{TIME};LA-Rtd=90.0", mn="B")
    found: list[object] = []
    for minute in range(600):
        found += shown([*codec.feed((mine if minute % 60 == 0 else b"") + other, at(60.0 * minute))])
    assert "wrong_device" not in found
    assert found.count(("noise", 50.0)) == 10
    assert "wrong_device" in shown([*codec.feed(other, at(10 * 3600.0 + 7200.0))]), "it comes no more"


def test_nines_of_a_further_code_are_doubtful() -> None:
    codec = DRIVERS["hj212"].codec("x", Hj212Options(factors={"a1": Mapped(quantity="uv_index", scale=0.1)}))
    items = codec.feed(report(f"{TIME};a1-Rtd=-9998.0") + report(f"{TIME};a1-Rtd=-9999.0"), NOW)
    assert [item.quality for item in items if isinstance(item, Reading)] == ["good", "uncertain"]
