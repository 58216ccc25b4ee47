"""Zones: occupancy, and rules in seconds that do not care how many frames there were."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import get_args, get_type_hints

import pytest

from agent.config.scene import Zone
from agent.vision.rules import zone_rules
from agent.vision.rules.geometry import Point, contains
from agent.vision.rules.zone import ZoneWatch
from agent.vision.track import Track
from contract.events import Incident
from tests.vision.stage import names, track

SQUARE = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
INSIDE, OUTSIDE = (50.0, 50.0), (150.0, 50.0)


def area(**rules: object) -> ZoneWatch:
    return ZoneWatch("yard", Zone(points=SQUARE, **rules), lambda point: point, names())  # type: ignore[arg-type]


def story(
    zone: ZoneWatch, seconds: float, who: Callable[[float], list[Track]], *, start_s: float = 0.0, fps: float = 10.0
) -> list[tuple[float, Incident]]:
    out = []
    for frame in range(int(seconds * fps)):
        now_s = start_s + frame / fps
        out += [(now_s, body) for body in zone.update(who(now_s), now_s)]
    return out


def person(foot: tuple[float, float] = INSIDE, name: str = "0000000a") -> Callable[[float], list[Track]]:
    return lambda now_s: [track(name, foot, now_s=now_s)]


def car(foot: tuple[float, float] = INSIDE, name: str = "0000000b") -> Callable[[float], list[Track]]:
    return lambda now_s: [track(name, foot, label="vehicle", now_s=now_s, size=(40, 24))]


def nobody(_: float) -> list[Track]:
    return []


@pytest.mark.parametrize("fps", [25.0, 10.0, 1.0])
def test_loitering_is_reported_after_its_seconds_at_any_frame_rate_and_ends(fps: float) -> None:
    zone = area(loiter_s=20)
    reported = story(zone, 30, person(), fps=fps)
    assert [(body.type, body.phase) for _, body in reported] == [("loitering", "begin")]
    assert reported[0][0] == pytest.approx(20, abs=1.1)
    ended = story(zone, 10, nobody, start_s=30, fps=fps)
    assert [(body.phase, body.id) for _, body in ended] == [("end", reported[0][1].id)]
    assert ended[0][1].duration_s == pytest.approx(30, abs=4)


def test_a_short_gap_in_the_track_does_not_end_loitering() -> None:
    zone = area(loiter_s=5)
    reported = story(zone, 20, lambda now_s: [] if 8 < now_s < 10 else person()(now_s))
    assert [body.phase for _, body in reported] == ["begin"]


def test_a_foot_on_the_edge_is_one_visit() -> None:
    zone = area(settle_s=0.5)
    story(zone, 10, lambda now_s: person((100 + (-1) ** int(now_s * 10) * 0.5, 50))(now_s))
    assert zone.close(10.0) == []


def test_a_car_that_parks_is_reported_and_one_that_creeps_is_not() -> None:
    reported = story(area(park_s=60), 90, car())
    assert [(body.type, body.phase) for _, body in reported] == [("parking", "begin")]
    assert reported[0][0] == pytest.approx(60, abs=1)
    creeping = story(area(park_s=60), 90, lambda now_s: car((10 + now_s, 50))(now_s))
    assert creeping == []


def test_a_car_that_was_parked_before_anybody_looked_counts_from_when_it_was_first_seen() -> None:
    zone = area(park_s=30)
    reported = story(
        zone, 40, lambda now_s: [track("0000000b", INSIDE, label="vehicle", now_s=now_s, size=(40, 24), born_s=0.0)]
    )
    assert reported[0][0] == pytest.approx(30, abs=1)


def test_a_person_who_stands_still_does_not_park() -> None:
    assert story(area(park_s=5), 20, person()) == []


def driver(dx: float, dy: float = 0.0, *, until_s: float = 99.0) -> Callable[[float], list[Track]]:
    """A car that drives with a velocity in pixels per second, and stands from ``until_s`` on."""

    def at(now_s: float) -> list[Track]:
        gone_s = min(now_s, until_s)
        return [track("0000000b", (50 + dx * gone_s, 50 + dy * gone_s), label="vehicle", now_s=now_s, size=(20, 12))]

    return at


@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_wrong_way_begins_after_its_seconds_and_across_or_standing_is_no_way(fps: float) -> None:
    reported = story(area(way=(1, 0)), 3, driver(-12, 1), fps=fps)
    assert [body.type for _, body in reported] == ["wrong_way"]
    assert reported[0][0] == pytest.approx(1.0, abs=0.3)
    assert story(area(way=(1, 0)), 3, driver(12, 1), fps=fps) == []
    assert story(area(way=(1, 0)), 3, driver(0, 12), fps=fps) == [], "across is not against"
    assert story(area(way=(1, 0)), 3, driver(-1), fps=fps) == [], "it rolls back by a twentieth of its length"


def test_wrong_way_ends_when_it_stops() -> None:
    reported = story(area(way=(1, 0)), 20, driver(-12, until_s=3))
    assert [(body.phase, body.type) for _, body in reported] == [("begin", "wrong_way"), ("end", "wrong_way")]
    assert reported[1][0] < 9


@pytest.mark.parametrize("every", [10, 12, 15, 20, 25, 40])
@pytest.mark.parametrize("way_s", [1.0, 2.0])
def test_wrong_way_ends_however_seldom_its_object_is_seen_once_it_stands(every: int, way_s: float) -> None:
    def seldom(now_s: float) -> list[Track]:
        return driver(-12, until_s=4)(now_s) if now_s < 4 or round(now_s * 10) % every == 0 else []

    reported = story(area(way=(1, 0), way_s=way_s), 40, seldom)
    assert [body.phase for _, body in reported] == ["begin", "end"]
    assert reported[1][0] < 20


@pytest.mark.parametrize("way", [(1, 0), (-1, 0)])
def test_who_stands_in_a_group_and_is_taken_for_a_neighbour_for_a_moment_goes_no_way(way: Point) -> None:
    left = (
        [48] * 25 + [47, 46, 47, 48, 48, 48, 48, 48, 48, 48, 45, 42, 39, 37, 32, 31, 32, 33, 39, 44, 45, 47] + [48] * 20
    )

    def group(now_s: float) -> list[Track]:  # frames 28 to 74 of pets09-s2l1
        return [track("0000000a", (left[round(now_s * 10)] + 19, 80), now_s=now_s, size=(38, 59))]

    assert story(area(way=way), len(left) / 10, group) == []


def test_who_stood_and_walks_off_the_wrong_way_is_reported_soon() -> None:
    def walker(now_s: float) -> list[Track]:
        return [track("0000000a", (20 + 12 * max(0.0, now_s - 3), 80), now_s=now_s, size=(12, 30))]

    reported = story(area(way=(-1, 0)), 9, walker)
    assert [body.type for _, body in reported] == ["wrong_way"]
    assert 3.5 < reported[0][0] < 5


@pytest.mark.parametrize("velocity", [(-30.0, 0.0), (-4.0, 0.0)])
@pytest.mark.parametrize("for_s", [0.1, 3.0])
def test_what_stands_goes_no_way_whatever_its_track_says_of_its_speed(velocity: Point, for_s: float) -> None:
    def standing(now_s: float) -> list[Track]:
        fast = velocity if 2 <= now_s < 2 + for_s else (0.0, 0.0)
        return [track("0000000b", INSIDE, label="vehicle", now_s=now_s, size=(20, 20), velocity=fast)]

    assert story(area(way=(1, 0)), 10, standing) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_parked_car_whose_box_jitters_jumps_or_loses_a_part_goes_no_way(seed: int) -> None:
    rng = random.Random(seed)

    def parked(now_s: float) -> list[Track]:
        x, y = 50 + rng.gauss(0, 2), 60 + rng.gauss(0, 2)
        width = 20 if 10 <= now_s % 20 < 12 else 40  # someone stands before its right half
        shift = -25 if now_s % 30 > 28 else 0  # the track is at another car for two seconds
        return [track("0000000b", (x - (40 - width) / 2 + shift, y), label="vehicle", now_s=now_s, size=(width, 24))]

    assert story(area(way=(1, 0), way_s=1.0), 120, parked) == []


def test_crowding_starts_with_enough_persons_for_long_enough_and_ends() -> None:
    def crowd(count: int) -> Callable[[float], list[Track]]:
        return lambda now_s: [track(f"{n:08x}", (10 + 8 * n, 50), now_s=now_s) for n in range(count)]

    zone = area(crowd=5, crowd_s=3)
    assert story(zone, 10, crowd(4)) == []
    reported = story(zone, 10, crowd(6), start_s=10)
    assert [(body.type, body.phase, body.count) for _, body in reported] == [("crowding", "begin", 6)]
    ended = story(zone, 10, crowd(2), start_s=20)
    assert [(body.type, body.phase) for _, body in ended] == [("crowding", "end")]


def test_occupancy_is_the_mean_over_time_and_the_most_at_once() -> None:
    zone = area(settle_s=0.0)
    story(zone, 10, lambda now_s: [*person()(now_s), *(car()(now_s) if now_s < 5 else [])])
    rows = {row.label: row for row in zone.close(10.0)}
    assert rows["person"].mean == pytest.approx(1.0, abs=0.05)
    assert rows["person"].max == 1
    assert rows["vehicle"].max == 1
    # a visitor without a track is taken to be there for the three seconds that an occlusion may last
    assert 0.5 <= rows["vehicle"].mean <= 0.9


def test_what_is_open_when_the_camera_stops_is_ended() -> None:
    zone = area(loiter_s=5)
    story(zone, 10, person())
    assert [body.phase for body in zone.end(10.0)] == ["end"]
    assert zone.end(10.0) == []


def test_a_polygon_holds_what_is_inside_even_where_it_is_hollow() -> None:
    hollow = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 2.0), (0.0, 10.0)]
    assert contains(hollow, (1, 5))
    assert contains(hollow, (9, 5))
    assert not contains(hollow, (5, 8))


def vehicle(x: float, y: float, now_s: float, label: str = "vehicle", name: str = "0000000b") -> list[Track]:
    return [track(name, (x, y), label=label, now_s=now_s, size=(40, 24), born_s=min(now_s, 0.0))]


@pytest.mark.parametrize("jitter", [0.1, 0.2])
@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_a_parked_car_whose_box_jitters_parks_once(jitter: float, fps: float) -> None:
    rng = random.Random(3)

    def jittering(now_s: float) -> list[Track]:
        return vehicle(50 + rng.gauss(0, jitter) * 40, 60 + rng.gauss(0, jitter) * 24, now_s)

    reported = story(area(park_s=30), 90, jittering, fps=fps)
    assert [body.phase for _, body in reported] == ["begin"]
    assert reported[0][0] == pytest.approx(30, abs=10)


def test_one_box_that_is_far_off_does_not_end_parking() -> None:
    reported = story(area(park_s=20), 90, lambda now_s: vehicle(75 if round(now_s * 10) % 100 == 50 else 50, 50, now_s))
    assert [body.phase for _, body in reported] == ["begin"]


@pytest.mark.parametrize("gap_s", [3.5, 6.0])
@pytest.mark.parametrize("renamed", [False, True])
def test_a_parked_car_that_is_hidden_for_some_seconds_parks_once_whatever_its_track_is_called_after(
    gap_s: float, *, renamed: bool
) -> None:
    def hidden(now_s: float) -> list[Track]:
        name = f"{int(now_s / 15):08x}" if renamed else "0000000b"
        return [] if now_s > 15 and now_s % 15 < gap_s else vehicle(50, 50, now_s, name=name)

    reported = story(area(park_s=10), 74, hidden, fps=5)
    assert [body.phase for _, body in reported] == ["begin"]


def test_a_car_that_vanishes_stopped_parking_when_it_was_seen_last() -> None:
    reported = story(area(park_s=10), 60, lambda now_s: vehicle(50, 50, now_s) if now_s < 30 else [])
    assert [body.phase for _, body in reported] == ["begin", "end"]
    assert reported[1][1].duration_s == pytest.approx(30, abs=0.2)
    assert reported[1][0] == pytest.approx(40, abs=0.3)


def test_another_car_elsewhere_does_not_go_on_with_the_parking_of_one_that_left() -> None:
    zone = area(park_s=10)
    story(zone, 20, lambda now_s: vehicle(30, 50, now_s))
    reported = story(zone, 40, lambda now_s: vehicle(80, 50, now_s, name="0000000c"), start_s=22)
    assert sorted((body.phase, body.track) for _, body in reported) == [("begin", "0000000c"), ("end", "0000000b")]


def test_a_label_that_flips_makes_no_second_incident() -> None:
    def flipping(now_s: float) -> list[Track]:
        return vehicle(50, 50, now_s, label="person" if int(now_s / 4) % 2 else "vehicle")

    for labels in ((), ("vehicle",)):
        assert [body.phase for _, body in story(area(park_s=10, labels=labels), 80, flipping)] == ["begin"]


def test_a_car_that_creeps_by_a_fraction_of_its_length_a_minute_parks_once() -> None:
    reported = story(area(park_s=60), 400, lambda now_s: vehicle(20 + now_s * 0.1, 50, now_s))
    assert [body.phase for _, body in reported] == ["begin"]


def test_a_car_that_rolls_at_the_pace_of_a_queue_does_not_park() -> None:
    assert story(area(park_s=10), 60, lambda now_s: vehicle(20 + now_s, 50, now_s)) == []


def test_a_car_that_comes_straight_at_the_camera_and_only_grows_does_not_park() -> None:
    def coming(now_s: float) -> list[Track]:
        width = 20 * 1.03**now_s
        return [track("0000000b", (50, 60), label="vehicle", now_s=now_s, size=(width, width * 0.6))]

    assert story(area(park_s=10), 40, coming) == []


@pytest.mark.parametrize("part", [0.4, 0.7])
def test_a_parked_car_that_is_half_hidden_for_a_while_parks_once(part: float) -> None:
    def half(now_s: float) -> list[Track]:
        width = 40 * (part if now_s % 20 > 12 else 1.0)
        return [track("0000000b", (30 + width / 2, 60), label="vehicle", now_s=now_s, size=(width, 24))]

    reported = story(area(park_s=10), 120, half)
    assert [body.phase for _, body in reported] == ["begin"]


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("height", [24, 50])
def test_a_parked_car_whose_box_takes_in_a_bus_that_halts_next_to_it_parks_once(side: int, height: float) -> None:
    def merged(now_s: float) -> list[Track]:
        if not 20 < now_s < 40:
            return vehicle(50, 90, now_s)
        return [track("0000000b", (50 + side * 30, 90), label="vehicle", now_s=now_s, size=(100, height))]

    reported = story(area(park_s=10), 80, merged)
    assert [body.phase for _, body in reported] == ["begin"]


def test_a_person_who_is_hidden_for_some_seconds_loiters_on_under_a_new_track() -> None:
    def hidden(now_s: float) -> list[Track]:
        if now_s % 10 > 6:
            return []
        return [track(f"{int(now_s / 10):08x}", (50, 50), now_s=now_s, born_s=now_s)]

    reported = story(area(loiter_s=25), 60, hidden)
    assert [(body.type, body.phase) for _, body in reported] == [("loitering", "begin")]
    assert reported[0][0] == pytest.approx(25, abs=5)


def test_a_person_who_comes_when_another_left_elsewhere_begins_anew() -> None:
    zone = area(loiter_s=10)
    story(zone, 8, person((20, 50)))
    assert story(zone, 8, person((80, 50), "0000000c"), start_s=9) == []


def test_the_rules_are_those_that_the_contract_names() -> None:
    named = set(get_args(get_type_hints(Incident)["type"]))
    assert {rule.name for rule in zone_rules()} == named
    assert all(rule.delay for rule in zone_rules())
