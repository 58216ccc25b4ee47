"""VisionModel outputs -> boxes in input pixels. Each head checks the tensors' shapes once, when it is made.

SSD        boxes [1, N, 4] (y1 x1 y2 x2, 0 to 1), classes [1, N], scores [1, N], count [1]; already thinned out.
           TensorFlow's converters order these four differently, so they are recognised by name and shape.
YOLOX      [1, N, 5 + C]: cx cy w h, objectness, C class scores; decoded, or offsets of cells at strides 8, 16, 32
           (arXiv:2107.08430, section 2.1: centre = (offset + cell) * stride, size = exp(offset) * stride)
YOLO       [1, 4 + C, N] or [1, N, 4 + C]: cx cy w h, C class scores; or with objectness as YOLOX has it
CLASSES    [1, C]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from agent.errors import ConfigError
from agent.models.describe import VisionModel
from agent.models.interpreter import Tensor
from agent.vision import sentences as say
from agent.vision.boxes import Floats, Ints


class Raw(NamedTuple):
    """Boxes (n x 4) in input pixels, scores (n), and indices of the model's labels (n)."""

    boxes: Floats
    scores: Floats
    labels: Ints


Read = Callable[[list[Floats], float], Raw]
"""Outputs in the model's order, and the least score."""

_SSD_NAMES: tuple[dict[str, str], ...] = (
    {
        "boxes": "TFLite_Detection_PostProcess",
        "classes": "TFLite_Detection_PostProcess:1",
        "scores": "TFLite_Detection_PostProcess:2",
    },
    {
        "boxes": "StatefulPartitionedCall:3",
        "classes": "StatefulPartitionedCall:2",
        "scores": "StatefulPartitionedCall:1",
    },
    {"boxes": "location", "classes": "category", "scores": "score"},
    {"boxes": "detection_boxes", "classes": "detection_classes", "scores": "detection_scores"},
)


def make_head(model: VisionModel, outputs: Sequence[Tensor]) -> Read:
    """ConfigError: the model's outputs are not those of the head that its description names."""
    return _HEADS[model.output.head](model, outputs)


def shares(model: VisionModel, outputs: Sequence[Tensor]) -> Callable[[list[Floats]], Floats]:
    """The reader of a classifier: outputs -> one share per label."""
    if len(outputs) != 1 or outputs[0].shape != (1, len(model.labels)):
        raise _misfit(model, outputs, say.ONE_OUTPUT_SCORE_EACH(labels=len(model.labels)))
    softmax = model.output.softmax

    def read(values: list[Floats]) -> Floats:
        scores = values[0][0]
        if not softmax:
            plain: Floats = scores
            return plain
        powers = np.exp(scores - scores.max())
        share: Floats = powers / powers.sum()
        return share

    return read


def _ssd(model: VisionModel, outputs: Sequence[Tensor]) -> Read:
    names = {out.name: place for place, out in enumerate(outputs)}
    tables = (model.output.names,) if model.output.names else _SSD_NAMES
    for table in tables:
        if all(table.get(part) in names for part in ("boxes", "classes", "scores")):
            boxes_at, classes_at, scores_at = (names[table[part]] for part in ("boxes", "classes", "scores"))
            break
    else:
        raise _misfit(model, outputs, say.OUTPUTS_SSD_NAME_NAME())
    rows = outputs[scores_at].shape
    if outputs[boxes_at].shape != (*rows, 4) or outputs[classes_at].shape != rows or len(rows) != 2:
        raise _misfit(model, outputs, say.BOXES_N_CLASSES_N())
    width, height = model.input.size
    unit = (1.0, 1.0) if model.output.units == "pixels" else (float(width), float(height))
    scale = np.array(unit * 2, np.float32)

    def read(values: list[Floats], least: float) -> Raw:
        keep = values[scores_at][0] >= least
        boxes = values[boxes_at][0][keep][:, [1, 0, 3, 2]] * scale
        return Raw(boxes, values[scores_at][0][keep], values[classes_at][0][keep].astype(np.int32))

    return read


