"""The answers of an unattended setup: one TOML file, strict like the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.config.bounds import parsed
from agent.config.explain import explain
from agent.config.scene import CameraSettings
from agent.config.settings import Name, PoleSettings
from agent.config.table import Table
from agent.setup import sentences as say

MOST_PROBLEMS = 20


class Answers(Table, frozen=True, kw_only=True):
    """What a person would say at the terminal. One of ``claim``, ``stick`` and ``offline`` says how it is claimed."""

    claim: Annotated[str | None, Meta(description="the claim link")] = None
    stick: Annotated[str | None, Meta(description="file or folder of a stick with the claim link")] = None
    offline: Annotated[bool, Meta(description="true: no platform for now")] = False
    pole: Annotated[PoleSettings | None, Meta(description="who the pole is, where no claim says it")] = None
    ports: Annotated[tuple[str, ...] | None, Meta(description="serial ports to scan; default all of the box")] = None
    rename: Annotated[
        dict[str, Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,62})?$")]],
        Meta(description="proposed name -> its name in the settings; empty: it is left out"),
    ] = {}
    camera: Annotated[dict[Name, CameraSettings], Meta(description="cameras, as in the settings")] = {}
    replace: Annotated[bool, Meta(description="true: files of an earlier setup are replaced")] = False
    by: Annotated[str, Meta(max_length=100, description="who sets the pole up, for the acceptance report")] = ""


def read_answers(path: Path) -> tuple[Answers, dict[str, Any]]:
    """The answers in ``path``, and the tables of its cameras as they stand there. Raises ``SetupError``."""
    try:
        table = parsed(path.read_text(encoding="utf-8-sig"))
    except OSError as reason:
        raise say.SetupError(say.NO_ANSWERS, file=path, why=(reason.strerror or str(reason)).lower()) from reason
    except ValueError as reason:
        raise say.SetupError(say.NO_ANSWERS, file=path, why=reason) from reason
    try:
        answers = msgspec.convert(table, Answers)
    except msgspec.ValidationError as reason:
        found = explain(Answers, table, (), (), MOST_PROBLEMS)
        why = "; ".join(finding.text for finding in found) or str(reason)
        raise say.SetupError(say.BAD_ANSWERS, file=path, why=why) from reason
    if sum((answers.claim is not None, answers.stick is not None, answers.offline)) > 1:
        raise say.SetupError(say.BAD_ANSWERS, file=path, why="claim, stick and offline: one of them")
    cameras = table.get("camera", {})
    return answers, cameras if isinstance(cameras, dict) else {}
