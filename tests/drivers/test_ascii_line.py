"""A pattern of the settings cannot hang the agent."""

from __future__ import annotations

import msgspec
import pytest

from agent.api import Fault, FaultCode, Reading
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
