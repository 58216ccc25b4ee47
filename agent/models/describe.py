"""A folder with a ``model.toml`` and its file, checked against each other without numpy or a runtime.

A model that does not fit its description is refused with a sentence that says how; nothing is guessed at run time.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec

from agent.config.bounds import parsed
from agent.errors import ConfigError
from agent.models import sentences as say
from contract.model import CLASSES, ModelDescription, ModelInput, ModelOutput, ModelSeries, Task, contradiction

SHIPPED = "crops"
DIVIDER = "groups"
MOST_BYTES = 256 << 20
MOST_TEXT = 1 << 20
"""Bytes of a description or of labels; what is beyond is not read."""
BACKGROUND = "background"
"""What a classifier may call a blob that is nothing."""
VISION: tuple[Task, ...] = ("detect", "classify")


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A description whose file is the one that it describes."""

    about: ModelDescription
    path: Path

    @property
    def series(self) -> ModelSeries:
        """Of a model of series, as ``describe`` was asked for."""
        assert self.about.series is not None
        return self.about.series


class VisionModel(msgspec.Struct, frozen=True, kw_only=True):
    """A detector or classifier whose description was checked against its file, except for the tensors' shapes."""

    about: ModelDescription
    path: Path
    labels: tuple[str, ...]
    classes: tuple[int, ...]
    """For each label the index of its class in CLASSES, or -1."""

    @property
    def input(self) -> ModelInput:
        assert self.about.input is not None
        return self.about.input

    @property
    def output(self) -> ModelOutput:
        assert self.about.output is not None
        return self.about.output


def shipped_folder() -> Path:
    """Where the agent's own classifier is. ConfigError: it is missing."""
    folder = _own(SHIPPED)
    if folder is None:
        raise ConfigError(say.CROP_CLASSIFIER_COMES_AGENT())
    return folder


def divider_folder() -> Path | None:
    """Where the model is that divides groups; None: it is not installed, and the agent does without."""
    return _own(DIVIDER)


def _own(name: str) -> Path | None:
    """Next to the package in a checkout, under ``share`` where it is installed."""
    for root in (Path(__file__).resolve().parents[2] / "models", Path(sys.prefix) / "share/poleagent/models"):
        if (root / name / "model.toml").is_file():
            return root / name
    return None


def describe(folder: Path, tasks: tuple[Task, ...]) -> Described:
    """The model in ``folder``. ConfigError: it is not as its description says, or is for none of ``tasks``."""
    page = folder / "model.toml"
    try:
        table = parsed(_contents(page, say.MODEL_FOLDER_MODEL_TOML()).decode())
        about = msgspec.convert(_renamed(table), ModelDescription)
    except (msgspec.ValidationError, ValueError) as exc:
        raise ConfigError(f"{page}: {exc}") from exc
    wrong = contradiction(about)
    if about.task not in tasks:
        wrong = say.TASK_MODEL_USE_TASK(task=about.task, repr=" or ".join(map(repr, tasks)))
    if wrong:
        raise ConfigError(f"{page}: {wrong}")
    path = folder / about.file
    _check_file(path, about)
    return Described(about=about, path=path)


def read_model(folder: Path) -> VisionModel:
    """The detector or classifier in ``folder``. ConfigError: anything about it is not as its description says."""
    described = describe(folder, VISION)
    about = described.about
    labels = _labels(described.path, about)
    for label in about.classes:
        if label not in labels:
            raise ConfigError(say.MODEL_TOML_CLASSES_SPEAKS(folder=folder, label=label, file=about.file))
    classes = tuple(CLASSES.index(about.classes[label]) if label in about.classes else -1 for label in labels)
    return VisionModel(about=about, path=described.path, labels=labels, classes=classes)


def _renamed(table: dict[str, Any]) -> dict[str, Any]:
    """A model of series that version 0.1 trained, in today's form; any other table as it is."""
    if table.get("task") != "anomaly":
        return table
    series = {key: value for key, value in table.items() if key in ModelSeries.__struct_fields__}
    rest = {key: value for key, value in table.items() if key not in series}
    usual = {"file": "model.tflite", "licence": "own", "source": "models/window-autoencoder/train.py"}
    return {**usual, **rest, "task": "series", "series": series}


def _open(path: Path, hint: str) -> BufferedReader:
    """An ordinary file of a bearable size. ConfigError: it is none."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(say.NO_FILE(path=path, hint=hint))
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ConfigError(say.MIB_MODEL_POLE_MOST(path=path, size=size >> 20, most_bytes=MOST_BYTES >> 20))
        return path.open("rb")
    except OSError as exc:
        raise ConfigError(say.CANNOT_READ(path=path, strerror=exc.strerror, hint=hint)) from exc
    except ValueError as exc:  # a name with a zero byte
        raise ConfigError(say.NO_NAME_FILE(path=str(path), exc=exc)) from exc


def _contents(path: Path, hint: str) -> bytes:
    with _open(path, hint) as file:
        return file.read(MOST_TEXT)


def _check_file(path: Path, about: ModelDescription) -> None:
    with _open(path, say.GET_FROM(source=about.source)) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != about.sha256:
        raise ConfigError(
            say.NOT_FILE_MODEL_TOML(path=path, digest=digest[:12], sha256=about.sha256[:12]), cause="model.changed"
        )


def _labels(path: Path, about: ModelDescription) -> tuple[str, ...]:
    if isinstance(about.labels, tuple):
        return about.labels
    if about.labels != "metadata":
        text = _contents(path.parent / about.labels, say.HOLDS_LABELS_ONE_LINE())
        return _lines(text.decode("utf-8", "replace"))
    try:  # TFLite metadata: associated files are a zip archive behind the flatbuffer
        with zipfile.ZipFile(path) as archive:
            texts = [name for name in archive.namelist() if name.endswith(".txt")]
            if texts:
                with archive.open(texts[0]) as file:
                    return _lines(file.read(MOST_TEXT).decode("utf-8", "replace"))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):  # an archive of some other kind
        pass
    raise ConfigError(say.CARRIES_NO_LABELS_OWN(path=path))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
