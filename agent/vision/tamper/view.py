"""Is the view what it was? Covered, sprayed, defocused, turned away, frozen, blinded; or simply too dark.

The scene's own structure is the witness: where it was for minutes and is no more, something is wrong. What changes the
light (dusk, fog, a lamp) leaves structure in place; what passes (a bus) is gone within the hold time, and what drove in
from the side and halts gets a longer one; what comes slowly is learnt. It looks once a second, at any frame rate.
"""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from agent.vision.boxes import Floats, Frame
from agent.vision.tamper.sample import (
    COLUMNS,
    ROWS,
    Compared,
    Reference,
    ViewSample,
    compare,
    measure,
    reference_of,
    same_scene,
    unchanged_share,
)
from contract.events import Tamper, episode_id

What = Literal["covered", "sprayed", "defocused", "turned", "frozen", "blinded"]


class ViewOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds; shares of the frame."""

    every_s: float = 1.0
    hold_s: float = 6.0
    """What is wrong for so long is reported."""
    stands_s: float = 60.0
    """What drove in from the side and hides the view is reported only where it stands for so long."""
    over_s: float = 2.0
    """What is right again for so long ends it."""
    learn_s: float = 120.0
    """The reference is made of looks over so long."""
    accept_s: float = 1800.0
    """A view that is wrong but steady for so long becomes the reference: the camera was aimed anew."""
    frozen_s: float = 6.0
    clock_s: float = 8.0
    """The same where a clock in the frame runs on."""
    dark: float = 18.0
    """Mean grey level below which nothing can be judged."""


class View(NamedTuple):
    """The state after a look: events, whether the scene can be judged, and whether it is too dark."""

    events: tuple[Tamper, ...]
    seeing: bool
    dark: bool
    wrong: tuple[What, ...]


class ViewWatch:
    """``look`` with frames and times; between two looks it returns the last state without events."""

    def __init__(self, options: ViewOptions | None = None) -> None:
        self._options = options or ViewOptions()
        self._reference: Reference | None = None
        self._before: ViewSample | None = None
        self._normal: deque[ViewSample] = deque(maxlen=_KEPT)
        self._learnt_s = float("-inf")
        self._last_s = float("-inf")
        self._since: dict[What, float] = {}
        self._good: dict[What, float] = {}
        self._reported: dict[What, float] = {}
        self._same_since_s = self._clock_since_s = 0.0
        self._unchanged: deque[float] = deque(maxlen=60)
        self._lost: Floats = np.zeros((ROWS, COLUMNS), np.float32)
        self._entered_s = float("-inf")
        self._whole_s = 0.0
        self._now = View((), seeing=True, dark=False, wrong=())

    def look(self, frame: Frame, now_s: float) -> View:
        if now_s - self._last_s < self._options.every_s:
            return self._now._replace(events=())
        self._last_s = now_s
        look = measure(frame)
        wrong = self._judge(look, now_s)
        events = (*self._starts(wrong, now_s), *self._ends(wrong, now_s))
        self._learn(look, now_s, wrong)
        self._before = look
        dark = look.mean < self._options.dark and "covered" not in self._reported
        blind = self._reported.keys() & {"covered", "defocused", "turned", "frozen", "blinded"}
        self._now = View(events, seeing=not blind, dark=dark, wrong=tuple(self._reported))
        return self._now

    def _judge(self, look: ViewSample, now_s: float) -> dict[What, float]:
        """What is wrong in this look, with the share of the frame that is affected."""
        frozen = self._frozen(look, now_s)
        wrong: dict[What, float] = {}
        if self._reference is not None and len(self._normal) >= _FIRST_LOOKS:
            wrong = self._compare(look, self._reference, now_s)
        return {"frozen": 1.0} if frozen and "covered" not in wrong else wrong

    def _frozen(self, look: ViewSample, now_s: float) -> bool:
        """Not a bit changes; or next to nothing does, where otherwise most does: then only a clock in the frame runs.

        Encoders leave a still night scene unchanged too, so the second rule is for frames with noise.
        """
        unchanged = 0.0 if self._before is None else unchanged_share(look, self._before)
        if unchanged < 1.0:
            self._same_since_s = now_s
        if unchanged < _CLOCK_ONLY:
            self._clock_since_s = now_s
        usually = float(np.median(self._unchanged)) if len(self._unchanged) >= _FIRST_LOOKS else 1.0
        if "frozen" not in self._reported:
            self._unchanged.append(unchanged)
        clock = usually < _NOISY and now_s - self._clock_since_s >= self._options.clock_s
        return clock or now_s - self._same_since_s >= self._options.frozen_s

    def _compare(self, look: ViewSample, reference: Reference, now_s: float) -> dict[What, float]:
        seen = compare(look, reference)
        steady = 1.0 if self._before is None else same_scene(look, self._before, reference)
        more = seen.lost - self._lost
        if _one_sided(self._lost) and more.mean() > 0.02 and np.abs(more).mean() > _MOVED:
            self._entered_s = now_s
        if seen.here > _WHOLE:
            self._whole_s = now_s
        self._lost = seen.lost
        return {} if seen.judged < _FEW_BLOCKS else self._named(look, reference, seen, steady)

    def _named(self, look: ViewSample, reference: Reference, seen: Compared, steady: float) -> dict[What, float]:
        whiter = look.bright - reference.bright
        exposed = 1.35 < seen.gain < 2.3  # what is not white has more contrast; glare adds none, or slopes
        if look.bright > 0.4 and whiter > 0.3 and seen.flat > 0.15 and (look.bright > 0.55 or not exposed):
            return {"blinded": look.bright}
        gone = 1.0 - seen.here
        if seen.here < 0.5 and max(seen.flat, seen.empty) > 0.8:
            lit = look.mean >= self._options.dark or reference.mean > 4 * self._options.dark
            return {"covered": gone} if lit else {}  # at night a lamp may have gone out
        blurred = seen.sharp < _BLURRED or (seen.sharp < 0.75 and seen.empty > 0.25)
        if blurred and look.mean >= self._options.dark:
            return {"defocused": seen.here}
        return {} if look.mean < self._options.dark else self._partly(seen, steady, whiter)

    def _partly(self, seen: Compared, steady: float, whiter: float) -> dict[What, float]:
        """What something else stands in the place of, with or without structure of its own."""
        gone = 1.0 - seen.here
        if seen.here < (0.6, 0.75)[seen.sides == 0] and seen.sides <= 1:
            return {"turned": 1.0} if steady > 0.3 or "turned" in self._reported else {}
        if gone > 0.25 and seen.flat > 0.12 and whiter < 0.15:
            return {"sprayed": gone} if steady > 0.5 or "sprayed" in self._reported else {}
        return {}

    def _starts(self, wrong: dict[What, float], now_s: float) -> list[Tamper]:
        out = []
        for what, share in wrong.items():
            began_s = self._since.setdefault(what, now_s)
            held_s = 0.0 if what == "frozen" else self._options.hold_s
            if what in ("turned", "sprayed") and 0 < self._entered_s - self._whole_s <= _ENTERED_S:
                held_s = self._options.stands_s
            if what not in self._reported and now_s - began_s >= held_s:
                out += [self._end(other, now_s) for other in tuple(self._reported)]
                self._reported[what] = began_s
                out.append(
                    Tamper(
                        id=episode_id("tamper", what, began_s),
                        type=what,
                        phase="begin",
                        share=round(min(1.0, share), 2),
                    )
                )
        return out

    def _ends(self, wrong: dict[What, float], now_s: float) -> list[Tamper]:
        """What has been right for ``over_s`` is over; a flicker in between starts the hold time anew."""
        out = []
        for what in tuple(self._since):
            if what in wrong:
                self._good.pop(what, None)
                continue
            if now_s - self._good.setdefault(what, now_s) < self._options.over_s:
                continue
            del self._since[what], self._good[what]
            if what in self._reported:
                out.append(self._end(what, now_s))
        for what, began_s in tuple(self._reported.items()):
            if what == "turned" and now_s - began_s > self._options.accept_s:
                self._reference = None
                self._normal.clear()
                self._since.pop(what, None)
                out.append(self._end(what, now_s))
        return out

    def _end(self, what: What, now_s: float) -> Tamper:
        began_s = self._reported.pop(what)
        return Tamper(
            id=episode_id("tamper", what, began_s),
            type=what,
            phase="end",
            reason="over",
            duration_s=round(now_s - began_s, 3),
        )

    def _learn(self, look: ViewSample, now_s: float, wrong: dict[What, float]) -> None:
        """The reference is the median of looks at a view that was right: what passes leaves no trace in it."""
        if wrong or self._since or look.mean < self._options.dark:
            return
        full = len(self._normal) == _KEPT
        if full and now_s - self._learnt_s < self._options.learn_s / _KEPT:
            return
        self._learnt_s = now_s
        self._normal.append(look._replace(pixels=look.pixels[:0].copy()))  # a view would keep them all alive
        self._reference = reference_of(self._normal)


_FIRST_LOOKS = 6
_KEPT = 24
"""Looks that make the reference."""
_FEW_BLOCKS = 6
_BLURRED = 0.66
_CLOCK_ONLY = 0.9
"""Share of the frame that does not change where only a clock does."""
_NOISY = 0.5
"""Usual share of the frame without any change, below which its sensor's noise is seen."""
_MOVED = 0.08
"""Share of the blocks that a vehicle driving in hides or frees from one look to the next."""
_WHOLE = 0.8
_ENTERED_S = 4.0
"""What comes in so soon after the view was whole is what now hides it."""


def _one_sided(lost: Floats) -> bool:
    """The lower blocks at one side are lost and those at the other are not: so a vehicle comes."""
    left, right = float(lost[2:, :2].mean()), float(lost[2:, -2:].mean())
    return max(left, right) > 0.6 and min(left, right) < 0.3
