"""Who rides: a detector of people sees a cyclist as a person, and the bicycle below hardly ever.

The crop classifier that comes with the agent has learnt riders with what carries them: it is asked about each moving
person, for a tenth of a millisecond. The track's label is decided by all that was said along it.
"""

from __future__ import annotations

import numpy as np

from agent.vision.boxes import Detections, Floats, Frame, areas, intersections
from agent.vision.detector import Classifier
from contract.model import CLASSES

PERSON, TWO_WHEELER = CLASSES.index("person"), CLASSES.index("two_wheeler")
_MOST = 16
"""Persons of one frame that are asked about, the largest first."""
_LEAST = 16
"""Pixels of height below which nobody can be recognised."""
_SURE = 0.6
_MOVES = 0.25
"""Share of a person that moving regions cover, from which on it moves."""


class Riders:
    """``named`` gives the persons of one frame who ride the label of what carries them."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def named(self, frame: Frame, found: Detections, moving: Floats) -> Detections:
        """``moving`` (n x 4): what moves; who stands does not ride."""
        if not len(moving) or not (found.classes == PERSON).any():
            return found
        height = found.boxes[:, 3] - found.boxes[:, 1]
        moves = intersections(found.boxes, moving).sum(axis=1) >= _MOVES * areas(found.boxes)
        asked = np.nonzero((found.classes == PERSON) & moves & (height >= _LEAST))[0]
        classes = found.classes.copy()
        for at in asked[np.argsort(-height[asked], kind="stable")][:_MOST].tolist():
            shares = self._classifier.name(frame, found.boxes[at])
            if shares[TWO_WHEELER] >= _SURE:
                classes[at] = TWO_WHEELER
        return Detections(found.boxes, found.scores, classes)
