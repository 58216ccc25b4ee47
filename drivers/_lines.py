"""What devices that send lines of text share: cutting lines, asking for them, and numbers that are scaled. Pure."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from agent.api import (
    QUANTITIES,
    Annotated,
    Codec,
    Fault,
    FaultCode,
    Item,
    Meta,
    Options,
    Quality,
    Quantity,
    Reading,
    Stamp,
    Unit,
    Value,
)
from drivers import _sentences as say
from drivers import _sentences_options as about

LONGEST = 1024
"""Bytes of a line that are kept; of a longer one the end."""
SEVERAL = 10
"""Lines in a row that are not by chance all of another kind: a choice."""
AT_ONCE_S = 1.0
"""Whole lines that came within it, and then the port was lost, are all that a server says to who connects."""
LARGEST = 1e15
"""A number beyond this is damage, not a measurement."""

NONE = frozenset({"", "nan", "-nan", "+nan", "null", "none", "n/a", "na", "-", "--", "---"})
"""What firmware writes where it has no number; other texts stand in ``missing``."""
NINES = frozenset({-9999, -99999})
"""What firmware writes where it has no value, and nothing that is measured is, to the digit."""
NO_LABEL = frozenset({"", "nan", "null"})


class Scale(Options, frozen=True, kw_only=True):
    """How a number of a line becomes a value."""

    scale: Annotated[float, Meta(description=about.VALUE_NUMBER_SCALE_OFFSET())] = 1.0
    offset: Annotated[float, Meta(description=about.VALUE_NUMBER_SCALE_OFFSET())] = 0.0
    unit: Annotated[Unit | None, Meta(description=about.UCUM_UNIT_VALUE_DEFAULT())] = None
    missing: Annotated[tuple[str, ...], Meta(description=about.TEXTS_MEAN_NO_VALUE())] = ()


def measured(name: str, scale: Scale) -> Quantity:
    known = QUANTITIES.get(name)
    unit = scale.unit or (known.unit if known else Unit.ONE)
    return Quantity(name, unit, known.text if known else name)


def problem_of(name: str, scale: Scale) -> str:
    """What is wrong with the unit or the scale, ``""`` = nothing."""
    if not scale.scale:
        return say.SCALE_NOTHING_LEFT(name=name)
    known = QUANTITIES.get(name)
    if known and scale.unit not in {None, known.unit}:
        return say.REPORTED_CONVERT_SCALE_OFFSET(name=name, value=known.unit.value)
    return ""


class Lines(Codec):
    """Readings from lines; a device that must be asked first has ``question``."""

    def __init__(self, device: str, question: str, scales: Mapping[str, Scale]) -> None:
        self.device = device
        self._question = question.encode("utf-8")
        self._scales = scales
        self._waiting = False
        self._received = False  # anything at all since it was asked
        self._line = b""
        self._lines = 0  # since the port was opened
        self._first_s = self._last_s = 0.0  # when the first and the last byte came since then
        self._hint: Fault | None = None  # what decode has to say of the settings; it ends no turn
        self._cut = False  # this line is the first on an open port: its beginning may have passed before that

    @abstractmethod
    def decode(self, line: bytes, now: Stamp) -> list[Item]:
        """What ``line``, without its end, says; nothing where it is not for us. Advice on settings is left in _hint."""

    def ask(self, step: int) -> bytes:
        self._waiting = step == 0 and bool(self._question)
        if step == 0:  # asked anew, or received on a port that was opened anew: what came before is of another line
            self._received, self._hint = False, None
            at_once = 0 < self._lines < SEVERAL and not self._line and self._last_s - self._first_s < AT_ONCE_S
            self._cut = not self._question and not at_once  # else a server: it sends to who connects, and hangs up
            self._lines, self._line = 0, b""
        return self._question if self._waiting else b""

    @property
    def waiting(self) -> bool:
        return self._waiting

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        if not data and self._question:
            received, self._received, self._waiting = self._received, False, False
            if self._hint:
                return (
                    msgspec.structs.replace(self._hint, code=FaultCode.BAD_FRAME),
                )  # nothing of use came: it is dead
            code = FaultCode.BAD_FRAME if received else FaultCode.NO_ANSWER
            text = say.NO_LINE_CAN_READ() if received else say.NO_ANSWER()
            return (Fault(device=self.device, code=code, text=text, at=now),)
        items: list[Item] = []
        self._received, self._last_s = True, now.boot_s
        if not self._lines and not self._line:
            self._first_s = now.boot_s
        *lines, rest = data.replace(b"\r", b"\n").split(b"\n")
        for piece in lines:
            line, self._line = (self._line + piece)[-LONGEST:], b""
            if line and (self._waiting or not self._question):
                found = self.decode(line, now)
                if self._hint and (found or not self._question):
                    found, self._hint = [*found, self._hint], None
                items += found
                self._waiting = self._waiting and not items
            self._cut = False
            self._lines += bool(line)
        self._line = (self._line + rest)[-LONGEST:]
        return items

    def item(self, name: str, raw: Any, now: Stamp) -> Item:
        """The reading of a number or its text, a truth value as 1 or 0; other text a label, unless a number is due.

        A number is due of a standard quantity, and of what has a unit.
        """
        scale = self._scales.get(name, PLAIN)
        text = str(raw).strip()
        number = text_number(raw) if isinstance(raw, str) else raw
        numeric = name in QUANTITIES or self.measures(name).unit is not Unit.ONE
        if raw is None or _stands_for_none(text, number, scale) or text.lower() in (NONE if numeric else NO_LABEL):
            return self.fault(FaultCode.NOT_AVAILABLE, say.DEVICE_NO_VALUE(name=name), now, name)
        label = isinstance(raw, str) and number is None and not numeric
        value: Value | None = text if label else _number(number, scale)
        if value is None:
            return self.fault(FaultCode.OUT_OF_RANGE, say.NO_NUMBER_2(name=name, raw=str(raw)[:40]), now, name)
        quality = Quality.UNCERTAIN if number in NINES and not scale.missing else Quality.GOOD
        unit = self.measures(name).unit
        return Reading(device=self.device, quantity=name, value=value, unit=unit, at=now, quality=quality)

    def measures(self, name: str) -> Quantity:
        return measured(name, self._scales.get(name, PLAIN))

    def fault(self, code: FaultCode, text: str, now: Stamp, *names: str) -> Fault:
        return Fault(device=self.device, code=code, text=text, at=now, quantities=names)


PLAIN = Scale()


def _stands_for_none(text: str, number: object, scale: Scale) -> bool:
    """Whether ``missing`` lists it, as it is written or as the number that it is: -9999 is -9999.00."""
    return text in scale.missing or (number is not None and number in [text_number(each) for each in scale.missing])


def text_number(text: str) -> float | int | None:
    """A decimal number as people write it; None for what ``float`` takes beyond that (nan, 1_0)."""
    text = text.strip()
    plain = text.removeprefix("-").removeprefix("+")
    digits = plain.lower().replace(".", "", 1).replace("e-", "", 1).replace("e+", "", 1).replace("e", "", 1)
    if not digits.isascii() or not digits.isdigit() or len(text) > 40:
        return None
    try:
        return int(text) if plain.isdigit() else float(text)
    except ValueError:
        return None


def _number(raw: object, scale: Scale) -> float | int | None:
    if not isinstance(raw, int | float) or abs(raw) > LARGEST or not math.isfinite(raw):
        return None
    number = int(raw) if isinstance(raw, bool) else raw
    return number if scale.scale == 1.0 and scale.offset == 0.0 else round(number * scale.scale + scale.offset, 9)
