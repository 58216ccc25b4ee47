"""Columns and blocks of the ring: exactly what went in comes out, in few bytes, and damage is noticed."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.store.block import DAMAGED, StoreBlock, unpacked
from agent.store.columns import Column, pack_integers, pack_values, unpack_integers, unpack_values
from contract.types import Quality
from contract.units import Unit
from tests.store.rig import FakeClock, reading

WIDE = st.integers(-(2**63), 2**63 - 1)
VALUES = st.one_of(
    st.lists(st.integers(), min_size=1),
    st.lists(st.floats(allow_nan=False), min_size=1),
    st.lists(st.floats(allow_nan=False, width=32), min_size=1),
    st.lists(st.decimals(-1000, 1000, places=2).map(float), min_size=1),
    st.lists(st.text(), min_size=1),
    st.lists(st.one_of(st.integers(-5, 5), st.floats(-1, 1), st.text(max_size=3)), min_size=1),
)


@given(VALUES)
def test_any_values_come_back_equal_and_of_the_same_type(values: list[float | str]) -> None:
    back = unpack_values(pack_values(values))
    assert back == values
    assert list(map(type, back)) == list(map(type, values))


@given(st.lists(WIDE, min_size=1))
def test_integers_come_back_or_are_refused(values: list[int]) -> None:
    try:
        packed = pack_integers(values)
    except OverflowError:
        assert max(values) - min(values) >= 2**63
    else:
        assert unpack_integers(packed) == values


@pytest.mark.parametrize(
    ("form", "value"), [("1", 21.5), ("3", 0.125), ("0", 3.0), ("n", 7), ("f", 0.12345678359270096)]
)
def test_the_shortest_form_that_is_exact_is_taken(form: str, value: float) -> None:
    assert pack_values([value, value]).form == form


def test_a_slow_measurement_costs_about_a_byte_or_less() -> None:
    chance = random.Random(1)
    value, values = 20.0, []
    for _ in range(600):
        value += chance.choice((-0.1, 0, 0, 0, 0.1))
        values.append(round(value, 1))
    assert len(pack_values(values).data) < 300


@given(st.binary(max_size=200), st.sampled_from("0123456nfdj"))
def test_damaged_columns_raise_what_is_declared(data: bytes, form: str) -> None:
    with suppress(*DAMAGED):
        unpack_values(Column(form, data))


@given(st.binary(max_size=300))
def test_damaged_blocks_raise_what_is_declared(data: bytes) -> None:
    with suppress(*DAMAGED):
        list(unpacked(data, None, None))


def test_a_block_keeps_shared_times_missing_values_and_qualities() -> None:
    clock = FakeClock()
    block = StoreBlock(synced=True)
    for second in range(10):
        clock.elapsed = second + second % 3 / 1000
        block.add(reading(clock.now(), second / 2))
        if second % 2:
            item = reading(clock.now(), "open", "door")
            block.add(type(item)(**{**{f: getattr(item, f) for f in item.__struct_fields__}, "quality": Quality.BAD}))
    door, temperature = sorted(unpacked(block.packed(), None, None), key=lambda points: points.quantity)
    assert temperature.unit is Unit.CELSIUS
    assert temperature.values == [second / 2 for second in range(10)]
    assert temperature.rows == list(range(10))
    assert door.rows == [1, 3, 5, 7, 9]
    assert set(door.qualities.values()) == {Quality.BAD}
    assert door.times.utc_ms[4] - door.times.utc_ms[3] == 1001
    assert [points.quantity for points in unpacked(block.packed(), "roof", "door")] == ["door"]
    assert list(unpacked(block.packed(), "cellar", None)) == []
