"""Folders of models that settings name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath

from agent.config import sentences_checks as say
from agent.config.files import here
from agent.config.judging import AnomalySettings
from agent.config.problem import Finding, Path, option
from agent.system.slots import SLOT


def check_model(model: str, path: Path) -> Iterator[Finding]:
    """``path``: of the option that names the folder; an empty ``model`` is that which comes with the agent."""
    if not model or (model.startswith(SLOT) and not here()):
        return
    if not model.startswith("/"):
        yield Finding(path, f"{option(path)} {say.EXPECTED_FULL_PATH_FOLDER()}")
    elif here() and not (FilePath(model) / "model.toml").is_file():
        yield Finding(path, f"{option(path)} {say.NO_MODEL_TOML(model=model)}", warning=True)


def check_anomaly(anomaly: AnomalySettings, path: Path) -> Iterator[Finding]:
    """A model that is missing is asked nothing; the rest works."""
    yield from check_model(anomaly.model or "", (*path, "model"))
