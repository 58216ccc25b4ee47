"""What recorded cases do not show of a GNSS receiver: which date, position and count is believed."""

from __future__ import annotations

import functools
import operator
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.api import Fault, Item, Quality, Reading, Stamp
from drivers.nmea import NmeaOptions
from tests.drivers.cases import DRIVERS, NOW

RMC = "GNRMC,083000.00,A,2232.59260,N,11403.25920,E,0.02,90.0,231126,,,A"
GGA = "GNGGA,083000.00,2232.59260,N,11403.25920,E,1,09,0.9,21.4,M,-2.8,M,,"


def sentence(body: str) -> bytes:
    return f"${body}*{functools.reduce(operator.xor, body.encode(), 0):02X}\r\n".encode()


def read(*bodies: str, now: Stamp = NOW, **options: object) -> list[Item]:
    codec = DRIVERS["nmea"].codec("x", msgspec.convert(options, NmeaOptions))
    return [*codec.feed(b"".join(map(sentence, bodies)), now)]


def values(items: list[Item]) -> dict[str, object]:
    return {item.quantity: item.value for item in items if isinstance(item, Reading)}


def missing(items: list[Item]) -> set[str]:
    return {name for item in items if isinstance(item, Fault) for name in item.quantities}


@pytest.mark.parametrize(
    ("date", "believed"),
    [("231126", True), ("010124", True), ("311223", False), ("070407", False), ("220899", False), ("010180", False),
     ("140843", True), ("180843", False), ("231179", False)],
)  # fmt: skip
def test_a_date_outside_the_weeks_that_a_receiver_can_count_now_is_refused(date: str, believed: bool) -> None:
    items = read(RMC.replace("231126", date), now=Stamp(NOW.utc, NOW.boot_s, synced=False))
    assert ("clock_offset" in values(items)) == believed
    assert ("clock_offset" in missing(items)) != believed
    qualities = {item.quality for item in items if isinstance(item, Reading)}
    assert qualities == {Quality.GOOD if believed else Quality.UNCERTAIN}


def test_a_refused_date_casts_doubt_on_the_sentences_that_follow_until_a_good_one_comes() -> None:
    items = read(RMC.replace("231126", "100407"), GGA, RMC, GGA)
    heights = [item.quality for item in items if isinstance(item, Reading) and item.quantity == "altitude"]
    assert heights == [Quality.UNCERTAIN, Quality.GOOD]


def test_two_clocks_a_day_apart_are_both_doubted_if_the_box_was_set() -> None:
    """Which of them is wrong the sentence cannot say; a box that was never set is wrong."""
    late = Stamp(datetime(2026, 11, 25, 8, 30, tzinfo=UTC), 1.0)
    (offset,) = [each for each in read(RMC, now=late) if isinstance(each, Reading) and each.quantity == "clock_offset"]
    assert offset.quality is Quality.UNCERTAIN
    unset = Stamp(datetime(1970, 1, 1, tzinfo=UTC), 1.0, synced=False)
    (offset,) = [each for each in read(RMC, now=unset) if isinstance(each, Reading) and each.quantity == "clock_offset"]
    assert offset.quality is Quality.GOOD


@pytest.mark.parametrize("zero", ["0.000,N,0.000,E", "0000.0000,N,00000.0000,E", "0000.000,S,00000.000,W"])
def test_zero_north_zero_east_is_no_position(zero: str) -> None:
    place = "2232.59260,N,11403.25920,E"
    assert {"latitude", "longitude", "speed", "course"} <= missing(read(RMC.replace(place, zero)))
    assert {"latitude", "longitude", "altitude"} <= missing(read(GGA.replace(place, zero)))


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        (GGA.replace(",E,1,", ",E,8,"), {"latitude", "longitude", "altitude"}),  # a simulator
        (GGA.replace(",E,1,", ",E,7,"), {"latitude", "longitude", "altitude"}),  # set by hand
        (GGA.replace(",21.4,", ",21000.4,"), {"altitude"}),
        (GGA.replace("2232.59260,N,11403.25920,E", ",,,"), {"latitude", "longitude"}),
        (
            GGA.replace("2232.59260,N,11403.25920,E,1", "8960.0000,N,00000.0000,E,0"),
            {"latitude", "longitude", "altitude"},
        ),
        (RMC.replace(",,,A", ",,,S"), {"latitude", "longitude", "speed", "course"}),
        (RMC.replace(",90.0,", ",400.0,"), {"course"}),
        (RMC.replace("231126", ""), {"clock_offset"}),
    ],
)
def test_what_is_not_measured_is_missing_and_named(body: str, lost: set[str]) -> None:
    items = read(body)
    assert missing(items) == lost
    assert not lost & set(values(items))


@pytest.mark.parametrize("field", ["2260.0000", "9232.5926", "-232.5926", "2x32.5926", "22.32.59", "nan"])
def test_a_latitude_that_cannot_be_is_none(field: str) -> None:
    assert "latitude" not in values(read(GGA.replace("2232.59260", field)))


