"""Open episodes are those that have begun and not ended, over restarts too."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.status.episodes import MOST_OPEN, Episodes, ends
from contract.events import (
    KINDS,
    Alert,
    Anomaly,
    EndReason,
    Episode,
    Incident,
    SensorFault,
    Tamper,
    WaterLevel,
    episode_id,
)
from contract.types import Body, Event, Stamp
from tests.status.canned import NOW

AT = Stamp(NOW, 1000.0)
LATER = Stamp(NOW + timedelta(minutes=5), 1300.0)


def begun(body: Body, source: str = "roof") -> Event:
    return Event.of(source, AT, body)


def ended(event: Event) -> Event:
    return replace(event, at=LATER, body=msgspec.structs.replace(event.body, phase="end", reason="over"))


ALERT = Alert(
    id="0000000a", rule="flood", severity="alarm", phase="begin", since=NOW, text={"en": "Water", "zh": "积水"}
)
FAULT = SensorFault(
    id="0000000b",
    quantity="rain",
    type="stuck",
    phase="begin",
    since=NOW,
    score=2.0,
    evidence="1.5 for 3 h",
    advice="look",
)
ANOMALY = Anomaly(
    id="0000000c",
    quantities=("roof.rain",),
    phase="begin",
    severity="info",
    since=NOW,
    score=2.0,
    value=9,
    low=0,
    high=2,
)
PARKING = Incident(id="0000000d", type="parking", zone="bay", phase="begin", label="vehicle")
COVERED = Tamper(id="0000000e", type="covered", phase="begin")
ALL = (ALERT, FAULT, ANOMALY, PARKING, COVERED)


def test_the_most_urgent_stands_first_and_each_has_its_sentence() -> None:
    episodes = Episodes()
    episodes.take([begun(body) for body in ALL])
    assert [one.id for one in episodes.open(AT)] == ["0000000a", "0000000e", "0000000b", "0000000c", "0000000d"]
    assert [one.text["en"] for one in episodes.open(AT)] == [
        "Water",
        "the view is covered: look at the camera",
        "rain is not to be trusted (stuck): 1.5 for 3 h; look",
        "roof.rain is unusual: 9 mm, expected 0 mm to 2 mm",
        "parking in bay: vehicle",
    ]


def test_an_end_closes_what_has_its_id_and_nothing_else() -> None:
    episodes = Episodes()
    episodes.take([begun(ALERT), begun(FAULT), ended(begun(ALERT))])
    assert [one.id for one in episodes.open(AT)] == ["0000000b"]


def test_a_flooded_gauge_is_open_until_it_is_not() -> None:
    episodes = Episodes()
    episodes.take([begun(WaterLevel(gauge="wall", state="flooded", depth_m=0.31), "gate")])
    (flood,) = episodes.open(AT)
    assert (flood.severity, flood.text["en"]) == ("alarm", "wall is flooded, 0.31 m")
    assert flood.id == episode_id("gate", "water_level", "wall")
    episodes.take([begun(WaterLevel(gauge="wall", state="wet"), "gate")])
    assert episodes.open(AT) == ()


def test_the_end_of_an_earlier_run_has_the_same_id_and_since_and_the_reason() -> None:
    first = Episodes()
    first.take([begun(ALERT), begun(FAULT)])
    kept = first.state()
    assert kept is not None
    assert first.state() is None, "nothing has changed"
    second = Episodes(kept)
    assert second.open(AT) == (), "the new run has begun nothing"
    over = ends(second.left, LATER, "restart")
    assert [(event.body.id, event.body.since, event.body.phase, event.body.reason, event.at) for event in over] == [  # type: ignore[attr-defined]
        ("0000000a", NOW, "end", "restart", LATER),
        ("0000000b", NOW, "end", "restart", LATER),
    ]
    assert over[0].lane is begun(ALERT).lane


@given(st.binary(max_size=200))
def test_a_state_that_cannot_be_read_is_left(kept: bytes) -> None:
    assert isinstance(Episodes(kept).left, tuple)


def test_more_than_the_bound_are_not_kept() -> None:
    episodes = Episodes()
    episodes.take([begun(replace(ALERT, id=f"{number:08x}")) for number in range(MOST_OPEN + 10)])
    assert len(episodes.open(AT)) == MOST_OPEN


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=40))
def test_open_is_always_what_begun_less_what_ended(steps: list[tuple[int, bool]]) -> None:
    episodes, model = Episodes(), set[str]()
    for index, begins in steps:
        event = begun(ALL[index])
        episodes.take([event if begins else ended(event)])
        (model.add if begins else model.discard)(ALL[index].id)
    assert {one.id for one in episodes.open(AT)} == model


def test_what_began_before_the_clock_was_set_has_its_true_time_once_it_is() -> None:
    episodes = Episodes()
    early = Stamp(NOW - timedelta(days=20_000), 1000.0, synced=False)
    episodes.take([Event.of("roof", early, replace(ALERT, since=early.utc - timedelta(seconds=30)))])
    assert episodes.open(early)[0].since == early.utc - timedelta(seconds=30)
    assert episodes.open(LATER)[0].since == NOW - timedelta(seconds=30)


ENDS = {
    body.kind: body
    for kind in KINDS.values()
    for body in kind.examples
    if isinstance(body, Episode) and body.phase == "end"
}


@pytest.mark.parametrize("reason", ["restart", "settings"])
@pytest.mark.parametrize("kind", sorted(ENDS))
def test_an_end_that_says_nothing_of_the_world_does_not_say_that_it_is_over(kind: str, reason: EndReason) -> None:
    says, end = KINDS[kind].says, ENDS[kind]
    words, over = says(replace(end, reason=reason)), says(replace(end, reason="over"))
    for language in ("en", "zh"):
        assert words[language] != over[language]
    assert not re.search(r"\bover\b|again|no longer|恢复|已结束", words["en"] + words["zh"])