def _yolox(model: VisionModel, outputs: Sequence[Tensor]) -> Read:
    columns = 5 + len(model.labels)
    if len(outputs) != 1 or len(outputs[0].shape) != 3 or outputs[0].shape[2] != columns:
        raise _misfit(model, outputs, say.ONE_OUTPUT_N_BOX(columns=columns, labels=len(model.labels)))
    grid = None if model.output.decoded else _grid(model, outputs)
    scale = _scale(model)

    def read(values: list[Floats], least: float) -> Raw:
        table = values[0][0]
        raw = _best(table[:, :4], table[:, 5:], table[:, 4], least)
        if grid is None:
            return _corners(raw.boxes * scale, raw)
        kept = _rows(table, least)
        cell, stride = grid[0][kept], grid[1][kept]
        placed = np.concatenate([(raw.boxes[:, :2] + cell) * stride, np.exp(raw.boxes[:, 2:]) * stride], axis=1)
        return _corners(placed, raw)

    return read


def _yolo(model: VisionModel, outputs: Sequence[Tensor]) -> Read:
    plain, objectness = 4 + len(model.labels), 5 + len(model.labels)
    shape = outputs[0].shape if len(outputs) == 1 and len(outputs[0].shape) == 3 else (0, 0, 0)
    sides = [side for side in (1, 2) if shape[side] in (plain, objectness)]
    if not sides:
        raise _misfit(model, outputs, say.ONE_OUTPUT_N_OR(plain=plain, objectness=objectness))
    flip = sides[0] == 1
    with_objectness = shape[sides[0]] == objectness
    scale = _scale(model)

    def read(values: list[Floats], least: float) -> Raw:
        table = values[0][0].T if flip else values[0][0]
        if with_objectness:
            raw = _best(table[:, :4], table[:, 5:], table[:, 4], least)
        else:
            raw = _best(table[:, :4], table[:, 4:], None, least)
        return _corners(raw.boxes * scale, raw)

    return read


def _best(boxes: Floats, scores: Floats, objectness: Floats | None, least: float) -> Raw:
    """The best label of each row that reaches ``least``; rows whose objectness is too low are never looked at."""
    if objectness is not None:
        keep = np.nonzero(objectness >= least)[0]
        boxes, scores = boxes[keep], scores[keep] * objectness[keep, None]
    labels = scores.argmax(axis=1)
    top = scores[np.arange(len(labels)), labels]
    good = top >= least
    return Raw(boxes[good], top[good], labels[good].astype(np.int32))


def _rows(table: Floats, least: float) -> Ints:
    """The rows that ``_best`` keeps."""
    return np.nonzero(table[:, 4] * table[:, 5:].max(axis=1) >= least)[0].astype(np.int32)


def _corners(centred: Floats, raw: Raw) -> Raw:
    half = centred[:, 2:] / 2
    return Raw(np.concatenate([centred[:, :2] - half, centred[:, :2] + half], axis=1), raw.scores, raw.labels)


def _scale(model: VisionModel) -> Floats:
    width, height = model.input.size
    unit = (float(width), float(height)) if model.output.units == "share" else (1.0, 1.0)
    return np.array(unit * 2, np.float32)


def _grid(model: VisionModel, outputs: Sequence[Tensor]) -> tuple[Floats, Floats]:
    width, height = model.input.size
    cells, strides = [], []
    for stride in (8, 16, 32):
        x, y = np.meshgrid(np.arange(width // stride), np.arange(height // stride))
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((x.size, 1), stride))
    cell, step = np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
    if outputs[0].shape[1] != len(cell):
        raise _misfit(model, outputs, say.ROWS_ONE_EACH_CELL(cell=len(cell)))
    return cell, step


def _misfit(model: VisionModel, outputs: Sequence[Tensor], wanted: str) -> ConfigError:
    found = ", ".join(f"{out.name} {list(out.shape)}" for out in outputs)
    head = model.output.head
    return ConfigError(say.DOES_NOT_FIT_MODEL_2(path=model.path, head=head, wanted=wanted, found=found))


_HEADS: dict[str, Callable[[VisionModel, Sequence[Tensor]], Read]] = {"ssd": _ssd, "yolox": _yolox, "yolo": _yolo}
