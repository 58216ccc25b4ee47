"""Registers as rows: number types, word orders, scaling, merging, and what is said about wrong rows."""

from __future__ import annotations

import struct
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.api import Fault, Quality, Reading, Value, crc16_modbus
from drivers._block import RegisterBlock
from drivers._modbus import ModbusOptions, blocks, check
from drivers._registers import Register
from drivers.modbus_rtu import DRIVER
from tests.drivers.cases import NOW

ORDERS = ("abcd", "dcba", "badc", "cdab")
CODES = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}


def on_wire(big_endian: bytes, order: str) -> bytes:
    """The definition of the four orders, as independently of the driver as it can be said."""
    words = [big_endian[at : at + 2] for at in range(0, len(big_endian), 2)]
    if order in {"dcba", "cdab"}:
        words.reverse()
    if order in {"dcba", "badc"}:
        words = [word[::-1] for word in words]
    return b"".join(words)


def row(**fields: object) -> Register:
    return msgspec.convert({"address": 0, "quantity": "a", **fields}, Register)


def read(register: Register, data: bytes) -> Value:
    (item,) = RegisterBlock("x", [register]).decode(data, NOW)
    assert isinstance(item, Reading), item
    return item.value


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", ["u16", "i16", "u32", "i32", "u64", "i64"])
@given(data=st.data())
def test_integers_are_exact_in_every_order(kind: str, order: str, data: st.DataObject) -> None:
    bits = int(kind[1:])
    low = -(2 ** (bits - 1)) if kind[0] == "i" else 0
    number = data.draw(st.integers(low, low + 2**bits - 1))
    value = read(row(type=kind, order=order), on_wire(struct.pack(">" + CODES[kind], number), order))
    assert value == number
    assert type(value) is int


@pytest.mark.parametrize("order", ORDERS)
@given(number=st.floats(-1e15, 1e15, allow_subnormal=False))
def test_doubles_are_exact_in_every_order(order: str, number: float) -> None:
    assert read(row(type="f64", order=order), on_wire(struct.pack(">d", number), order)) == number


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("number", [9.96921e36, 9.91e37, -9.91e37, 1e38, 3.4028234663852886e38, 1.797e308])
def test_a_double_as_large_as_the_code_of_a_single_is_no_measurement(number: float, order: str) -> None:
    (item,) = RegisterBlock("x", [row(type="f64", order=order)]).decode(on_wire(struct.pack(">d", number), order), NOW)
    assert isinstance(item, Fault)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("u48", "ffffffffffff"),
        ("i48", "800000000000"),
        ("i48", "7fffffffffff"),
        ("sm16", "7fff"),
        ("sm16", "ffff"),
        ("sm32", "7fffffff"),
        ("sm32", "ffffffff"),
    ],
)
def test_the_ends_of_a_type_are_doubted(kind: str, pattern: str, order: str) -> None:
    (item,) = RegisterBlock("x", [row(type=kind, order=order)]).decode(on_wire(bytes.fromhex(pattern), order), NOW)
    assert isinstance(item, Reading)
    assert item.quality is Quality.UNCERTAIN


@pytest.mark.parametrize(("kind", "pattern"), [("sm16", "8000"), ("sm32", "80000000")])
def test_the_negative_zero_of_a_sign_and_magnitude_is_a_zero(kind: str, pattern: str) -> None:
    block = RegisterBlock("x", [row(type=kind)])
    for _ in range(30):
        (item,) = block.decode(bytes.fromhex(pattern), NOW)
        assert isinstance(item, Reading)
        assert (item.value, item.quality) == (0, Quality.GOOD)


@pytest.mark.parametrize("order", ORDERS)
@given(number=st.floats(-(2.0**49), 2.0**49, width=32, allow_subnormal=False))
def test_singles_are_reported_by_their_shortest_decimal(order: str, number: float) -> None:
    value = read(row(type="f32", order=order), on_wire(struct.pack(">f", number), order))
    assert isinstance(value, float)
    assert struct.pack(">f", value) == struct.pack(">f", number)
    assert len(repr(abs(value)).replace(".", "").split("e")[0].strip("0")) <= 9


