"""What the other quantities of a pole foretell of one: where they no longer do, no series alone shows what is wrong.

Wind makes noise, a pump lowers a level, an open valve lets water flow. Two things are foretold of each quantity: its
deviation from a slow baseline of its hour, from the deviations of the others, so that a common day is no relation; and
its change from step to step, from their changes and deviations, because a pump moves a level. One matrix of second
moments serves all quantities of a pole; each solves its own regression in it now and then, by forward selection. What
is foretold is judged only while it explains at least half of what the quantity does, measured on steps that the
regression had not seen.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping
from typing import NamedTuple

from agent.analysis.regression import MEMORY, Regression, RegressionState

MOST = 32
"""Quantities of a pole that are related to each other; the others stand alone."""
CLIP = 4.0  # a step counts for at most so many times the usual deviation
SOLVE_STEPS = 48
YOUNG = 100  # steps that teach whatever is found
FIT_S, YOUNG_S = 3 * 86400.0, 7 * 86400.0
"""The regressions are not measured before they have seen days, and say nothing before they have seen a week."""
INSIDE = 0.99  # strength of a value in the range that is foretold: it begins nothing
WIDTH = 3.0  # mean residuals to each side of what is foretold: 98 of 100 steps are in them
HOURS = 24
_BASELINE = 0.01  # pace of the baseline of an hour, a step: a week of five minutes
_NAMED = 0.25  # a partner is named that carries such a part of what the first one does

RelationsState = tuple[list[str], int, float, bytes, bytes, list[RegressionState]]
"""What is saved: the quantities in order, steps, when they began, the matrix and the baselines as single floats, and of
each regression.
"""


class Member(NamedTuple):
    """One quantity in a row of steps: its value and how far that is from the step before (0 where none is near)."""

    value: float
    jump: float
    usual: bool
    """What is found unusual, or doubted, neither teaches nor foretells."""


class Foretold(NamedTuple):
    """What the others say of a step: ``strength`` (1 is a finding), the range that they expect, and who says so, the
    weightiest first.
    """

    strength: float
    low: float
    high: float
    partners: tuple[str, ...]


class Relations:
    """``take`` gets a row of steps that ended together and returns what the others say of each."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._rows: list[array[float]] = []
        """Lower half of the matrix; signal 2 i is the deviation of quantity i, 2 i + 1 its change."""
        self._models: list[Regression] = []
        self._baselines = array("f")
        self._steps = 0
        self._since_s = math.inf

    def take(self, time_s: float, members: Mapping[str, Member]) -> dict[str, Foretold]:
        places = {place: member for name, member in members.items() if (place := self._place(name)) >= 0}
        if len(places) < 2:
            return {}
        self._steps += 1
        self._since_s = min(self._since_s, time_s)
        lived_s = time_s - self._since_s
        hour = int(time_s % 86400.0 // 3600.0)
        offs: dict[int, float] = {}
        for place, member in places.items():
            usual = self._baselines[place * HOURS + hour]
            offs[2 * place] = 0.0 if math.isnan(usual) else member.value - usual
            offs[2 * place + 1] = member.jump
        clipped = {signal: self._clip(signal, value) for signal, value in offs.items()}
        out = {}
        for place, member in places.items() if lived_s >= FIT_S else ():
            found = self._judge(place, member, offs, clipped, places, young=lived_s < YOUNG_S)
            if found is not None:
                out[self._names[place]] = found
        teach = [place for place, member in places.items() if member.usual or self._steps < YOUNG]
        for place, member in places.items():
            at, value = place * HOURS + hour, member.value
            usual = self._baselines[at]
            pace = max(_BASELINE, HOURS / self._steps)
            self._baselines[at] = value if pace >= 1.0 or math.isnan(usual) else usual + pace * (value - usual)
        self._learn([(signal, clipped[signal]) for place in sorted(teach) for signal in (2 * place, 2 * place + 1)])
        return out

    def _clip(self, signal: int, value: float) -> float:
        most = CLIP * math.sqrt(self._rows[signal][signal]) if self._steps > YOUNG else math.inf
        return min(max(value, -most), most)

    def _place(self, name: str) -> int:
        if name in self._names:
            return self._names.index(name)
        if len(self._names) >= MOST:
            return -1
        self._names.append(name)
        for _ in range(2):
            self._rows.append(array("d", bytes(8 * (len(self._rows) + 1))))
            self._models.append(Regression())
        self._baselines.extend([math.nan] * HOURS)
        return len(self._names) - 1

    def _judge(
        self,
        place: int,
        member: Member,
        offs: Mapping[int, float],
        clipped: Mapping[int, float],
        places: Mapping[int, Member],
        *,
        young: bool,
    ) -> Foretold | None:
        best: Foretold | None = None
        for signal in (2 * place, 2 * place + 1):
            model = self._models[signal]
            if (self._steps + 7 * place) % SOLVE_STEPS == 0:
                self._solve(signal, model)
            if not model.places or any(one not in offs for one in model.places):
                continue
            foretold = sum(weight * clipped[one] for weight, one in zip(model.weights, model.places, strict=True))
            strength = model.judge(offs[signal], foretold, CLIP * math.sqrt(self._rows[signal][signal]))
            if any(offs[one] != clipped[one] or not places[one // 2].usual for one in model.places):
                continue  # beyond what the relation was learned in
            if strength > 0.0 and not young:
                width, middle = WIDTH * model.usual, member.value - offs[signal] + foretold
                inside = abs(offs[signal] - foretold) <= width
                best = Foretold(
                    min(strength, INSIDE) if inside else strength, middle - width, middle + width, self._who(model)
                )
            if model.open:
                break  # a change adds nothing to a deviation that is foretold
        return best

    def _who(self, model: Regression) -> tuple[str, ...]:
        shares: dict[str, float] = {}
        for weight, signal in zip(model.weights, model.places, strict=True):
            name = self._names[signal // 2]
            shares[name] = shares.get(name, 0.0) + abs(weight) * math.sqrt(self._rows[signal][signal])
        most = max(shares.values())
        return tuple(sorted((name for name in shares if shares[name] >= _NAMED * most), key=lambda one: -shares[one]))

    def _learn(self, values: list[tuple[int, float]]) -> None:
        pace = max(1.0 / MEMORY, 1.0 / self._steps)
        for index, (signal, value) in enumerate(values):
            row = self._rows[signal]
            for other, theirs in values[: index + 1]:
                row[other] += pace * (value * theirs - row[other])

    def moment(self, one: int, other: int) -> float:
        return self._rows[one][other] if one >= other else self._rows[other][one]

    def _solve(self, signal: int, model: Regression) -> None:
        step = 1 if signal % 2 else 2  # a deviation is foretold by deviations, a change by both
        model.solve(signal, [one for one in range(0, len(self._rows), step) if one // 2 != signal // 2], self.moment)

    def together(self, one: str, other: str) -> float:
        """How two quantities leave their baselines together: the correlation, without its sign."""
        if one not in self._names or other not in self._names:
            return 0.0
        first, second = 2 * self._names.index(one), 2 * self._names.index(other)
        both = self._rows[first][first] * self._rows[second][second]
        return abs(self.moment(first, second)) / math.sqrt(both) if both > 0.0 else 0.0

    def state(self) -> RelationsState:
        """Some 250 bytes a quantity on a pole of 32."""
        flat = array("f")
        for row in self._rows:
            flat.extend(array("f", row))
        models = [one.state() for one in self._models]
        return list(self._names), self._steps, self._since_s, flat.tobytes(), self._baselines.tobytes(), models

    def restore(self, state: RelationsState) -> None:
        """ValueError where the saved matrix is of another size."""
        self._names, self._steps, self._since_s, data, baselines, models = list(state[0]), *state[1:]
        flat, self._baselines = array("f", data), array("f", baselines)
        size = 2 * len(self._names)
        if len(flat) != size * (size + 1) // 2 or len(models) != size or len(self._baselines) != size // 2 * HOURS:
            raise ValueError("a saved relation has another size")
        self._rows = [array("d", flat[row * (row + 1) // 2 : (row + 1) * (row + 2) // 2]) for row in range(size)]
        self._models = [Regression() for _ in models]
        for model, saved in zip(self._models, models, strict=True):
            model.restore(saved)
        for signal, model in enumerate(self._models):
            self._solve(signal, model)

    def forget(self, gone: Callable[[str], bool]) -> None:
        """Quantities that are no more; what they foretold is not judged before it is foretold by others."""
        kept = [place for place, name in enumerate(self._names) if not gone(name)]
        if len(kept) == len(self._names):
            return
        signals = [2 * place + part for place in kept for part in (0, 1)]
        self._rows = [
            array("d", [self._rows[one][other] for other in signals[: index + 1]]) for index, one in enumerate(signals)
        ]
        self._models = [self._models[one] for one in signals]
        self._names = [self._names[place] for place in kept]
        self._baselines = array("f", [self._baselines[place * HOURS + hour] for place in kept for hour in range(HOURS)])
        for signal, model in enumerate(self._models):
            self._solve(signal, model)
