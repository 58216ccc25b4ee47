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

from agent.errors import ConfigError
from contract.model import CLASSES, ModelDescription, ModelInput, ModelOutput, ModelSeries, Task, contradiction

SHIPPED = "crops"
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
    """Where the agent's own models are: next to the package in a checkout, under ``share`` where it is installed."""
    for root in (Path(__file__).resolve().parents[2] / "models", Path(sys.prefix) / "share/poleagent/models"):
        if (root / SHIPPED / "model.toml").is_file():
            return root / SHIPPED
    raise ConfigError("the crop classifier that comes with the agent is missing: install poleagent again")


def describe(folder: Path, tasks: tuple[Task, ...]) -> Described:
    """The model in ``folder``. ConfigError: it is not as its description says, or is for none of ``tasks``."""
    page = folder / "model.toml"
    try:
        table = msgspec.toml.decode(_contents(page, "a model is a folder with a model.toml"))
        about = msgspec.convert(_renamed(table), ModelDescription)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{page}: {exc}") from exc
    wrong = contradiction(about)
    if about.task not in tasks:
        wrong = f"task is '{about.task}'; a model for this use has task = {' or '.join(map(repr, tasks))}"
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
            raise ConfigError(f"{folder}/model.toml: [classes] speaks of '{label}', which is no label of {about.file}")
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


def _check_file(path: Path, about: ModelDescription) -> None:
    with _open(path, f"get it from {about.source}") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != about.sha256:
        raise ConfigError(
            f"{path} is not the file that model.toml describes: its SHA-256 begins with {digest[:12]}, "
            f"described is {about.sha256[:12]}"
        )


def _labels(path: Path, about: ModelDescription) -> tuple[str, ...]:
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
