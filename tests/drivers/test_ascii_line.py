"""A pattern of the settings cannot hang the agent."""

from __future__ import annotations

import pytest

from drivers.ascii_line import AsciiOptions, check, repeats_a_repeat


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
