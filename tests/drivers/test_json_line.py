"""What may stand before an object in a line, and that a piece of an object is no object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.api import Fault, FaultCode, Reading
from drivers._sentences import LINE_NO_JSON
from drivers.json_line import ABSENT, TWICE, JsonOptions, Place, parse
from tests.drivers.cases import DRIVERS, NOW

WHOLE = {"t": 26.4, "in": {"t": 99, "n": "a b"}, "list": [{"t": 1}, {"t": 2}]}


@pytest.mark.parametrize("before", ["", "12:03 > ", "[12:03:04] ", "INFO: ", "\x00"])
def test_a_prompt_or_a_time_may_stand_before_an_object(before: str) -> None:
    assert parse(before.encode() + b'{"t": 26.4}') == {"t": 26.4}


@given(begin=st.integers(0, 80), end=st.integers(0, 80))
def test_a_piece_of_an_object_is_never_taken_for_the_whole(begin: int, end: int) -> None:
    line = json.dumps(WHOLE).encode()
    piece = line[min(begin, len(line)) : max(0, len(line) - end)]
    reported = parse(piece)
    assert not isinstance(reported, dict) or reported == json.loads(piece), "nothing shows that it is a piece"


@pytest.mark.parametrize("line", [b'"indoor": {"t": 99}, "t": 2', b't": 26.4, "in": {"t": 99},', b'}, {"t": 5}]'])
def test_what_is_left_of_a_damaged_line_is_none(line: bytes) -> None:
    assert parse(line) is ABSENT


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('{"t": 1, "t": 2}', {"t": TWICE}),
        ('{"t": 1, "t": 2, "t": 2}', {"t": TWICE}),
        ('{"t": 1, "t": 1}', {"t": 1}),
        ('{"t": 1, "in": {"t": 2}}', {"t": 1, "in": {"t": 2}}),
        ('{"in": {"t": 1, "t": 2}, "t": 3}', {"in": {"t": TWICE}, "t": 3}),
        ('{"in": {"t": 1}, "in": {"t": 2}}', {"in": TWICE}),
        (r'{"t": 1, "\u0074": 2}', {"t": TWICE}),
        (r'{"\u0074": 1, "\u0074": 1}', {"t": 1}),
        (r'{"in": {"a/t": 1, "a\/t": 2}}', {"in": {"a/t": TWICE}}),
        (r'{"say": "\u0074", "t": 2}', {"say": "t", "t": 2}),
        (r'{"a\"t": 1, "t": 2, "say": "\"t\": 3"}', {'a"t': 1, "t": 2, "say": '"t": 3'}),
    ],
)
def test_a_key_that_is_given_twice_has_no_value(line: str, value: object) -> None:
    assert parse(line.encode()) == value


def test_two_values_under_one_key_are_a_fault() -> None:
    codec = DRIVERS["json_line"].codec("x", JsonOptions(values={"temperature": Place(path="in/t")}))
    for line in (b'{"in": {"t": 1, "t": 2}}\n', b'{"in": {"t": 1}, "in": {"t": 2}}\n'):
        (item,) = codec.feed(line, NOW)
        assert isinstance(item, Fault)
        assert item.quantities == ("temperature",)


def test_an_asked_device_that_repeats_the_question_is_read() -> None:
    codec = DRIVERS["json_line"].codec("x", JsonOptions(values={"temperature": Place(path="t")}, question="Q?\n"))
    codec.ask(0)
    (item,) = codec.feed(b'Q?\r\n{"t": 21.5}\r\n', NOW)
    assert isinstance(item, Reading)
    assert item.value == 21.5
    codec.ask(0)
    assert codec.feed(b"Q?\r\n", NOW) == []
    (fault,) = codec.feed(b"", NOW)
    assert isinstance(fault, Fault)
    assert fault.code is FaultCode.BAD_FRAME
    assert fault.text == str(LINE_NO_JSON())
