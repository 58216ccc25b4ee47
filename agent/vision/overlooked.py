"""What a detector was never shown: vehicles from straight above, where detectors learnt from photographs see nothing.

What moves and holds nothing that the detector has even a doubt about is shown to the crop classifier that comes with
the agent, which knows that view; a vehicle that it is sure of counts as seen.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from agent.vision.boxes import NOTHING, Detections, Floats, Frame, areas, intersections, join, overlaps
from agent.vision.detector import Classifier
from contract.model import CLASSES

_VEHICLE = CLASSES.index("vehicle")
_SURE = 0.9
_LEAST = 24
"""Pixels of the shorter side below which nothing so sure can be said."""
_MOST = 8
"""Regions of one frame that are shown, the largest first."""
_SEEN = 0.1
"""A region of which detections cover so much is the detector's."""
_LOOKS, _SAME = 5, 0.85
"""What overlaps by so much with what was there so many looks ago stands: the place that something left looks so."""


class Overlooked:
    """``vehicles`` with each look; it remembers the last few."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._before: deque[Floats] = deque(maxlen=_LOOKS)

    def vehicles(self, frame: Frame, found: Detections, moving: Floats) -> Detections:
        """``found``: all that the detector sees where something moves; ``moving`` (n x 4): regions, largest first."""
        self._before.append(moving)
        left = moving[(np.minimum(*(moving[:, 2:] - moving[:, :2]).T) >= _LEAST)] if len(moving) else moving
        if len(left) and len(found):
            left = left[intersections(left, found.boxes).sum(axis=1) < _SEEN * areas(left)]
        if len(left) and len(self._before[0]) and len(self._before) == _LOOKS:
            left = left[overlaps(left, self._before[0]).max(axis=1) < _SAME]
        out = []
        for box in left[:_MOST]:
            share = self._classifier.name(frame, box)[_VEHICLE]
            if share >= _SURE:
                out.append(Detections(box[None], np.array([share], np.float32), np.array([_VEHICLE], np.int32)))
        return join(out) if out else NOTHING