def test_an_estimated_fix_is_uncertain() -> None:
    items = read(GGA.replace(",E,1,", ",E,6,"))
    assert [item.quality for item in items if isinstance(item, Reading) and item.quantity == "latitude"] == [
        "uncertain"
    ]


def test_a_makers_own_sentence_and_binary_are_no_damage() -> None:
    codec = DRIVERS["nmea"].codec("x", NmeaOptions())
    noise = b"$PGLOR,4,PWR*00\r\n\xb5\x62\x01$\x07*41\n$\x01\x02,*\r\n!AIVDM,1*00\r\n"
    assert not codec.feed(noise + sentence("PUBX,00,1"), NOW)
    assert [item.code for item in codec.feed(b"$GNGGA,083000.00,2232*00\r\n", NOW) if isinstance(item, Fault)] == [
        "bad_frame"
    ]


@pytest.mark.parametrize("cut", [-1, -9, -30])
def test_a_shortened_sentence_without_a_checksum_is_none_even_where_that_is_allowed(cut: int) -> None:
    codec = DRIVERS["nmea"].codec("x", NmeaOptions(checksum="optional"))
    body = GGA[:cut] if GGA[:cut].count(",") < 13 else GGA[:-12]
    assert not values([*codec.feed(b"$" + body.encode() + b"\r\n", NOW)])
    assert values([*codec.feed(b"$" + GGA.encode() + b"\r\n", NOW)])["altitude"] == 21.4
    assert not values([*codec.feed(b"$" + GGA.encode() + b"*00\r\n", NOW)]), "a wrong one is wrong all the same"


Sky = dict[tuple[str, str], set[int]]


def groups(sky: Sky) -> list[str]:
    """The sentences of a round, four satellites each, in the order of their systems and signals."""
    found = []
    for (talker, signal), satellites in sky.items():
        names = sorted(satellites)
        rows = [names[at : at + 4] for at in range(0, len(names), 4)]
        for number, row in enumerate(rows, 1):
            fields = "".join(f",{name:02},10,100,{30 + name % 9}" for name in row)
            end = f",{signal}" if signal else ""
            found.append(f"{talker}GSV,{len(rows)},{number},{len(names):02}{fields}{end}")
    return found


@settings(max_examples=80, deadline=None)
@given(
    sky=st.dictionaries(
        st.tuples(st.sampled_from(["GP", "GL", "GA", "GB", "QZ"]), st.sampled_from(["1", "7", "0"])),
        st.sets(st.integers(1, 32), min_size=1, max_size=12),
        min_size=1,
        max_size=8,
    ),
    rounds=st.integers(2, 4),
    parted=st.booleans(),
)
def test_satellites_in_view_are_those_of_all_systems_once_a_round(sky: Sky, rounds: int, parted: bool) -> None:
    """With signals of NMEA 4.10: whether or not another sentence parts the rounds, and never a part of the sky."""
    bodies = groups(sky) + ([RMC] if parted else [])
    items = read(*bodies * rounds)
    counts = [item.value for item in items if isinstance(item, Reading) and item.quantity == "satellites_in_view"]
    different = {(talker, name) for (talker, _), satellites in sky.items() for name in satellites}
    assert counts == [len(different)] * rounds


@settings(max_examples=60, deadline=None)
@given(lost=st.integers(0, 6), sky=st.just({("GP", "1"): set(range(1, 11)), ("GL", "1"): set(range(65, 72))}))
def test_a_lost_sentence_never_makes_a_smaller_sky(lost: int, sky: Sky) -> None:
    bodies = [*groups(sky), RMC]
    short = [body for number, body in enumerate(bodies) if number != lost % (len(bodies) - 1)]
    items = read(*bodies, *short, *bodies)
    counts = [item.value for item in items if isinstance(item, Reading) and item.quantity == "satellites_in_view"]
    assert set(counts) == {17}


@pytest.mark.parametrize(
    "body",
    [
        "GPRMC,120000.00,A,3112.3400,N,12130.5600,E,-12.5,84.4,231126,,,A",
        "GPGGA,120000.00,3112.3400,N,12130.5600,E,-1,09,0.9,4.0,M,,M,,",
        "GPGGA,120000.00,3112.3400,N,12130.5600,E,1,-3,0.9,4.0,M,,M,,",
    ],
)
def test_a_negative_speed_fix_or_count_is_none(body: str) -> None:
    items = read(body)
    assert [item for item in items if isinstance(item, Fault)]
    assert not [value for name, value in values(items).items() if name in {"speed", "fix_quality", "satellites"}]


def gsa(talker: str, mode: int, pdop: str = "1.8", system: str = "") -> str:
    return f"{talker}GSA,A,{mode},{'01,02,03,04' if mode > 1 else ',,,'},,,,,,,,,{pdop},1.0,1.5{system}"


