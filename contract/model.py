"""``model.toml``: what goes into a model, what comes out, what its labels mean, where it is from. One form for all.

A model of frames has ``input``, ``output``, ``labels``, ``classes``; a model of series ``series``.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

CLASSES = ("person", "vehicle", "two_wheeler")
"""What a scene's rules are about; the labels of every model of frames are mapped to these, or dropped."""
Fit = Literal["stretch", "letterbox", "letterbox-top-left"]
Task = Literal["detect", "classify", "divide", "series"]
_HEADS: dict[str, tuple[str, ...]] = {
    "classify": ("classes",),
    "detect": ("ssd", "yolox", "yolo"),
    "divide": ("centres",),
}


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A misspelt option is an error, not a default."""


class ModelInput(_Part, frozen=True, kw_only=True):
    """The frame as the model wants it: a float model gets ``pixel * scale + offset``."""

    size: Annotated[tuple[int, int], Meta(description="width and height")]
    colour: Literal["rgb", "bgr"] = "rgb"
    fit: Fit = "stretch"
    pad: Annotated[int, Meta(ge=0, le=255, description="grey level round a letterboxed frame")] = 114
    crops: Annotated[
        float,
        Meta(ge=0, le=4, description="side of a crop in object sizes, for what the whole frame missed; 0: no crops"),
    ] = 0.0
    scale: Annotated[float, Meta(gt=0)] = 1.0
    offset: float = 0.0


class ModelOutput(_Part, frozen=True, kw_only=True):
    """How the numbers that come out are read."""

    head: Literal["ssd", "yolox", "yolo", "classes", "centres"]
    units: Annotated[Literal["pixels", "share"], Meta(description="of box coordinates: input pixels, or 0 to 1")] = (
        "pixels"
    )
    decoded: Annotated[bool, Meta(description="yolox: false where boxes are still offsets of grid cells")] = True
    softmax: Annotated[bool, Meta(description="classes: true where the outputs are not yet shares")] = False
    names: Annotated[
        dict[Literal["boxes", "classes", "scores", "count"], str],
        Meta(description="ssd: names of its outputs, where they are none of the usual ones"),
    ] = {}
    score: Annotated[
        float, Meta(gt=0, lt=1, description="least score of what stands; what moves may have .35 less")
    ] = 0.45
    sure: Annotated[float, Meta(gt=0, lt=1, description="least score that may begin a track")] = 0.6
    overlap: Annotated[float, Meta(gt=0, le=1, description="boxes of a class that overlap more are one")] = 0.5


class ModelError(_Part, frozen=True, kw_only=True):
    """How well lines were counted with it, once: ``wrong`` (missed, false, wrong direction) of ``crossings``."""

    label: str
    looks_per_s: Annotated[float, Meta(gt=0)]
    wrong: Annotated[int, Meta(ge=0)]
    crossings: Annotated[int, Meta(gt=0)]

    @property
    def share(self) -> float:
        return self.wrong / self.crossings


class ModelSeries(_Part, frozen=True, kw_only=True):
    """The windows of a model of series: ``window`` steps of ``step_s`` seconds of some quantities, standardised."""

    step_s: Annotated[float, Meta(gt=0)]
    window: Annotated[int, Meta(gt=0)]
    quantities: Annotated[tuple[str, ...], Meta(min_length=1)]
    mean: tuple[float, ...]
    std: tuple[float, ...]


MOST_SHARE = 255
Share = Annotated[int, Meta(ge=0, le=MOST_SHARE)]
Shares = tuple[Share, Share, Share, Share, Share, Share, Share, Share]
ClassShares = tuple[Share, Share, Share, Share]
HISTOGRAMS = ("scores", "classes", "sizes", "brightness")
"""What a profile counts: of detections the first three, of frames the last."""


class GoldenProfile(_Part, frozen=True, kw_only=True):
    """What the model says of the frames that it was made for, as the event `profile` counts it; in parts of 255."""

    looks: Annotated[int, Meta(gt=0)]
    objects: Annotated[int, Meta(ge=0)]
    scores: Shares
    classes: ClassShares
    sizes: Shares
    brightness: Shares


class ModelDescription(_Part, frozen=True, kw_only=True):
    """The whole of ``model.toml``."""

    name: Annotated[str, Meta(min_length=1)]
    task: Task
    file: Annotated[str, Meta(min_length=1, description="the .tflite file in the same folder")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="of that file")]
    licence: Annotated[str, Meta(min_length=1)]
    source: Annotated[str, Meta(min_length=1, description="where it is from")]
    input: ModelInput | None = None
    output: ModelOutput | None = None
    labels: Annotated[
        str | tuple[str, ...],
        Meta(description="'metadata' (inside the file), a text file in the same folder, or the labels themselves"),
    ] = "metadata"
    classes: Annotated[
        dict[str, str], Meta(description="label -> person, vehicle, two_wheeler; others are dropped")
    ] = {}
    errors: Annotated[
        tuple[ModelError, ...], Meta(description="how well lines were counted with it, by bench.vision_count")
    ] = ()
    series: ModelSeries | None = None
    profile: Annotated[
        GoldenProfile | None, Meta(description="what it says of frames that it was made for, by `replay --profile`")
    ] = None

    def error(self, label: str, looks_per_s: float) -> ModelError | None:
        """The best that is known of ``label`` with no more looks than that; None: nothing is known."""
        known = [it for it in self.errors if it.label == label and it.looks_per_s <= looks_per_s + 0.5]
        return max(known, key=lambda it: it.looks_per_s, default=None)


def contradiction(about: ModelDescription) -> str:
    """What types cannot say of a description; empty where all is well."""
    return next(_series(about) if about.task == "series" else _frames(about), "")


def _frames(about: ModelDescription) -> Iterator[str]:
    if about.series is not None:
        yield f"task '{about.task}' has no table [series]"
    if about.input is None or about.output is None or not about.classes:
        yield f"task '{about.task}' needs the tables [input], [output] and [classes]"
        return
    heads = _HEADS[about.task]
    if about.output.head not in heads:
        yield f"task '{about.task}' goes with head {' or '.join(heads)}, not '{about.output.head}'"
    if about.output.sure < about.output.score:
        yield f"[output] sure = {about.output.sure:g} is less than score = {about.output.score:g}"
    if not (isfinite(about.input.scale) and isfinite(about.input.offset)):
        yield "[input] scale and offset must be finite"
    for label, name in about.classes.items():
        if name not in CLASSES:
            yield f"[classes] {label} = '{name}' is none of {', '.join(CLASSES)}"


def _series(about: ModelDescription) -> Iterator[str]:
    series = about.series
    if series is None:
        yield "task 'series' needs the table [series]"
        return
    if not len(series.quantities) == len(series.mean) == len(series.std):
        yield "[series] quantities, mean and std must be as many"
    if not all(isfinite(value) for value in (*series.mean, *series.std)) or min(series.std, default=0) <= 0:
        yield "[series] mean must be finite, and std above 0"