@pytest.mark.parametrize(
    ("fields", "data", "value"),
    [
        ({"scale": 0.1}, "00ea", 23.4),
        ({"scale": 0.1, "type": "i16"}, "fff6", -1.0),
        ({"scale": 0.001}, "0001", 0.001),
        ({"scale": 0.1, "offset": -40.0}, "020b", 12.3),
        ({"scale": 10.0}, "0007", 70),
        ({"scale": 10.0, "offset": 5.0, "type": "u64"}, "0fffffffffffffff", 11529215046068469755),
        ({"scale": -1.0}, "0007", -7),
        ({"scale": 0.15}, "0002", 0.3),
        ({"mask": 0xFF00, "shift": 8}, "1234", 0x12),
        ({"shift": 12}, "f234", 15),
        ({"type": "bit", "bit": 3}, "0008", 1),
        ({"type": "bit", "bit": 2}, "0008", 0),
        ({"type": "bit", "bit": 0, "labels": {"0": "shut", "1": "open"}}, "0001", "open"),
        ({"type": "bcd16", "scale": 0.01}, "2501", 25.01),
        ({"type": "bcd32"}, "00012345", 12345),
        ({"type": "string", "length": 3}, "4142432000ff", "ABC"),
        ({"labels": {"3": "three"}}, "0003", "three"),
    ],
)
def test_a_value_is_what_the_row_says(fields: dict[str, object], data: str, value: Value) -> None:
    reported = read(row(**fields), bytes.fromhex(data))
    assert reported == value
    assert type(reported) is type(value)


@pytest.mark.parametrize(
    ("fields", "data", "code"),
    [
        ({"missing": [65535]}, "ffff", "not_available"),
        ({"type": "i16", "missing": [-1], "scale": 0.1}, "ffff", "not_available"),
        ({"type": "f32"}, "7fc00000", "not_available"),
        ({"type": "f32"}, "7f800000", "out_of_range"),
        ({"type": "f64"}, "fff0000000000000", "out_of_range"),
        ({"type": "f64"}, "0000000000804073", "out_of_range"),
        ({"type": "f32"}, "000041ac", "out_of_range"),  # 21.5 and 230.0, the words exchanged
        ({"type": "f32"}, "00004366", "out_of_range"),
        ({"type": "f32", "order": "cdab"}, "41ac0000", "out_of_range"),
        ({"type": "f32"}, "7cf00000", "out_of_range"),
        ({"type": "bcd16"}, "00a0", "out_of_range"),
        ({"labels": {"3": "three"}}, "0004", "out_of_range"),
    ],
)
def test_what_has_no_value_is_a_fault_and_never_a_number(fields: dict[str, object], data: str, code: str) -> None:
    (item,) = RegisterBlock("x", [row(**fields)]).decode(bytes.fromhex(data), NOW)
    assert isinstance(item, Fault)
    assert item.code == code
    assert item.quantities == ("a",)


def asked(registers: list[tuple[int, str]], **options: object) -> list[tuple[int, int]]:
    table = [{"address": address, "type": kind, "quantity": f"q{address}"} for address, kind in registers]
    return [(each.address, each.count) for each in blocks("x", made(registers=table, **options))]


def made(**options: object) -> ModbusOptions:
    return msgspec.convert(options, ModbusOptions)


def test_neighbours_share_a_question_up_to_the_limit_of_the_device() -> None:
    assert asked([(0, "u16"), (1, "f32"), (3, "u16")]) == [(0, 4)]
    assert asked([(number, "u16") for number in range(300)]) == [(0, 125), (125, 125), (250, 50)]
    assert asked([(0, "u16"), (1, "f32"), (3, "u16")], max_registers=3) == [(0, 3), (3, 1)]
    assert asked([(3, "u16"), (0, "u64")], max_registers=4) == [(0, 4)], "overlapping rows are one block"


