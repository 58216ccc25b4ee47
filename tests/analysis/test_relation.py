"""What one quantity does is foretold from the others of its pole; where that ends, one event names them all."""

from __future__ import annotations

import math
import random

import msgspec
import pytest

from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.relation import MOST, Member, Relations, RelationsState
from bench.anomaly.poles import DAY, PAIRS, STEP_S, pole
from bench.relation import begun
from contract.events import Anomaly
from contract.types import Event, Reading
from contract.units import QUANTITIES
from tests.analysis.made import stamp

CURRENT_POWER = next(pair for pair in PAIRS if pair.name == "current and power")


def follow(relations: Relations, first: int, count: int, *, gain: float = 1.0, seed: int = 1) -> list[float]:
    """Two quantities that wander together and one that does not; the strengths of the second one's misfit."""
    rng = random.Random(seed)
    out = []
    one = other = 0.0
    for index in range(first, first + count):
        one = 0.95 * one + rng.gauss(0.0, 1.0)
        other = 0.95 * other + rng.gauss(0.0, 1.0)
        values = {"a": one, "b": gain * one + rng.gauss(0.0, 0.3), "c": other}
        found = relations.take(index * STEP_S, {name: Member(value, 0.0, usual=True) for name, value in values.items()})
        out.append(found["b"].strength if "b" in found else 0.0)
        assert "c" not in found, "what nothing foretells is not judged"
        if "b" in found:
            assert found["b"].partners == ("a",)
    return out


def test_what_no_longer_follows_the_others_is_found_and_what_follows_is_not() -> None:
    relations = Relations()
    assert max(follow(relations, 0, 20 * DAY)) < 1.0
    assert max(follow(relations, 20 * DAY, DAY, gain=-0.5, seed=2)) >= 1.0


def test_a_relation_says_nothing_in_its_first_week() -> None:
    assert max(follow(Relations(), 0, 7 * DAY, gain=1.0)) == 0.0


def test_a_saved_relation_goes_on_where_it_was_and_fits_its_bound() -> None:
    relations = Relations()
    follow(relations, 0, 20 * DAY)
    saved = msgspec.msgpack.encode(relations.state())
    again = Relations()
    again.restore(msgspec.msgpack.decode(saved, type=RelationsState))
    assert max(follow(again, 20 * DAY, DAY, gain=-0.5, seed=2)) >= 1.0
    with pytest.raises(ValueError, match="another size"):
        again.restore((["a"], 5, 0.0, b"", b"", []))


def test_a_full_pole_keeps_little_more_than_half_a_kilobyte_a_quantity() -> None:
    relations, rng = Relations(), random.Random(1)
    for index in range(400):
        values = {f"q{number}": Member(rng.gauss(0.0, 1.0), 0.0, usual=True) for number in range(MOST + 3)}
        relations.take(index * STEP_S * 10, values)
    assert len(msgspec.msgpack.encode(relations.state())) <= 768 * MOST
    assert relations.together("q0", f"q{MOST + 1}") == 0.0, "what is beyond the bound stands alone"


def test_a_quantity_that_is_gone_takes_its_relations_with_it() -> None:
    relations = Relations()
    follow(relations, 0, 10 * DAY)
    relations.forget(lambda name: name == "a")
    assert relations.together("a", "b") == 0.0
    found = relations.take(11 * DAY * STEP_S, {name: Member(9.0, 0.0, usual=True) for name in "bc"})
    assert found == {}


def report(*, strangers: bool = False, fault: int) -> list[Event]:
    pipeline = Pipeline(Analysis(), {})
    out: list[Event] = []
    for time_s, values in pole(CURRENT_POWER, 3, 22 * DAY, fault, strangers=strangers):
        at = stamp(time_s - 1.79e9)
        out += pipeline.flush(at)
        for name, value in values.items():
            unit = QUANTITIES[name].unit
            out += pipeline.judge(Reading(device="roof", quantity=name, value=value, unit=unit, at=at))[1]
    return out


def test_a_power_that_no_longer_fits_its_current_is_one_event_with_both() -> None:
    events = report(fault=20 * DAY)
    bodies = [one.body for one in events if isinstance(one.body, Anomaly) and one.body.against == "relation"]
    begins = [body for body in bodies if body.phase == "begin"]
    assert len(begins) == 1
    assert set(begins[0].quantities) == {"current_a", "active_power"}
    assert not begins[0].low <= begins[0].value <= begins[0].high
    assert math.isfinite(begins[0].low)


def test_quantities_that_have_nothing_to_do_with_each_other_say_nothing_of_each_other() -> None:
    rows = pole(CURRENT_POWER, 3, 16 * DAY, 16 * DAY, strangers=True)
    assert not [one for one in begun(rows) if one.what == "relation"]
