"""Devices that send lines of text, by a pattern: radar gauges, scales, counters, home-made sensors.

    D=02.345m L=01.655m S=78dB<CR><LF>      such a line, every half second or when asked
    pattern = 'D=(?P<distance>[0-9.]+)m L=(?P<water_level>[0-9.]+)m'

Each named group of the pattern is a quantity. The pattern may match anywhere in a line; lines it does not match are
passed over; where it matches none of the first ten, that is a fault. There is no checksum in such a line: let the
pattern be strict, so that a damaged line does not match. The first line on a port that was just opened is passed over:
it may be the end of one, 1.5 of 21.5, unless the peer sends a few at once and hangs up. A pattern that repeats a
repeat, as ([0-9]+)*, is refused: one damaged line could keep it busy for years.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from agent.api import QUANTITIES, Annotated, Driver, FaultCode, Found, Item, Meta, Options, Probe, Quantity, Stamp
from drivers import _sentences as say
from drivers import _sentences_options as about
from drivers._lines import PLAIN, SEVERAL, Lines, Scale, measured, problem_of

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]|\((?:\?P<\w+>|\?<?[:=!>])?|\{\d*,?\d*\}|.", re.DOTALL)


class AsciiOptions(Options, frozen=True, kw_only=True):
    """The language of a device, as a regular expression."""

    pattern: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description=about.REGULAR_EXPRESSION_LINE_NAMED(),
        ),
    ]
    question: Annotated[str, Meta(max_length=100, description=about.WHAT_SEND_LINE_SUCH())] = ""
    values: Annotated[dict[str, Scale] | None, Meta(description=about.SCALE_OFFSET_UNIT_QUANTITY())] = None


class AsciiLine(Lines):
    """Readings of the named groups."""

    def __init__(self, device: str, options: AsciiOptions) -> None:
        super().__init__(device, options.question, options.values or {})
        self._pattern = re.compile(options.pattern)
        self._strange: int | None = (
            0  # lines that it does not match, until the first that it matches; None from then on
        )

    def decode(self, line: bytes, now: Stamp) -> list[Item]:
        text = line.decode("utf-8", "replace")
        found = self._pattern.search(text)
        if found is None:
            self._no_match(text, now)
            return []
        self._strange = self._hint = None
        if self._cut:
            return []
        return [self.item(name, text, now) for name, text in found.groupdict().items() if text is not None]

    def _no_match(self, line: str, now: Stamp) -> None:
        """A hint where so many whole lines did not match and none did: the pattern is not that of this device."""
        if self._strange is None or not line.isascii() or not line.isprintable():
            return
        self._strange += 1
        if self._strange < SEVERAL:
            return
        fault = self.fault(
            FaultCode.NOT_AVAILABLE, say.PATTERN_NEVER_MATCHES(line=line[:80]), now, *self._pattern.groupindex
        )
        self._hint = msgspec.structs.replace(fault, advice=say.SET_PATTERN())


def _names(options: AsciiOptions) -> tuple[str, ...]:
    return tuple(re.compile(options.pattern).groupindex)


def repeats_a_repeat(pattern: str) -> bool:
    """Whether a group that holds a repeat is repeated, which may take exponential time; possessive (...)*+ may not."""
    inside = [False]  # of each open group: a repeat of no fixed number stands in it
    ended = False  # the same of the group that ended just before
    pieces = TOKEN.findall(pattern)
    for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
        repeat = piece in {"*", "+"} or (piece[0] == "{" and len(piece) > 2)
        if repeat and ended and after != "+":
            return True
        ended = False
        if piece[0] == "(":
            inside.append(False)
        elif piece == ")":
            ended = len(inside) > 1 and inside.pop()
            inside[-1] |= ended
        elif repeat:
            inside[-1] |= piece[0] != "{" or "," in piece
    return False


def check(options: AsciiOptions) -> list[str]:
    try:
        names = _names(options)
    except re.error as exc:
        return [say.PATTERN_NO_REGULAR_EXPRESSION(exc=exc)]
    if repeats_a_repeat(options.pattern):
        return [say.PATTERN_REPEATS_WHAT_HOLDS()]
    values = options.values or {}
    found = [] if names else [say.PATTERN_NO_NAMED_GROUP()]
    found += [say.VALUES_PATTERN_NO_GROUP(name=name) for name in values if name not in names]
    wrong = [problem_of(name, scale) for name, scale in values.items()]
    unknown = [name for name in names if name not in QUANTITIES and (name not in values or not values[name].unit)]
    found += [f"values: {problem}" for problem in wrong if problem]
    return found + [say.PATTERN_NO_STANDARD_QUANTITY(name=name) for name in unknown]


def _quantities(options: AsciiOptions) -> tuple[Quantity, ...]:
    return tuple(measured(name, (options.values or {}).get(name, PLAIN)) for name in _names(options))


def pattern(line: str) -> str:
    """A regular expression for lines like this, each number a group ``value_1``, ``value_2`` ... to be renamed."""
    parts, at = [], 0
    for count, found in enumerate(NUMBER.finditer(line[:80]), 1):
        number = r"[-+]?[0-9]+[.][0-9]+" if "." in found.group() else r"[-+]?[0-9]+"
        parts += [re.escape(line[at : found.start()]), f"(?P<value_{count}>{number})"]
        at = found.end()
    return "".join([*parts, re.escape(line[at:80])])


def _guess(lines: Sequence[str]) -> Found | None:
    line = lines[-1]
    if line.startswith("{") or not NUMBER.search(line):
        return None
    return Found(options={"pattern": pattern(line)}, text=f"sends {line[:80]}", complete=False)


DRIVER = Driver(
    name="ascii_line",
    summary=say.DEVICES_SEND_LINES_TEXT(),
    options=AsciiOptions,
    codec=AsciiLine,
    quantities=_quantities,
    sample={"pattern": "D=(?P<distance>[0-9]+[.][0-9]+)m L=(?P<water_level>-?[0-9]+[.][0-9]+)m"},
    check=check,
    probe=Probe(text=_guess),
    checksum=False,
)