def test_a_hole_is_read_along_only_where_that_is_allowed() -> None:
    assert asked([(0, "u16"), (5, "u16")]) == [(0, 1), (5, 1)]
    assert asked([(0, "u16"), (5, "u16")], max_gap=4) == [(0, 6)]
    assert asked([(0, "u16"), (5, "u16")], max_gap=3) == [(0, 1), (5, 1)]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["u16", "u32", "u64"])), min_size=1, max_size=30),
    st.integers(4, 20),
    st.integers(0, 5),
)
def test_every_register_is_read_exactly_once_whatever_the_merging(
    registers: list[tuple[int, str]], most: int, gap: int
) -> None:
    table = [
        {"address": address, "type": kind, "quantity": f"q{number}"} for number, (address, kind) in enumerate(registers)
    ]
    memory = bytes(range(256))
    values: dict[str, Value] = {}
    for block in blocks("x", made(registers=table, max_registers=most, max_gap=gap)):
        assert block.count <= most
        items = block.decode(memory[block.address * 2 : (block.address + block.count) * 2], NOW)
        for item in items:
            assert isinstance(item, Reading)
            assert item.quantity not in values
            values[item.quantity] = item.value
    widths = {"u16": 2, "u32": 4, "u64": 8}
    for number, (address, kind) in enumerate(registers):
        assert values[f"q{number}"] == int.from_bytes(memory[address * 2 : address * 2 + widths[kind]], "big")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "registers: name the registers to read, or a profile"),
        ({"unit": 0, "profile": "tilt_dual"}, "unit: 0 is no address of a device; use 1 to 247"),
        (
            {"profile": "tilt_duel"},
            "profile: there is no profile 'tilt_duel'; did you mean tilt_dual, or give the path of a file",
        ),
        (
            {"registers": [{"address": 0, "quantity": "temperature", "unit": "1"}]},
            "registers[0].unit: temperature is reported in Cel; convert it with scale and offset",
        ),
        (
            {"registers": [{"address": 0, "quantity": "a"}, {"address": 1, "quantity": "a"}]},
            "registers[1].quantity: 'a' is there twice",
        ),
        (
            {"profile": "tilt_dual", "registers": [{"address": 9, "quantity": "tilt_x"}]},
            "registers[0].quantity: 'tilt_x' is there twice",
        ),
        (
            {"registers": [{"address": 0, "quantity": "a", "type": "bool"}]},
            "registers[0].type: 'bool' goes with function 'coil' or 'discrete', and nothing else does",
        ),
        (
            {"registers": [{"address": 0, "quantity": "a", "type": "bit"}]},
            'registers[0].bit: give the bit\'s number together with type = "bit", and only there',
        ),
        (
            {"registers": [{"address": 0, "quantity": "a", "type": "f32", "mask": 1}]},
            "registers[0].type: mask and shift are for integers, not for 'f32'",
        ),
        (
            {"registers": [{"address": 0, "quantity": "a", "labels": {"on": "on"}}]},
            "registers[0].labels: the keys are raw integers",
        ),
        (
            {"registers": [{"address": 0, "quantity": "a", "type": "f32", "labels": {"1": "on"}}]},
            "registers[0].labels: they are for integers, not for 'f32'",
        ),
        (
            {"registers": [{"address": 65534, "quantity": "a", "type": "u64"}]},
            "registers[0].address: it ends past 65535",
        ),
        (
            {"max_registers": 2, "registers": [{"address": 0, "quantity": "a", "type": "u64"}]},
            "registers[0].type: 4 registers do not fit into max_registers",
        ),
    ],
)
def test_wrong_options_are_reported_in_a_sentence(options: dict[str, object], sentence: str) -> None:
    assert DRIVER.check
    assert list(DRIVER.check(made(**options))) == [sentence]


def test_a_profile_of_ones_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    text = 'summary = "s"\nsource = "s"\nregisters = [{ address = 3, quantity = "rain" }]\n'
    path.write_text(text)
    assert [block.address for block in blocks("x", made(profile=str(path)))] == [3]
    path.write_text(text + "colour = 1\n")
    (sentence,) = check(made(profile=str(path)))
    assert "unknown field `colour`" in sentence


@pytest.mark.parametrize(
    ("kind", "code", "data", "is_value"),
    [
        ("bcd32", 99999999, "99999999", False),  # the manual says 99999999, or 0x99999999
        ("bcd32", 0x99999999, "99999999", False),
        ("bcd32", 0xFFFFFFFF, "ffffffff", False),
        ("bcd16", 9999, "9999", False),
        ("bcd16", 9999, "9998", True),
        ("bcd16", 0x9999, "9999", False),
        ("bcd64", 9999999999999999, "9" * 16, False),
        ("bcd32", 0, "00000000", False),
        ("bcd32", 0x9999, "00039321", True),  # and not the number that 0x9999 is in decimal
    ],
)
def test_a_code_of_a_bcd_register_is_its_digits_or_its_bits(kind: str, code: int, data: str, is_value: bool) -> None:
    (item,) = RegisterBlock("x", [row(type=kind, missing=[code])]).decode(bytes.fromhex(data), NOW)
    assert isinstance(item, Reading) == is_value


