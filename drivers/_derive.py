"""Values that are made of more than one row: factors, exponents and signs in other registers, sums. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.api import Fault, FaultCode, Item, Quality, Reading, Stamp
from drivers import _sentences_modbus as say
from drivers._convert import linear
from drivers._registers import Register, Sum

LARGEST_EXPONENT = 10
"""SunSpec's scale factors go from -10 to 10; others stay inside that."""


class Derivation:
    """Keeps the items of a round that others are made with, and makes those as soon as all they need is there."""

    def __init__(self, device: str, rows: Sequence[Register], sums: Sequence[Sum]) -> None:
        self._device = device
        self._rows = {row.quantity: row for row in rows}
        self._made: dict[str, Register | Sum] = {row.quantity: row for row in rows if row.needs}
        self._made |= {each.quantity: each for each in sums}
        self._hidden = frozenset(row.quantity for row in rows if row.hidden)
        self._kept = frozenset(name for made in self._made.values() for name in made.needs) | self._made.keys()
        self._known: dict[str, Item] = {}  # of this round: rows as they were read
        self._done: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._made or self._hidden)

    def begin(self) -> None:
        """A new round."""
        self._known = {}
        self._done = set()

    def take(self, items: Sequence[Item], now: Stamp) -> list[Item]:
        """The items that are reported: plain ones, and those that can be made by now."""
        reported: list[Item] = []
        for item in items:
            name = item.quantities[0] if isinstance(item, Fault) else item.quantity
            if name in self._kept:
                if (
                    name in self._known
                ):  # it was asked for once more: what was made with the first answer does not count
                    self._done -= {made for made, row in self._made.items() if name in (made, *row.needs)}
                self._known[name] = item
            if name not in self._hidden and name not in self._made:
                reported.append(item)
        for name, made in self._made.items():
            own = (name,) if isinstance(made, Register) else ()
            needs = [*own, *made.needs]
            if name not in self._done and all(need in self._known for need in needs):
                self._done.add(name)
                if name not in self._hidden:
                    reported.append(self._make(made, [self._known[need] for need in needs], now))
        return reported

    def fail(self, quantities: Sequence[str], fault: Fault) -> tuple[str, ...]:
        """What is not there because rows could not be read: they, and all that is made with them."""
        for name in quantities:
            self._known[name] = fault
        lost = [name for name in quantities if name not in self._made]
        for name, made in self._made.items():
            if name not in self._done and (name in quantities or set(made.needs) & set(quantities)):
                self._done.add(name)
                lost.append(name)
        return tuple(name for name in lost if name not in self._hidden)

    def _make(self, made: Register | Sum, parts: Sequence[Item], now: Stamp) -> Item:
        values: list[float] = []
        quality = Quality.GOOD
        for part in parts:
            if isinstance(part, Fault):
                return msgspec.structs.replace(part, quantities=(made.quantity,), text=f"{made.quantity}: {part.text}")
            if isinstance(part.value, str):
                return self._fault(made, say.NO_NUMBER(quantity=part.quantity), now)
            values.append(part.value)
            quality = part.quality if part.quality is not Quality.GOOD else quality
        try:
            value = self._value(made, values)
        except ArithmeticError as why:
            return self._fault(made, str(why), now)
        unit = made.measures.unit
        return Reading(device=self._device, quantity=made.quantity, value=value, unit=unit, at=now, quality=quality)

    @staticmethod
    def _value(made: Register | Sum, values: list[float]) -> float:
        """``ArithmeticError`` with a text: it cannot be made of these."""
        rest = iter(values)
        if isinstance(made, Sum):
            plus, minus = sum(next(rest) for _ in made.plus), sum(rest)
            return _tidy(linear(made.scale, made.offset)(plus - minus))  # type: ignore[arg-type]
        value = next(rest)
        for _ in made.times:
            value *= next(rest)
        for name in made.divided_by:
            divisor = next(rest)
            if divisor == 0:
                raise ArithmeticError(f"{name} is 0")
            value /= divisor
        if made.exponent:
            exponent = next(rest)
            if exponent != int(exponent) or abs(exponent) > LARGEST_EXPONENT:
                raise ArithmeticError(say.NO_EXPONENT(exponent=made.exponent, exponent_2=exponent))
            value = value * 10 ** int(exponent) if exponent >= 0 else value / 10 ** -int(exponent)
        return _tidy(-value if made.sign and next(rest) else value)

    def _fault(self, made: Register | Sum, text: str, now: Stamp) -> Fault:
        name = made.quantity
        code = FaultCode.OUT_OF_RANGE
        return Fault(device=self._device, code=code, text=f"{name}: {text}", at=now, quantities=(name,))


def _tidy(value: float) -> float:
    return value if isinstance(value, int) else round(value, 9)
