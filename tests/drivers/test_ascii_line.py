"""A pattern of the settings cannot hang the agent."""

from __future__ import annotations

import msgspec
import pytest

from agent.api import Fault, FaultCode, Quality, Reading, Stamp
from drivers.ascii_line import AsciiOptions, check, repeats_a_repeat
from drivers.json_line import JsonOptions
from tests.drivers.cases import DRIVERS, NOW


@pytest.mark.parametrize(
    "pattern", ["(?P<x>([0-9]+)*)x", "(?:a*)+", "((a+)b?)*", "(a{1,9}){2,}", "(?:[0-9]+){30}", r"(\)+)+", "([)]+)+"]
)
def test_a_repeat_of_a_repeat_is_seen(pattern: str) -> None:
    assert repeats_a_repeat(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "D=(?P<distance>[0-9.]+)m L=(?P<water_level>-?[0-9.]+)m",
        r"(?P<x>\d+(?:\.\d+)?)",
        r"(\+)+x",
        "([+*])+",
        "(?:[0-9]{2}){3}",
        "(?:,[0-9]+)*+",
        "a{b+}",
        "(?=a+)b*",
        "[(+]+",
    ],
)
def test_other_patterns_are_left_alone(pattern: str) -> None:
    assert not repeats_a_repeat(pattern)


def test_it_is_a_mistake_of_the_settings() -> None:
    assert check(AsciiOptions(pattern="(?P<distance>([0-9]+)*)x"))[0].startswith("pattern: it repeats")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('{"t": -nan(ind)}', None),
        ('{"t": 1.#QNAN}', None),
        ('{"t": -Infinity}', None),
        ('{"t": None}', None),
        ('{"t": "nan"}', None),
        ('{"t": ""}', None),
        ('{"t": false}', None),
        ('{"note": "nan \\" inf", "t": 21.5}', 21.5),
        ('{"t": "21.5"}', 21.5),
    ],
)
def test_what_firmware_writes_for_no_number_is_no_value(line: str, value: float | None) -> None:
    codec = DRIVERS["json_line"].codec("x", msgspec.convert({"values": {"temperature": {"path": "t"}}}, JsonOptions))
    (item,) = codec.feed(line.encode() + b"\n", NOW)
    if isinstance(item, Fault):
        assert item.code is FaultCode.NOT_AVAILABLE
    assert (item.value if isinstance(item, Reading) else None) == value


VALUES = {"temperature": {"path": "t", "missing": ["-999", "65535"]}}
TEXT = {"pattern": r"T=(?P<temperature>\S+)", "values": {"temperature": {"missing": ["-999", "65535"]}}}


@pytest.mark.parametrize("text", ["-999", "-999.0", "-999.00", "-9.99e2", "65535", "65535.0"])
def test_a_number_for_no_value_is_one_however_it_is_written(text: str) -> None:
    lines = DRIVERS["ascii_line"].codec("x", msgspec.convert(TEXT, AsciiOptions))
    objects = DRIVERS["json_line"].codec("x", msgspec.convert({"values": VALUES}, JsonOptions))
    items = [*lines.feed(f"T={text}\n".encode(), NOW), *objects.feed(f'{{"t": {text}}}\n'.encode(), NOW)]
    assert [type(item) for item in items] == [Fault, Fault]


def test_a_text_is_no_value_of_what_has_a_unit() -> None:
    values = {"state": {"path": "s"}, "battery": {"path": "b", "unit": "V"}}
    codec = DRIVERS["json_line"].codec("x", msgspec.convert({"values": values}, JsonOptions))
    state, battery = codec.feed(b'{"s": "low", "b": "3.3V"}\n', NOW)
    assert isinstance(state, Reading)
    assert state.value == "low"
    assert isinstance(battery, Fault)


def test_the_first_line_on_an_open_port_may_be_the_end_of_one() -> None:
    codec = DRIVERS["ascii_line"].codec("x", AsciiOptions(pattern=r"(?P<temperature>[0-9.]+) C"))
    for begin in (b"1.5 C\r\n", b"\n"):
        assert codec.ask(0) == b""
        assert codec.feed(begin, NOW) == []
        (item,) = codec.feed(b"21.5 C\r\n2", NOW)
        assert isinstance(item, Reading)
        assert item.value == 21.5


def test_what_came_before_a_port_was_lost_is_of_no_line_after_it() -> None:
    codec = DRIVERS["json_line"].codec("x", msgspec.convert({"values": {"temperature": {"path": "t"}}}, JsonOptions))
    codec.feed(b'{"n": 1, ', NOW)
    assert codec.ask(0) == b""
    (item,) = codec.feed(b'"t": 7}\n', NOW)
    assert isinstance(item, Fault)


def test_a_scale_of_0_is_a_mistake() -> None:
    options = msgspec.convert({"pattern": "(?P<distance>[0-9]+)", "values": {"distance": {"scale": 0}}}, AsciiOptions)
    assert check(options) == ["values: distance.scale: 0 leaves nothing of the number"]


def test_a_path_that_no_object_has_is_named_with_those_that_there_are() -> None:
    values = {"temperature": {"path": "temp"}, "humidity": {"path": "in/h"}}
    codec = DRIVERS["json_line"].codec("x", msgspec.convert({"values": values}, JsonOptions))
    line = b'{"t": 21.5, "in": {"h": 40}, "list": [1]}\n'
    assert all(isinstance(item, Reading) for item in codec.feed(line * 9, NOW))
    _, fault = codec.feed(line, NOW)
    assert isinstance(fault, Fault)
    assert fault.quantities == ("temperature",)
    assert fault.text == "none of 10 objects had 'temp'; what comes has t, in/h, list/0"
    assert [type(item) for item in codec.feed(b'{"temp": 21.5}\n' + line, NOW)] == [Reading, Reading]


