"""Numbers on the command line: within limits, else the command is written wrongly, and argparse says so."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TypeVar

from agent.cli import _sentences as say

_T = TypeVar("_T", int, float)


def whole(least: int, most: int) -> Callable[[str], int]:
    return lambda text: _within(text, int, least, most)


def number(least: float, most: float) -> Callable[[str], float]:
    return lambda text: _within(text, float, least, most)


def _within(text: str, kind: Callable[[str], _T], least: _T, most: _T) -> _T:
    try:
        value = kind(text)
    except ValueError:
        raise ArgumentTypeError(say.NO_NUMBER(text=text)) from None
    if not least <= value <= most:  # nor is what is not a number
        raise ArgumentTypeError(say.NOT_BETWEEN(text=text, least=least, most=most))
    return value
