"""What a camera's model can count at its settings, in sentences: by the figures that its description carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent.config.scene import CountingLine, SceneSettings
from agent.errors import ConfigError
from agent.models import sentences as say
from agent.models.describe import VISION, describe, divider_folder, shipped_folder
from contract.model import CLASSES, ModelDescription

FEWEST_FPS = 8.0
"""Below it fast vehicles cross a line between two frames: 6 of 31 crossings lasted less than .2 s at 5 frames/s."""
_POOR = 0.2
"""A model that counts more than this share wrong cannot count."""


def counting_advice(scene: SceneSettings) -> Iterator[str]:
    """What the lines of ``scene`` cannot be expected to count. Nothing of a model that cannot be used."""
    about = description(scene)
    for name, line in scene.line.items():
        if set(_counted(line)) != {"person"} and scene.fps < FEWEST_FPS:
            yield (say.LINE_COUNTS_VEHICLES_FRAMES(name=name, fps=scene.fps, fewest_fps=FEWEST_FPS))
        if about is not None:
            yield from (f"line {name}: {each}" for each in _cannot(about, line, looks_per_s(scene)))


def expectation(scene: SceneSettings, looks: float) -> Iterator[str]:
    """What is to be expected of each class at ``looks`` inferences per second."""
    about = description(scene)
    if about is None:
        return
    for label in CLASSES:
        error = about.error(label, looks)
        if error is None:
            yield say.NOT_MEASURED_LOOKS_PER(label=label, name=about.name, looks=looks)
        else:
            yield (
                say.CROSSINGS_WRONG_WHERE_MEASURED(
                    label=label,
                    wrong=error.wrong,
                    crossings=error.crossings,
                    share=error.share,
                    name=about.name,
                    looks_per_s=error.looks_per_s,
                )
            )


def looks_per_s(scene: SceneSettings) -> float:
    """The most that the settings allow."""
    return min(scene.fps, scene.budget)


def description(scene: SceneSettings) -> ModelDescription | None:
    try:
        if scene.model:
            return describe(Path(scene.model), VISION).about
        about, divider = describe(shipped_folder(), VISION).about, divider_folder()
        if divider is None:
            return about
        together = describe(divider, ("divide",)).about.errors
        return msgspec.structs.replace(about, errors=together or about.errors)
    except ConfigError:
        return None


def _counted(line: CountingLine) -> tuple[str, ...]:
    return line.labels or CLASSES


def _cannot(about: ModelDescription, line: CountingLine, looks: float) -> Iterator[str]:
    """Only of classes that the line asks for by name: a line for all counts what the model can."""
    for label in line.labels:
        if label not in about.classes.values():
            yield say.KNOWS_NO(name=about.name, label=label)
            continue
        error = about.error(label, looks)
        if error is not None and error.share > _POOR:
            yield say.CROSSINGS_WERE_COUNTED_WRONG(
                name=about.name, wrong=error.wrong, crossings=error.crossings, label=label
            )
