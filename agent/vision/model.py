"""A model's description, ``model.toml``: what goes in, what comes out, what its labels mean, where it is from.

A model that does not fit its description is refused with a sentence that says how; nothing is guessed at run time.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from io import BufferedReader
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.config.table import Table
from agent.errors import ConfigError
from agent.vision.boxes import CLASSES
from agent.vision.letterbox import Fit

SHIPPED = "crops"
MOST_BYTES = 256 << 20
MOST_TEXT = 1 << 20
"""Bytes of a description or of labels; what is beyond is not read."""
BACKGROUND = "background"
"""What a classifier may call a blob that is nothing."""


class InputSettings(Table, frozen=True, kw_only=True):
    """The picture as the model wants it: a float model gets ``pixel * scale + offset``."""

    size: Annotated[tuple[int, int], Meta(description="width and height")]
    colour: Literal["rgb", "bgr"] = "rgb"
    fit: Fit = "stretch"
    pad: Annotated[int, Meta(ge=0, le=255, description="grey level round a letterboxed picture")] = 114
    crops: Annotated[
        float,
        Meta(ge=0, le=4, description="side of a crop in object sizes, for what the whole frame missed; 0: no crops"),
    ] = 0.0
    scale: Annotated[float, Meta(gt=0)] = 1.0
    offset: float = 0.0


class OutputSettings(Table, frozen=True, kw_only=True):
    """How the numbers that come out are read; see ``heads``."""

    head: Literal["ssd", "yolox", "yolo", "classes"]
    units: Annotated[Literal["pixels", "share"], Meta(description="of box coordinates: input pixels, or 0 to 1")] = (
        "pixels"
    )
    decoded: Annotated[bool, Meta(description="yolox: false where boxes are still offsets of grid cells")] = True
    softmax: Annotated[bool, Meta(description="classes: true where the outputs are not yet shares")] = False
    names: Annotated[
        dict[Literal["boxes", "classes", "scores", "count"], str],
        Meta(description="ssd: names of its outputs, where they are none of the usual ones"),
    ] = msgspec.field(default_factory=dict)
    score: Annotated[
        float, Meta(gt=0, lt=1, description="least score of what stands; what moves may have .35 less")
    ] = 0.45
    sure: Annotated[float, Meta(gt=0, lt=1, description="least score that may begin a track")] = 0.6
    overlap: Annotated[float, Meta(gt=0, le=1, description="boxes of a class that overlap more are one")] = 0.5


class Description(Table, frozen=True, kw_only=True):
    """The whole of ``model.toml``."""

    name: str
    task: Literal["detect", "classify"]
    file: Annotated[str, Meta(min_length=1, description="the .tflite file, beside model.toml")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    licence: Annotated[str, Meta(min_length=1)]
    source: Annotated[str, Meta(min_length=1, description="where it is from")]
    input: InputSettings
    output: OutputSettings
    labels: Annotated[
        str | tuple[str, ...],
        Meta(description="'metadata' (inside the file), a text file beside it, or the labels themselves"),
    ] = "metadata"
    classes: Annotated[
        dict[str, str], Meta(min_length=1, description="label -> person, vehicle, two_wheeler; others are dropped")
    ]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A description that was checked against its file, except for the tensors' shapes."""

    about: Description
    path: Path
    labels: tuple[str, ...]
    classes: tuple[int, ...]
    """For each label the index of its class in CLASSES, or -1."""


def shipped_folder() -> Path:
    """Where the agent's own models are: beside the package in a checkout, under ``share`` where it is installed."""
    for root in (Path(__file__).resolve().parents[2] / "models", Path(sys.prefix) / "share/poleagent/models"):
        if (root / SHIPPED / "model.toml").is_file():
            return root / SHIPPED
    raise ConfigError("the crop classifier that comes with the agent is missing: install poleagent again")


def read_model(folder: Path) -> Model:
    """The model in ``folder``. ConfigError: anything about it is not as its description says."""
    page = folder / "model.toml"
    try:
        about = msgspec.toml.decode(_contents(page, "a model is a folder with a model.toml"), type=Description)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{page}: {exc}") from exc
    wrong = _contradiction(about)
    if wrong:
        raise ConfigError(f"{page}: {wrong}")
    path = folder / about.file
    _check_file(path, about)
    labels = _labels(path, about)
    for label, name in about.classes.items():
        if name not in CLASSES:
            raise ConfigError(f"{page}: [classes] {label} = '{name}' is none of {', '.join(CLASSES)}")
        if label not in labels:
            raise ConfigError(f"{page}: [classes] speaks of '{label}', which is no label of {about.file}")
    classes = tuple(CLASSES.index(about.classes[label]) if label in about.classes else -1 for label in labels)
    return Model(about=about, path=path, labels=labels, classes=classes)


def _contradiction(about: Description) -> str:
    """What types cannot say of a description; empty where all is well."""
    heads = ("classes",) if about.task == "classify" else ("ssd", "yolox", "yolo")
    if about.output.head not in heads:
        return f"task '{about.task}' goes with head {' or '.join(heads)}, not '{about.output.head}'"
    if about.output.sure < about.output.score:
        return f"[output] sure = {about.output.sure:g} is less than score = {about.output.score:g}"
    if not (isfinite(about.input.scale) and isfinite(about.input.offset)):
        return "[input] scale and offset must be finite"
    return ""


def _open(path: Path, hint: str) -> BufferedReader:
    """An ordinary file of a bearable size. ConfigError: it is none."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is no file; {hint}")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ConfigError(f"{path} has {size >> 20} MiB; a model for a pole has at most {MOST_BYTES >> 20}")
        return path.open("rb")
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}; {hint}") from exc
    except ValueError as exc:  # a name with a zero byte
        raise ConfigError(f"{str(path)!r} is no name of a file: {exc}") from exc


def _contents(path: Path, hint: str) -> bytes:
    with _open(path, hint) as file:
        return file.read(MOST_TEXT)


def _check_file(path: Path, about: Description) -> None:
    with _open(path, f"get it from {about.source}") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != about.sha256:
        raise ConfigError(
            f"{path} is not the file that model.toml describes: its SHA-256 begins with {digest[:12]}, "
            f"described is {about.sha256[:12]}"
        )


def _labels(path: Path, about: Description) -> tuple[str, ...]:
    if isinstance(about.labels, tuple):
        return about.labels
    if about.labels != "metadata":
        text = _contents(path.parent / about.labels, "it holds the labels, one a line")
        return _lines(text.decode("utf-8", "replace"))
    try:  # TFLite metadata: associated files are a zip archive behind the flatbuffer
        with zipfile.ZipFile(path) as archive:
            texts = [name for name in archive.namelist() if name.endswith(".txt")]
            if texts:
                with archive.open(texts[0]) as file:
                    return _lines(file.read(MOST_TEXT).decode("utf-8", "replace"))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):  # an archive of some other kind
        pass
    raise ConfigError(f"{path} carries no labels of its own: set labels in model.toml")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
