"""One look at a frame and what became of the reference's structure in it: what tamper is judged by.

The frame is 8 x 6 blocks of 8 x 6 cells. A block is *here* where its cells go up and down as the reference's do: that
holds in dusk, fog, and under a lamp, which change gain and offset only, and on bare asphalt, whose stains and grain are
structure enough. It is *flat* where nothing goes up and down any more. Blur is a lack of fine edges compared with what
the gain of the same block promises. Which blocks can be judged at all is learnt: those that usually are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from agent.vision.boxes import Bytes, Floats, Frame

COLUMNS, ROWS = 8, 6
_CELLS = (64, 36)
_WIDTH = 320
_GLARE = 250
_HERE = 0.5
"""Correlation from which a block's structure is what it was; noise and other scenes stay below."""
_USUAL = 0.7
_FLAT = 0.25
"""Part of the reference's contrast; dense fog leaves as little, but what it leaves is in its place."""
_SIDE = 0.8


class ViewSample(NamedTuple):
    """What one look measures."""

    mean: float
    bright: float
    """Share of the frame that is white."""
    grey: Floats
    edges: Floats
    pixels: Bytes
    """Every fourth pixel of every fourth row, as it came: for whether it changes at all."""


class Reference(NamedTuple):
    """The median of looks: what passes leaves no trace in it."""

    mean: float
    bright: float
    grey: Floats
    edges: Floats
    by_grey: Floats
    """Blocks that are known by their light, and by their edges (infrared light turns leaves white, edges stay)."""
    by_edges: Floats


class Compared(NamedTuple):
    """Shares are of the blocks that can be judged."""

    judged: int
    here: float
    flat: float
    """Share that is not here and has no contrast."""
    empty: float
    """Share without the edges that they had, whatever the reason."""
    sharp: float
    """Fine edges compared with those that the gain promises, where the reference has most of them; 1 is as it was."""
    gain: float
    """Contrast of the better blocks; a doubled exposure whitens the sky and doubles it, glare does not."""
    sides: int
    """Of the frame's four rims, those that show what they showed; all of them are others where a camera turned."""
    lost: Floats
    """ROWS x COLUMNS: 1 where a block that can be judged is not here."""


def measure(frame: Frame) -> ViewSample:
    height = max(1, round(frame.shape[0] * _WIDTH / frame.shape[1]))
    small = cv2.resize(frame, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    edges = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return ViewSample(
        float(cv2.mean(grey)[0]),
        cv2.countNonZero(cv2.compare(grey, _GLARE - 1, cv2.CMP_GT)) / grey.size,
        cv2.resize(grey.astype(np.float32), _CELLS, interpolation=cv2.INTER_AREA),
        cv2.resize(edges, _CELLS, interpolation=cv2.INTER_AREA),
        frame[::4, ::4].copy(),
    )


def reference_of(looks: Sequence[ViewSample]) -> Reference:
    grey: Floats = np.median([each.grey for each in looks], axis=0)
    edges: Floats = np.median([each.edges for each in looks], axis=0)
    return Reference(
        float(np.median([each.mean for each in looks])),
        float(np.median([each.bright for each in looks])),
        grey,
        edges,
        np.median([_fit(each.grey, grey)[0] for each in looks], axis=0) > _USUAL,
        np.median([_fit(each.edges, edges)[0] for each in looks], axis=0) > _USUAL,
    )


def compare(look: ViewSample, reference: Reference) -> Compared:
    fit, gain, contrast = _fit(look.grey, reference.grey)
    here = reference.by_grey & (fit > _HERE) | reference.by_edges & (_fit(look.edges, reference.edges)[0] > _HERE)
    judged = reference.by_grey | reference.by_edges
    if not judged.any():
        return Compared(0, 1.0, 0.0, 0.0, 1.0, 1.0, 4, np.zeros((ROWS, COLUMNS), np.float32))
    fine = _blocks(look.edges).mean(axis=1)
    had = _blocks(reference.edges).mean(axis=1)
    fitting = reference.by_grey & (fit > _HERE)
    sharp = 1.0
    for part in (0.6, 0.8):
        clear = fitting & (had >= np.quantile(had[judged], part))
        if clear.sum() >= _FEW:
            sharp = min(sharp, float(np.median(fine[clear] / (had[clear] * np.maximum(gain[clear], 0.05)))))
    return Compared(
        int(judged.sum()),
        float(here[judged].mean()),
        float((~here & (contrast < _FLAT))[judged].mean()),
        float((fine[judged] < 0.35 * had[judged]).mean()),
        sharp,
        float(np.quantile(gain[judged], 0.9)),
        _sides(look, reference),
        (judged & ~here).reshape(ROWS, COLUMNS).astype(np.float32),
    )


def same_scene(look: ViewSample, before: ViewSample, reference: Reference) -> float:
    """Share of the blocks that look as they did in the look before."""
    same = np.maximum(_fit(look.grey, before.grey)[0], _fit(look.edges, before.edges)[0]) > _USUAL
    judged = reference.by_grey | reference.by_edges
    return float(same[judged].mean()) if judged.any() else 1.0


def unchanged_share(look: ViewSample, before: ViewSample) -> float:
    """Share of the frame, in 16 x 9 pieces, in which not one bit is another."""
    if look.pixels.shape != before.pixels.shape:
        return 0.0
    equal = (look.pixels == before.pixels).all(axis=2).astype(np.float32)
    return float((cv2.resize(equal, (16, 9), interpolation=cv2.INTER_AREA) > 0.9999).mean())


_FEW = 4


def _blocks(cells: Floats) -> Floats:
    parts = cells.reshape(ROWS, _CELLS[1] // ROWS, COLUMNS, _CELLS[0] // COLUMNS)
    return parts.transpose(0, 2, 1, 3).reshape(ROWS * COLUMNS, -1)


def _fit(cells: Floats, onto: Floats) -> tuple[Floats, Floats, Floats]:
    """Per block: correlation, gain (slope), and contrast compared with that of ``onto``."""
    a, b = _blocks(cells), _blocks(onto)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    own, other = np.sqrt((a * a).mean(axis=1)), np.maximum(np.sqrt((b * b).mean(axis=1)), 0.5)
    both = (a * b).mean(axis=1)
    return both / (own * other + 1e-3), both / (other * other), own / other


def _sides(look: ViewSample, reference: Reference) -> int:
    kept = 0
    for rim in (np.s_[:2, :], np.s_[-2:, :], np.s_[:, :2], np.s_[:, -2:]):
        kept += max(_alike(look.grey[rim], reference.grey[rim]), _alike(look.edges[rim], reference.edges[rim])) > _SIDE
    return kept


def _alike(a: Floats, b: Floats) -> float:
    """Correlation; flat ones are unlike anything."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 1e-3 else 0.0