def test_a_pattern_that_matches_no_line_is_said_with_one_of_them() -> None:
    codec = DRIVERS["ascii_line"].codec("x", AsciiOptions(pattern=r"T=(?P<temperature>[0-9.]+)"))
    assert codec.feed(b"\xff\x80\n" * 99, NOW) == [], "rubbish is for the line to explain"
    assert codec.feed(b"TEMP 21.5\n" * 9, NOW) == []
    (fault,) = codec.feed(b"TEMP 21.5\n", NOW)
    assert isinstance(fault, Fault)
    assert fault.text == "the pattern has matched no line so far, such as 'TEMP 21.5'"
    assert [type(item) for item in codec.feed(b"T=1.5\n" + b"TEMP 21.5\n" * 99, NOW)] == [Reading]


@pytest.mark.parametrize(("listed", "quality"), [([], Quality.UNCERTAIN), (["-1"], Quality.GOOD)])
def test_nines_that_nobody_explains_are_doubtful(listed: list[str], quality: Quality) -> None:
    values = {"temperature": {"path": "t", "missing": listed, "scale": 0.1}}
    codec = DRIVERS["json_line"].codec("x", msgspec.convert({"values": values}, JsonOptions))
    near, exact = codec.feed(b'{"t": -9998}\n{"t": -9999.0}\n', NOW)
    assert isinstance(near, Reading)
    assert isinstance(exact, Reading)
    assert (near.quality, exact.quality) == (Quality.GOOD, quality)


def test_a_server_that_sends_one_line_to_who_connects_and_hangs_up_is_read() -> None:
    codec = DRIVERS["ascii_line"].codec("x", AsciiOptions(pattern=r"T=(?P<temperature>[0-9.]+)"))
    found = []
    for _ in range(3):
        codec.ask(0)
        found.append(len(codec.feed(b"T=21.5\r\n", NOW)))
    assert found == [0, 1, 1]


def test_an_asked_device_whose_first_lines_fit_nothing_is_read_once_one_fits() -> None:
    """The hint ends no turn: behind the echo, or another line, the answer may come."""
    codec = DRIVERS["ascii_line"].codec("x", AsciiOptions(pattern="^D=(?P<distance>.....)m$", question="Q?\r\n"))
    for _ in range(5):
        codec.ask(0)
        assert codec.feed(b"Q?\r\nNOT READY\r\n", NOW) == []
        assert codec.waiting
        (fault,) = codec.feed(b"", NOW)
    assert isinstance(fault, Fault)
    assert fault.code is FaultCode.BAD_FRAME, "whatever talks there, it is not this device"
    assert fault.text == "the pattern has matched no line so far, such as 'NOT READY'"
    assert fault.advice
    for _ in range(3):
        codec.ask(0)
        (item,) = codec.feed(b"Q?\r\nD=2.345m\r\n", NOW)
        assert isinstance(item, Reading)
        assert not codec.waiting


def test_an_asked_device_of_which_one_path_never_comes_gives_the_others() -> None:
    values = {"temperature": {"path": "t"}, "humidity": {"path": "h"}}
    codec = DRIVERS["json_line"].codec("x", msgspec.convert({"values": values, "question": "Q\r\n"}, JsonOptions))
    found = []
    for _ in range(8):
        codec.ask(0)
        found.append([type(item) for item in codec.feed(b'{"fw": "1.2"}\n{"t": 21.5}\n', NOW)])
    assert found == [[Reading]] * 4 + [[Reading, Fault]] * 4
    codec.ask(0)
    assert codec.feed(b'{"fw": "1.2"}\n', NOW) == []
    (fault,) = codec.feed(b"", NOW)
    assert isinstance(fault, Fault)
    assert fault.code is FaultCode.BAD_FRAME


@pytest.mark.parametrize("sent", [b"T=21.5\r\nx=3\r\n", b"x=3\r\nT=21.5\r\n", b"T=21.5\r\nx=3\r\ny=4\r\n"])
def test_a_server_that_sends_a_few_lines_and_hangs_up_is_read_from_the_first_on(sent: bytes) -> None:
    codec = DRIVERS["ascii_line"].codec("x", AsciiOptions(pattern=r"T=(?P<temperature>[0-9.]+)"))
    found = []
    for _ in range(3):
        codec.ask(0)
        found.append(len([*codec.feed(sent[:4], NOW), *codec.feed(sent[4:], NOW)]))
    assert found[1:] == [1, 1]


@pytest.mark.parametrize("apart_s", [1.0, 60.0])
def test_the_first_line_is_passed_over_where_a_device_that_talks_on_was_lost(apart_s: float) -> None:
    """A few whole lines, but one after another: what comes first on the port that is opened anew may be half a line."""
    codec = DRIVERS["ascii_line"].codec("x", AsciiOptions(pattern=r"(?P<temperature>[0-9.]+) C"))
    codec.ask(0)
    for number in range(3):
        codec.feed(b"21.5 C\r\n", Stamp(NOW.utc, NOW.boot_s + number * apart_s))
    codec.ask(0)
    assert codec.feed(b"1.5 C\r\n", NOW) == []