def test_all_bits_of_a_register_modulo_10_000_are_doubtful() -> None:
    (item,) = RegisterBlock("x", [row(type="m10k32")]).decode(b"\xff" * 4, NOW)
    assert isinstance(item, Reading)
    assert item.quality is Quality.UNCERTAIN


def test_a_scale_of_0_is_a_mistake() -> None:
    table = {
        "registers": [{"address": 0, "quantity": "a", "scale": 0}],
        "sums": [{"quantity": "s", "plus": ["a"], "scale": 0}],
    }
    found = check(msgspec.convert(table, ModbusOptions))
    assert found == [
        "registers[0].scale: 0 leaves nothing of the number",
        "sums[0].scale: 0 leaves nothing of the number",
    ]


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"mask": 0x0F, "shift": 4}, False),  # meant was 0xF0, or no shift
        ({"shift": 16}, False),
        ({"mask": 0xF0000}, False),
        ({"type": "u8", "shift": 8}, False),
        ({"type": "u8", "mask": 0xF0, "shift": 4}, True),
        ({"mask": 0xF0, "shift": 4}, True),
        ({"shift": 15}, True),
        ({"type": "u32", "shift": 16}, True),
    ],
)
def test_a_mask_and_a_shift_that_leave_nothing_are_a_mistake(fields: dict[str, object], good: bool) -> None:
    found = check(ModbusOptions(registers=(row(**fields),)))
    assert (not found) == good
    assert good or "leave no bit" in found[0]


@pytest.mark.parametrize(
    ("address", "function", "exception", "hint"),
    [(40010, "holding", 2, "the address is 9"), (30001, "input", 2, "the address is 0"), (40010, "holding", 3, ""),
     (40010, "input", 2, ""), (9, "holding", 2, "")],
)  # fmt: skip
def test_a_refused_register_of_the_manual_s_numbers_says_what_its_address_is(
    address: int, function: str, exception: int, hint: str
) -> None:
    options = ModbusOptions(registers=(row(address=address, function=function),))
    codec = DRIVER.codec("x", options)
    codec.ask(0)
    body = bytes((1, (3 if function == "holding" else 4) | 0x80, exception))
    (fault,) = codec.feed(body + crc16_modbus(body).to_bytes(2, "little"), NOW)
    assert isinstance(fault, Fault)
    assert hint in fault.advice
    assert bool(fault.advice) == bool(hint)


def test_a_profile_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"\xff\xfe\x00")
    (found,) = check(ModbusOptions(profile=str(tmp_path / "p.toml")))
    assert str(tmp_path) in found


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("kind", "code"), [("i16", "h"), ("i32", "i"), ("i64", "q"), ("f32", "f"), ("f64", "d")])
@pytest.mark.parametrize("number", [-9999, -99999])
def test_nines_that_nobody_explains_are_doubtful_at_once(number: int, kind: str, code: str, order: str) -> None:
    if kind == "i16" and (number < -32768 or order in {"cdab", "dcba"}):
        return
    for near, quality in ((number, Quality.UNCERTAIN), (number + 1, Quality.GOOD)):
        data = on_wire(struct.pack(">" + code, near), order)
        for listed in ([], [7]):
            (item,) = RegisterBlock("x", [row(type=kind, order=order, missing=listed)]).decode(data, NOW)
            assert isinstance(item, Reading)
            assert item.value == near
            assert item.quality is (Quality.GOOD if listed else quality)


def test_nines_of_sign_and_magnitude_are_doubtful_too() -> None:
    (item,) = RegisterBlock("x", [row(type="sm16")]).decode((0x8000 | 9999).to_bytes(2, "big"), NOW)
    assert isinstance(item, Reading)
    assert (item.value, item.quality) == (-9999, Quality.UNCERTAIN)