@pytest.mark.parametrize("systems", [(("GP", ""), ("GL", "")), (("GN", ",1"), ("GN", ",4"))])
def test_a_system_without_a_fix_does_not_hide_the_fix_of_another(systems: tuple[tuple[str, str], ...]) -> None:
    (one, own), (two, other) = systems
    bodies = [gsa(one, 3, system=own), gsa(two, 1, "99.99", other)]
    modes = [item.value for item in read(*bodies, *bodies) if isinstance(item, Reading) and item.quantity == "fix_mode"]
    assert modes == [3, 3]
    lost = [GGA.replace(",E,1,", ",E,0,"), gsa(one, 1, system=own), gsa(two, 1, system=other)]
    assert values(read(*bodies, *lost))["fix_mode"] == 1
    assert "fix_mode" not in values(read(RMC, gsa(two, 1, system=other)))


@pytest.mark.parametrize(("mode", "pdop"), [(1, "25.5"), (3, "0.0"), (3, "99.9")])
def test_a_dilution_of_no_fix_is_none(mode: int, pdop: str) -> None:
    assert "pdop" not in values(read(gsa("GN", mode, pdop)))


def test_the_time_of_a_receiver_without_a_fix_is_uncertain() -> None:
    void = "GNRMC,083000.00,V,,,,,,,231126,,,N"
    zda = "GNZDA,083000.00,23,11,2026,00,00"
    (offset,) = [item for item in read(void, zda) if isinstance(item, Reading)]
    assert offset.quality is Quality.UNCERTAIN
    (offset,) = [item for item in read(zda) if isinstance(item, Reading)]
    assert offset.quality is Quality.GOOD


def test_a_receiver_that_repeats_itself_is_not_believed() -> None:
    codec = DRIVERS["nmea"].codec("x", NmeaOptions())
    for after_s in range(0, 16, 5):
        now = Stamp(NOW.utc, NOW.boot_s + after_s)
        items = [*codec.feed(sentence(RMC) + sentence(GGA), now)]
        old = after_s > 10
        assert ("clock_offset" in missing(items)) == old
        qualities = {item.quality for item in items if isinstance(item, Reading) and item.quantity == "latitude"}
        assert qualities == {Quality.UNCERTAIN if old else Quality.GOOD}


GSV = "GPGSV,1,1,04,01,10,100,40,02,10,100,41,03,10,100,42,04,10,100,43,1"


def test_a_receiver_that_never_had_a_fix_says_so_well_though_its_clock_does_not_run() -> None:
    codec = DRIVERS["nmea"].codec("gps", NmeaOptions())
    for second in range(60):
        now = msgspec.structs.replace(NOW, boot_s=NOW.boot_s + second)
        items = codec.feed(sentence("GPGGA,000000.00,,,,,0,03,,,M,,M,,"), now)
        qualities = {item.quantity: item.quality for item in items if isinstance(item, Reading)}
        assert qualities == {"fix_quality": Quality.GOOD, "satellites": Quality.GOOD}
        assert missing(list(items)) == {"latitude", "longitude", "altitude"}


def epoch(rmc: str, gga: str) -> bytes:
    bodies = (RMC.replace("083000.00", rmc), GGA.replace("083000.00", gga), gsa("GN", 3), GSV, "GNVTG,,T,,M,,N,,K,A")
    return b"".join(map(sentence, bodies))


def replayed(clocks: list[tuple[str, str]], seconds: int) -> list[set[Quality]]:
    """The qualities of each second, of whose epochs ``clocks`` are sent again and again."""
    codec = DRIVERS["nmea"].codec("x", NmeaOptions())
    found = []
    for after_s in range(seconds):
        items = codec.feed(epoch(*clocks[after_s % len(clocks)]), Stamp(NOW.utc, NOW.boot_s + after_s))
        found.append({item.quality for item in items if isinstance(item, Reading)})
    return found


@pytest.mark.parametrize(
    "clocks", [[("003000", "003000.00")], [("003000.00", "003000.00"), ("003001.00", "003001.00")],
               [(f"00300{n}", f"00300{n}.00") for n in range(8)], [("235959", "235959.0"), ("000000", "000000.0")]]
)  # fmt: skip
def test_nothing_is_good_of_a_receiver_whose_time_does_not_move_on(clocks: list[tuple[str, str]]) -> None:
    """In whatever form its sentences write it, and of a few epochs that come again and again."""
    found = replayed(clocks, 120)
    assert found[0] == {Quality.GOOD}
    assert all(qualities == {Quality.UNCERTAIN} for qualities in found[20:])


@pytest.mark.parametrize("back_s", [-3600, -18, -1, 0, 1, 18, 3600, 40_000])
def test_a_time_that_was_set_and_runs_on_is_good_again(back_s: int) -> None:
    codec = DRIVERS["nmea"].codec("x", NmeaOptions())
    found = []
    for after_s in range(120):
        day_s = 86_380 + after_s - (back_s if after_s >= 60 else 0)
        clock = f"{day_s // 3600 % 24:02}{day_s // 60 % 60:02}{day_s % 60:02}"
        sent = epoch(f"{clock}.20", f"{clock}.00")
        items = codec.feed(sent, Stamp(NOW.utc, NOW.boot_s + after_s, synced=False))
        found.append({item.quality for item in items if isinstance(item, Reading)})
    good = [qualities == {Quality.GOOD} for qualities in found]
    assert all(good[:60])
    assert all(good[73:])
