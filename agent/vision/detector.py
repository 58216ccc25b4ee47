"""A detector and a crop classifier: frame and region in, detections in frame pixels out."""

from __future__ import annotations

import time
from collections.abc import Sequence

import cv2
import numpy as np

from agent.errors import ConfigError
from agent.models.describe import VisionModel
from agent.models.interpreter import Interpreter
from agent.vision import sentences as say
from agent.vision.boxes import NOTHING, Detections, Floats, Frame, suppress
from agent.vision.heads import make_head, shares
from agent.vision.letterbox import Placed, fit
from contract.model import CLASSES, ModelInput

Region = tuple[int, int, int, int]
"""x1, y1, x2, y2 in frame pixels."""


class Eye:
    """What detector and classifier share: a model, its input, and how long it has taken."""

    def __init__(self, model: VisionModel, threads: int = 1) -> None:
        self.model = model
        self._net = Interpreter(model.path, threads)
        width, height = model.input.size
        if self._net.input.shape != (1, height, width, 3):
            raise ConfigError(
                say.DOES_NOT_FIT_MODEL(
                    path=model.path, shape=list(self._net.input.shape), height=height, width=width, channels=3
                )
            )
        self._net.prove()
        self.runs = 0
        self.busy_s = 0.0

    def _run(self, frame: Frame, regions: Sequence[Region]) -> tuple[list[Floats], list[Placed]]:
        """One region fills the input; up to four share it, a quarter each."""
        began = time.perf_counter()
        wanted = self.model.input
        if len(regions) == 1:
            image, placed = _cut(frame, regions[0], wanted.size, wanted)
            places = [placed]
        else:
            image, places = _quarters(frame, regions, wanted)
        if wanted.colour == "rgb":
            image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        if self._net.input.dtype == np.uint8:
            values = self._net.run(image[None])
        else:
            real = image[None].astype(np.float32) * np.float32(wanted.scale) + np.float32(wanted.offset)
            values = self._net.run(self._net.quantise(real))
        self.runs += 1
        self.busy_s += time.perf_counter() - began
        return values, places


class Detector(Eye):
    """Finds objects in a region of a frame."""

    def __init__(self, model: VisionModel, threads: int = 1, score: float | None = None) -> None:
        """ConfigError: the model's tensors are not those of its description."""
        super().__init__(model, threads)
        if model.about.task != "detect":
            raise ConfigError(say.DESCRIBED_CLASSIFIER_NOT_DETECTOR(path=model.path))
        self._read = make_head(model, self._net.outputs)
        self.alone = model.output.score if score is None else score
        self._classes = np.array([*model.classes, -1], np.int32)

    def look(self, frame: Frame, regions: Sequence[Region], least: float | None = None) -> list[Detections]:
        """What each of the regions holds, of which there are one to four: one inference.

        ``least``: from this score on, default the settings' or the model's for what stands.
        """
        values, places = self._run(frame, regions)
        raw = self._read(values, self.alone if least is None else least)
        labels = np.where((raw.labels >= 0) & (raw.labels < len(self._classes) - 1), raw.labels, -1)
        classes = self._classes[labels]
        known = classes >= 0
        if not known.any():
            return [NOTHING] * len(regions)
        found = Detections(raw.boxes[known], raw.scores[known], classes[known])
        if len(regions) == 1:
            return [self._placed(found, regions[0], places[0])]
        middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / self.model.input.size >= 1.0
        quarter = middle @ np.array([1, 2])
        return [
            self._placed(found.take(quarter == cell), region, placed)
            for cell, (region, placed) in enumerate(zip(regions, places, strict=True))
        ]

    def _placed(self, found: Detections, region: Region, placed: Placed) -> Detections:
        """Boxes of the input as boxes of the frame, cut at the region's edges."""
        edges = np.array(region, np.float32)
        boxes: Floats = np.clip(placed.back(found.boxes), edges[[0, 1, 0, 1]], edges[[2, 3, 2, 3]])
        found = Detections(boxes.astype(np.float32), found.scores, found.classes)
        full = (boxes[:, 2] - boxes[:, 0] > 1) & (boxes[:, 3] - boxes[:, 1] > 1)
        return suppress(found.take(full), self.model.output.overlap)


class Classifier(Eye):
    """Names what a box holds."""

    def __init__(self, model: VisionModel, threads: int = 1, score: float | None = None) -> None:
        """ConfigError: the model's tensors are not those of its description."""
        super().__init__(model, threads)
        if model.about.task != "classify":
            raise ConfigError(say.DESCRIBED_DETECTOR_NOT_CLASSIFIER(path=model.path))
        self._read = shares(model, self._net.outputs)
        self.least = model.output.score if score is None else score

    def name(self, frame: Frame, box: Floats) -> Floats:
        """The share of each of CLASSES for the square round ``box`` (4); what is missing to 1 is background."""
        values, _ = self._run(frame, [square_round(box, frame.shape[1], frame.shape[0])])
        said = self._read(values)
        found = np.zeros(len(CLASSES), np.float32)
        for label, index in enumerate(self.model.classes):
            if index >= 0:
                found[index] += said[label]
        return found


def _cut(frame: Frame, region: Region, size: tuple[int, int], wanted: ModelInput) -> tuple[Frame, Placed]:
    x1, y1, x2, y2 = region
    return fit(frame[y1:y2, x1:x2], (x1, y1), size, wanted.fit, wanted.pad)


def _quarters(frame: Frame, regions: Sequence[Region], wanted: ModelInput) -> tuple[Frame, list[Placed]]:
    width, height = wanted.size[0] // 2, wanted.size[1] // 2
    image = np.full((wanted.size[1], wanted.size[0], 3), wanted.pad, np.uint8)
    places = []
    for cell, region in enumerate(regions):
        left, top = cell % 2 * width, cell // 2 * height
        part, (origin, scale, shift) = _cut(frame, region, (width, height), wanted)
        image[top : top + height, left : left + width] = part
        places.append(Placed(origin, scale, (shift[0] + left, shift[1] + top)))
    return image, places


def square_round(box: Floats, width: int, height: int, margin: float = 1.2) -> Region:
    """The square round a box, ``margin`` times its longer side, cut at the frame's edges."""
    x1, y1, x2, y2 = (float(side) for side in box)
    half = max(x2 - x1, y2 - y1) * margin / 2
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    left, top = max(0, int(x - half)), max(0, int(y - half))
    right, bottom = min(width, int(x + half) + 1), min(height, int(y + half) + 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)
