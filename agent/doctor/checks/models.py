"""Models: there, whole, of the shape that is described, and something to run them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import get_args

import msgspec

from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.errors import ConfigError
from agent.models.describe import Described, describe
from agent.models.needs import HOW
from agent.system.aside import aside
from agent.system.child import command
from contract.model import Task

LIMIT_S = 14.0
RUNTIMES = ("ai_edge_litert", "tflite_runtime")


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if pole.status is not None and pole.status.left_out:
        tell("model.slow", say.WINDOWS_LEFT_OUT(count=pole.status.left_out), "model of [anomaly]")
    if pole.limited:
        return pole.limited
    if pole.settings is None:
        return say.SETTINGS_UNUSABLE()
    if not pole.settings.models:
        return say.NONE_NAMED()
    if not any(map(pole.box.present, RUNTIMES)):
        tell("model.runtime", say.NO_RUNTIME(runtimes=" nor ".join(RUNTIMES), how=HOW), "model")
    for folder in pole.settings.models:
        about = f"model {folder}"
        if not await aside(lambda folder=folder: (Path(folder) / "model.toml").is_file(), "model"):  # type: ignore[misc]
            tell("model.missing", say.NO_MODEL(file=f"{folder}/model.toml"), about)
            continue
        try:
            described = await aside(lambda folder=folder: describe(Path(folder), get_args(Task)), "model")  # type: ignore[misc]
        except ConfigError as reason:
            tell(reason.cause or "model.unusable", str(reason), about)
            continue
        if any(map(pole.box.present, RUNTIMES)) and (wrong := await _shape(described)):
            tell("model.shape", wrong, about)
    return ""


async def _shape(described: Described) -> str:
    """What the file's tensors have against its description; in a process of its own, which alone loads a runtime."""
    child = await asyncio.create_subprocess_exec(
        *command("agent.models.shape", str(described.path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        out, _ = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        why = out.decode(errors="replace").strip() or "-"
        return say.CANNOT_LOAD(file=described.path, why=why)
    return _compared(described, msgspec.json.decode(out, type=tuple[int, ...]))


def _compared(described: Described, shape: tuple[int, ...]) -> str:
    wanted = described.about.input
    if wanted is None:
        return ""
    width, height = wanted.size
    if shape == (1, height, width, 3):
        return ""
    return say.TAKES_SHAPE(file=described.path, shape=list(shape), described=[1, height, width, 3])
