"""What a Modbus device may do and what comes of it: refusals in parts, writes, factors, sums, codes, echoes."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.api import Codec, Fault, Item, Quality, Reading, Value, crc16_modbus
from drivers._block import CONSTANT_AFTER
from drivers._modbus import ModbusOptions, check
from drivers._table import SPLIT_AGAIN
from drivers.modbus_rtu import DRIVER
from tests.drivers.cases import NOW
from tests.drivers.slave import NO_SUCH_REGISTER, WRONG_COUNT, Slave, a_round

Row = dict[str, Any]


def options(registers: list[Row], **others: Any) -> ModbusOptions:
    made = msgspec.convert({"registers": registers, **others}, ModbusOptions)
    assert not check(made), check(made)
    return made


def codec(registers: list[Row], **others: Any) -> Codec:
    return DRIVER.codec("x", options(registers, **others))


def values(items: list[Item]) -> dict[str, Value | None]:
    reported: dict[str, Value | None] = {}
    for item in items:
        reported |= {item.quantity: item.value} if isinstance(item, Reading) else dict.fromkeys(item.quantities)
    return reported


def row(address: int, quantity: str, **others: Any) -> Row:
    return {"address": address, "quantity": quantity, **others}


def holding(*values: int, first: int = 0) -> Slave:
    return Slave({"holding": dict(enumerate(values, first))})


# Refusals


def test_a_block_that_is_refused_is_read_in_parts_at_once_and_from_then_on() -> None:
    """Registers 0 and 1 one at a time, 2 and 3 as a pair, nothing wider."""
    slave = holding(111, 222, 0x1170, 0x0001)
    slave.refuses = lambda _, address, count: None if (address, count) in {(0, 1), (1, 1), (2, 2)} else NO_SUCH_REGISTER
    device = codec([row(0, "a0"), row(1, "a1"), row(2, "e2", type="u32", order="cdab")])
    wanted = {"a0": 111, "a1": 222, "e2": 70000}
    assert values(a_round(device, slave)) == wanted
    slave.asked.clear()
    assert values(a_round(device, slave)) == wanted
    assert slave.asked == [(3, 0, 1), (3, 1, 1), (3, 2, 2)], "it remembers"


@given(
    widths=st.lists(st.sampled_from(["u16", "u32"]), min_size=1, max_size=12),
    missing=st.sets(st.integers(0, 11)),
    most=st.integers(2, 6),
    code=st.sampled_from([NO_SUCH_REGISTER, WRONG_COUNT]),
)
def test_whatever_can_be_read_is_read_and_only_that(widths: list[str], missing: set[int], most: int, code: int) -> None:
    rows: list[Row] = []
    registers: dict[int, int] = {}
    at = 0
    wanted: dict[str, int | None] = {}
    for number, kind in enumerate(widths):
        size = 2 if kind == "u32" else 1
        rows.append(row(at, f"q{number}", type=kind))
        if number not in missing:
            registers |= {at + place: number + 1 for place in range(size)}
        wanted[f"q{number}"] = None if number in missing else (number + 1) * (65537 if size == 2 else 1)
        at += size
    slave = Slave({"holding": registers}, lambda _table, _address, count: code if count > most else None)
    device = codec(rows)
    for _ in range(3):
        assert values(a_round(device, slave)) == wanted


def test_a_device_that_refuses_everything_costs_one_question_a_round_after_the_first() -> None:
    slave = Slave({"holding": {}})
    device = codec([row(number, f"q{number}") for number in range(8)])
    a_round(device, slave)
    for _ in range(SPLIT_AGAIN - 1):
        slave.asked.clear()
        assert len(a_round(device, slave)) == 1
        assert len(slave.asked) == 1
    slave.tables["holding"] = dict.fromkeys(range(8), 5)
    assert set(values(a_round(device, slave)).values()) == {5}


def test_a_fixed_block_is_read_whole_or_not_at_all() -> None:
    slave = holding(*range(10))
    device = codec([row(2, "a"), row(7, "b")], read=[{"address": 0, "count": 10}])
    assert values(a_round(device, slave)) == {"a": 2, "b": 7}
    assert slave.asked == [(3, 0, 10)]
    slave.refuses = lambda *_: NO_SUCH_REGISTER
    assert values(a_round(device, slave)) == {"a": None, "b": None}
    assert slave.asked == [(3, 0, 10)] * 2


@pytest.mark.parametrize(("exception", "again"), [(5, True), (6, True), (2, False), (4, False), (10, False)])
def test_a_busy_device_is_worth_asking_again_and_says_so(exception: int, again: bool) -> None:
    slave = holding(1)
    slave.refuses = lambda *_: exception
    (fault,) = a_round(codec([row(0, "a")]), slave)
    assert isinstance(fault, Fault)
    assert fault.again is again
    assert "profile" not in fault.advice


# Writes


WRITTEN = [{"address": 10, "count": 2, "write": {"address": 100, "values": [7, 8]}}]


def test_nothing_is_written_unless_the_settings_allow_it() -> None:
    made = msgspec.convert({"registers": [row(10, "a")], "read": WRITTEN}, ModbusOptions)
    assert check(made) == [
        "allow_writes: the device must be written to (register 100); set it to true if it may be",
    ]
    slave = holding(1, 2, first=10)
    a_round(DRIVER.codec("x", made), slave)
    assert slave.asked == []


@pytest.mark.parametrize(("function", "count", "asked"), [(16, 2, (16, 100, 2)), (6, 1, (6, 100, 7))])
def test_a_write_goes_before_the_read_that_needs_it(function: int, count: int, asked: tuple[int, int, int]) -> None:
    read = [{"address": 10, "count": 2, "write": {"address": 100, "values": [7, 8][:count], "function": function}}]
    slave = holding(1, 2, first=10)
    device = codec([row(10, "a"), row(11, "b")], read=read, allow_writes=True)
    assert values(a_round(device, slave, size=1)) == {"a": 1, "b": 2}
    assert slave.asked == [asked, (3, 10, 2)]
    assert slave.tables["holding"][100] == 7


def test_a_read_and_write_is_one_question() -> None:
    read = [{"address": 10, "count": 2, "write": {"address": 100, "values": [7], "function": 23}}]
    slave = holding(1, 2, first=10)
    device = codec([row(11, "b")], read=read, allow_writes=True)
    assert values(a_round(device, slave, size=1)) == {"b": 2}
    assert slave.asked == [(23, 10, 2)]


def test_where_the_write_fails_the_read_is_not_made() -> None:
    device = codec([row(10, "a"), row(50, "b")], read=WRITTEN, allow_writes=True)
    assert device.ask(0)[1] == 16
    (fault,) = device.feed(b"", NOW)
    assert isinstance(fault, Fault)
    assert fault.quantities == ("a",)
    assert device.ask(1)[1:4] == bytes((3, 0, 50))


# Values that are made of several rows


def test_a_factor_stands_in_another_register() -> None:
    """A CHINT DTSU666 behind transformers of 100:5: current and power count on the secondary side."""
    registers = {6: 10, 7: 20}
    for address, number in ((0x200C, 1675.0), (0x2012, 3850.0)):
        high, low = struct.unpack(">HH", struct.pack(">f", number))
        registers |= {address: high, address + 1: low}
    device = codec(
        [
            row(6, "ratio_u", scale=0.1, hidden=True),
            row(7, "ratio_i", hidden=True),
            row(0x200C, "current_a", type="f32", scale=0.001, times=["ratio_i"]),
            row(0x2012, "active_power", type="f32", scale=0.1, times=["ratio_u", "ratio_i"]),
        ]
    )
    slave = Slave({"holding": registers})
    assert values(a_round(device, slave)) == {"current_a": 33.5, "active_power": 7700.0}
    del slave.tables["holding"][7]
    assert values(a_round(device, slave)) == {"current_a": None, "active_power": None}, "never without its factor"


@pytest.mark.parametrize(
    ("exponent", "value"), [(0, 1234), (-2, 12.34), (2, 123400), (0x8000, None), (11, None), (-11, None)]
)
def test_an_exponent_stands_in_another_register(exponent: int, value: Value | None) -> None:
    device = codec(
        [row(0, "active_power", exponent="sf"), row(1, "sf", type="i16", missing=[0x8000], hidden=True)],
    )
    assert values(a_round(device, holding(1234, exponent & 0xFFFF))) == {"active_power": value}


def test_a_sign_stands_in_another_register() -> None:
    rows = [row(0, "active_power", sign="back"), row(1, "back", type="bit", bit=3, hidden=True)]
    assert values(a_round(codec(rows), holding(50, 8))) == {"active_power": -50}
    assert values(a_round(codec(rows), holding(50, 0))) == {"active_power": 50}


def test_sums_and_differences() -> None:
    rows = [row(number, f"p_{phase}", unit="W", type="i16") for number, phase in enumerate("abc")]
    sums = [
        {"quantity": "active_power", "plus": ["p_a", "p_b", "p_c"]},
        {"quantity": "net", "plus": ["p_a"], "minus": ["p_b", "p_c"], "scale": 0.1, "unit": "W"},
    ]
    device = codec(rows, sums=sums)
    reported = values(a_round(device, holding(100, 0xFFF6, 30)))
    assert (reported["active_power"], reported["net"]) == (120, 8.0)
    assert {each.name for each in DRIVER.quantities(options(rows, sums=sums))} == set(reported)


def test_a_sum_needs_all_its_rows_wherever_they_are_read() -> None:
    rows = [row(0, "a"), row(500, "b"), row(501, "c", missing=[9])]
    sums = [{"quantity": "all", "plus": ["a", "b"]}, {"quantity": "more", "plus": ["b", "c"]}]
    device = codec(rows, sums=sums)
    slave = Slave({"holding": {0: 1, 500: 2, 501: 9}})
    assert values(a_round(device, slave)) == {"a": 1, "b": 2, "c": None, "all": 3, "more": None}
    assert device.ask(0)
    (fault,) = device.feed(b"", NOW)
    assert isinstance(fault, Fault)
    assert fault.quantities == ("a", "all")


def test_what_is_made_of_a_doubtful_value_is_doubtful() -> None:
    device = codec([row(0, "a"), row(1, "b")], sums=[{"quantity": "all", "plus": ["a", "b"]}])
    reported = {
        item.quantity: item.quality for item in a_round(device, holding(1, 0xFFFF)) if isinstance(item, Reading)
    }
    assert reported == {"a": Quality.GOOD, "b": Quality.UNCERTAIN, "all": Quality.UNCERTAIN}


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"registers": [row(0, "a", times=["b"])]}, "registers: a: there is no row 'b'"),
        (
            {"registers": [row(0, "a", exponent="b"), row(1, "b", labels={"1": "on"})]},
            "registers: a: 'b' is no number",
        ),
        (
            {"registers": [row(0, "a", times=["b"]), row(1, "b", times=["c"]), row(2, "c")]},
            "registers: a: 'b' is itself made with other rows",
        ),
        (
            {"registers": [row(0, "a")], "sums": [{"quantity": "a", "plus": ["a"]}]},
            "sums[0].quantity: 'a' is there twice",
        ),
        (
            {"registers": [row(0, "a")], "sums": [{"quantity": "noise", "plus": ["a"], "unit": "lx"}]},
            "sums[0].unit: noise is reported in dB[SPL]; convert it with scale and offset",
        ),
        (
            {"registers": [row(0, "a", type="string", four_quadrant=True)]},
            "registers[0].type: only a number can have a factor, an exponent, a sign or a quadrant",
        ),
    ],
)
def test_wrong_references_are_reported_in_a_sentence(made: dict[str, Any], sentence: str) -> None:
    assert check(msgspec.convert(made, ModbusOptions)) == [sentence]


# Codes for no value


@pytest.mark.parametrize(
    ("kind", "code", "raw"),
    [
        ("i16", 0x8000, "8000"),
        ("i16", -32768, "8000"),
        ("i16", -1, "ffff"),
        ("i16", 0xFFFF, "ffff"),
        ("u16", 65535, "ffff"),
        ("i32", 0x80000000, "80000000"),
        ("u32", 0xFFFFFFFF, "ffffffff"),
        ("i48", 0x800000000000, "800000000000"),
        ("u48", 0xFFFFFFFFFFFF, "ffffffffffff"),
        ("i64", 0x8000000000000000, "8000000000000000"),
        ("sm16", 0x8000, "8000"),
        ("sm16", -1, "8001"),
        ("bcd16", 0xFFFF, "ffff"),
        ("m10k32", 0x80008000, "80008000"),
        ("f32", 0x7F7FFFFF, "7f7fffff"),
        ("f32", -9999.9, "c61c3f9a"),
        ("f32", -9999, "c61c3c00"),
        ("f32", 9999, "461c3c00"),
        ("f64", 1e12, struct.pack(">d", 1e12).hex()),
        ("i8", 0x80, "ff80"),
        ("i8", -128, "0080"),
        ("u8", 255, "12ff"),
        ("u8", 0xFFFF, "ffff"),
        ("string", "N/A", "4e2f4100"),
    ],
)
@pytest.mark.parametrize("order", ["abcd", "badc", "cdab", "dcba"])
def test_a_code_is_found_as_the_manual_writes_it(kind: str, code: Any, raw: str, order: str) -> None:
    data = bytes.fromhex(raw)
    words = [data[at : at + 2] for at in range(0, len(data), 2)]
    words = [word[::-1] for word in words] if order in {"badc", "dcba"} else words
    words = words[::-1] if order in {"cdab", "dcba"} else words
    registers = [int.from_bytes(word, "big") for word in words]
    made = row(0, "a", type=kind, missing=[code], order=order, **({"length": 2} if kind == "string" else {}))
    (item,) = a_round(codec([made]), holding(*registers))
    assert isinstance(item, Fault)
    assert item.code == "not_available"
    plain = {key: value for key, value in made.items() if key != "missing"}
    assert (
        kind in {"bcd16", "m10k32"}
        or raw == "7f7fffff"
        or isinstance(a_round(codec([plain]), holding(*registers))[0], Reading)
    )


def test_a_code_of_a_part_of_a_register_is_that_parts() -> None:
    made = row(0, "a", mask=0xFF00, shift=8, missing=[0xFF])
    assert values(a_round(codec([made]), holding(0x00FF))) == {"a": 0}
    assert values(a_round(codec([made]), holding(0xFF12))) == {"a": None}
    whole = row(0, "a", mask=0xFF00, shift=8, missing=[0xFFFE])
    assert values(a_round(codec([whole]), holding(0xFFFE))) == {"a": None}
    assert values(a_round(codec([whole]), holding(0xFF00))) == {"a": 0xFF}


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            row(0, "a", missing=[65536]),
            "missing: 65536 cannot stand in a 'u16', which holds whole numbers from 0 to 0xFFFF",
        ),
        (row(0, "a", missing=[-1]), "missing: -1 cannot stand in a 'u16', which holds whole numbers from 0 to 0xFFFF"),
        (
            row(0, "a", type="i16", missing=[-32769]),
            "missing: -32769 cannot stand in a 'i16', which holds whole numbers from -32768 to 0xFFFF",
        ),
        (
            row(0, "a", missing=[1.5]),
            "missing: 1.5 cannot stand in a 'u16', which holds whole numbers from 0 to 0xFFFF",
        ),
        (row(0, "a", missing=["NA"]), "missing: 'NA' cannot stand in a 'u16'"),
        (row(0, "a", type="string", missing=[1]), "missing: 1 cannot stand in a 'string'"),
        (row(0, "a", type="bit", bit=1, missing=[1]), "missing: a 'bit' has no value to spare"),
    ],
)
def test_a_code_that_cannot_be_there_is_a_mistake(made: Row, sentence: str) -> None:
    assert check(msgspec.convert({"registers": [made]}, ModbusOptions)) == [f"registers[0].{sentence}"]


@pytest.mark.parametrize(
    ("kind", "raw", "at_once"),
    [
        ("i16", 0x8000, True),
        ("i16", 0x7FFF, True),
        ("i16", 0xFFFF, False),
        ("u16", 0xFFFF, True),
        ("u16", 0x8000, False),
    ],
)
def test_a_register_that_reads_a_usual_code_and_nothing_else_is_suspicious(kind: str, raw: int, at_once: bool) -> None:
    device, slave = codec([row(0, "a", type=kind)]), holding(raw)
    rounds = [a_round(device, slave) for _ in range(CONSTANT_AFTER + 2)]
    first, last = rounds[0][0], rounds[-1][0]
    assert isinstance(first, Reading)
    assert isinstance(last, Reading)
    assert first.quality == (Quality.UNCERTAIN if at_once else Quality.GOOD)
    assert last.quality == Quality.UNCERTAIN
    reported = [item for items in rounds for item in items if isinstance(item, Fault)]
    assert [item.quantities for item in reported] == [("a",)], "said once"
    assert "missing" in reported[0].advice


def test_a_register_that_ever_read_something_else_is_believed_unless_it_is_at_its_end() -> None:
    device, slave = codec([row(0, "a", type="i16"), row(1, "b", type="i16")]), holding(20, 20)
    a_round(device, slave)
    slave.tables["holding"] = {0: 0xFFFF, 1: 0x8000}
    for _ in range(CONSTANT_AFTER + 1):
        items = a_round(device, slave)
    qualities = [item.quality for item in items if isinstance(item, Reading)]
    assert qualities == [Quality.GOOD, Quality.UNCERTAIN]


# Echoes and answers of others


@given(
    unit=st.integers(1, 247),
    function=st.sampled_from(["coil", "discrete", "holding", "input"]),
    address=st.integers(0, 2000),
    count=st.integers(1, 30),
    data=st.data(),
)
def test_our_own_question_is_never_taken_for_its_answer(
    unit: int, function: str, address: int, count: int, data: st.DataObject
) -> None:
    bits = function in {"coil", "discrete"}
    kind = {"function": function, "type": "bool" if bits else "u16"}
    rows = [row(address + number, f"q{number}", **kind) for number in range(count)]
    stored = {address + number: data.draw(st.integers(0, 1 if bits else 65535)) for number in range(count)}
    device, slave = codec(rows, unit=unit), Slave({function: stored}, unit=unit)
    question = device.ask(0)
    assert not device.feed(question, NOW), "the echo alone is no answer"
    reported = [*device.feed(slave.answer(question), NOW)]
    assert values(reported) == {f"q{number}": stored[address + number] for number in range(count)}


def test_an_answer_that_reads_like_its_question_is_asked_for_in_parts() -> None:
    rows = [row(768 + number, f"c{number}", function="coil", type="bool") for number in range(24)]
    stored = {768 + number: int(number in {19, 20}) for number in range(24)}
    device, slave = codec(rows), Slave({"coil": stored})
    assert slave.answer(device.ask(0)) == device.ask(0)
    assert values(a_round(device, slave)) == dict.fromkeys([f"c{number}" for number in range(24)])
    assert values(a_round(device, slave)) == {f"c{number}": stored[768 + number] for number in range(24)}


@given(st.binary(max_size=60), st.integers(0, 400))
def test_frames_of_other_units_functions_and_lengths_give_no_value(noise: bytes, place: int) -> None:
    device = codec([row(0, "a", type="u32")])
    device.ask(0)
    bodies = [
        bytes((2, 3, 4, 0, 1, 0, 2)),
        bytes((1, 4, 4, 0, 1, 0, 2)),
        bytes((1, 3, 2, 0, 1)),
        bytes((1, 3, 6)) + bytes(6),
    ]
    received = b"".join(body + crc16_modbus(body).to_bytes(2, "little") for body in bodies)
    cut = place % len(received)
    items = [*device.feed(received[:cut] + noise + received[cut:], NOW), *device.feed(b"", NOW)]
    assert not [item for item in items if isinstance(item, Reading)]


# Asking so that an answer cannot be confused with another


@pytest.mark.parametrize("function", ["coil", "discrete", "holding", "input"])
@given(address=st.integers(0, 300), count=st.integers(1, 30), way=st.integers(1, 3))
def test_a_wider_question_gives_the_same_values_and_another_mark(
    function: str, address: int, count: int, way: int
) -> None:
    bits = function in {"coil", "discrete"}
    rows = [
        row(address + number, f"q{number}", function=function, type="bool" if bits else "u16")
        for number in range(count)
    ]
    stored = {address + number: number % 2 for number in range(count + 40)}
    device, slave = codec(rows), Slave({function: stored})
    device.ask(0)
    plain = device.mark
    question = device.otherwise(0, way)
    answer = slave.answer(question)
    assert device.mark
    assert plain
    assert device.mark.answer != plain.answer
    assert list(device.answers_in(b"\x00" + answer)) == [device.mark.answer]
    assert values([*device.feed(answer, NOW)]) == {f"q{number}": number % 2 for number in range(count)}


def test_a_refusal_of_a_wider_question_splits_nothing() -> None:
    device, slave = codec([row(0, "a"), row(1, "b")]), holding(1, 2)
    device.ask(0)
    question = device.otherwise(0, 1)
    (fault,) = device.feed(slave.answer(question), NOW)
    assert isinstance(fault, Fault)
    assert fault.code == "exception"
    assert values(a_round(device, slave)) == {"a": 1, "b": 2}
    assert slave.asked[-1] == (3, 0, 2)


def test_there_is_no_wider_question_past_the_end_nor_of_a_block_that_is_read_whole() -> None:
    assert codec([row(65535, "a")]).otherwise(0, 1) == b""
    assert codec([row(0, "a")], read=[{"address": 0, "count": 4}]).otherwise(0, 1) == b""
    assert codec([row(0, "a")]).otherwise(0, 17) == b""


def test_no_wider_question_asks_for_more_than_max_registers() -> None:
    rows = [row(0, "a"), row(1, "b")]
    assert codec(rows, max_registers=2).otherwise(0, 1) == b""
    assert codec(rows, max_registers=3).otherwise(0, 1) != b""
    assert codec(rows, max_registers=3).otherwise(0, 2) == b""


def test_a_factor_that_is_asked_for_once_more_counts_as_it_was_read_last() -> None:
    """An answer that is not believed, or a time-out, is followed by the same question."""
    device = codec([row(0, "current_a", times=["ratio"]), row(500, "ratio", hidden=True)])
    late, right = Slave({"holding": {0: 10, 500: 7}}), Slave({"holding": {0: 10, 500: 3}})
    items: list[Item] = []
    for step, slave in ((0, right), (1, late), (1, right)):
        items = [*device.feed(slave.answer(device.ask(step)), NOW)]
    assert values(items) == {"current_a": 30}
    device.ask(0)
    device.feed(b"", NOW)
    device.feed(right.answer(device.ask(0)), NOW)
    assert values([*device.feed(right.answer(device.ask(1)), NOW)]) == {"current_a": 30}


# Further ways of makers to write a number


def test_a_raw_value_stands_for_a_number_and_for_none_where_it_is_not_listed() -> None:
    rows = [row(0, "level", unit="m", times=["metres"]), row(1, "metres", numbers={"1": 0.01, "2": 0.001}, hidden=True)]
    assert values(a_round(codec(rows), holding(250, 1))) == {"level": 2.5}
    assert values(a_round(codec(rows), holding(250, 2))) == {"level": 0.25}
    assert values(a_round(codec(rows), holding(250, 5))) == {"level": None}


def test_pulses_are_divided_by_what_the_device_says_and_never_by_nothing() -> None:
    rows = [row(0, "active_energy", type="u32", divided_by=["constant"]), row(2, "constant", hidden=True)]
    assert values(a_round(codec(rows), holding(0, 1600, 800))) == {"active_energy": 2.0}
    assert values(a_round(codec(rows), holding(0, 1600, 0))) == {"active_energy": None}


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        ({"address": 0, "count": 126}, "count: at most 125 of holding can be read at once"),
        (
            {"address": 0, "count": 1, "write": {"address": 9, "values": [1, 2], "function": 6}},
            "write: function 6 writes one register; take 16 for several",
        ),
        (
            {"address": 0, "count": 1, "function": "input", "write": {"address": 9, "values": [1], "function": 23}},
            "write: function 23 reads holding registers only",
        ),
    ],
)
def test_a_block_that_the_protocol_does_not_allow_is_a_mistake(read: Row, sentence: str) -> None:
    made = msgspec.convert({"registers": [row(0, "a")], "read": [read], "allow_writes": True}, ModbusOptions)
    assert check(made) == [f"read[0].{sentence}"]
