"""What may stand before an object in a line, and that a piece of an object is no object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.json_line import ABSENT, parse

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
