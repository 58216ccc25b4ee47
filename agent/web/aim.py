"""Aiming: what is drawn in a camera's frame as settings, checked, applied by the daemon, and taken back."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.config.document import read
from agent.config.rows import toml
from agent.errors import AgentError
from agent.setup.files import SettingsFiles
from agent.web import sentences as say
from agent.web.ask import DaemonDoor
from agent.web.keeper import PARTS, KeeperDoor, WriteSettings
from contract.requests import ReloadResult

RELOAD_S = 60.0
_DRAWN = {"line": ("a", "b"), "zone": ("points",), "gauge": ("marks",)}
"""What a drawing says of each; all other options stay as they are."""

_HEAD = re.compile(r"\s*\[\[?\s*[A-Za-z_\"'][^\],]*\]\]?\s*(#.*)?$")
"""A table's head, and no row of a list that is written over several lines."""

Share = Annotated[float, Meta(ge=0, le=1)]
Spot = tuple[Share, Share]
PartName = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]


class DrawnLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A counting line, in shares of the frame's width and height."""

    a: Spot
    b: Spot


class DrawnZone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A zone's corners."""

    points: Annotated[tuple[Spot, ...], Meta(min_length=3, max_length=64)]


class DrawnGauge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Known heights, in metres, lowest first."""

    marks: Annotated[tuple[tuple[Share, Share, float], ...], Meta(min_length=2, max_length=16)]


class DrawnScene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is drawn for one camera."""

    line: Annotated[dict[PartName, DrawnLine], Meta(max_length=16)] = {}
    zone: Annotated[dict[PartName, DrawnZone], Meta(max_length=16)] = {}
    gauge: Annotated[dict[PartName, DrawnGauge], Meta(max_length=8)] = {}


class Aim:
    """The cameras of the settings file ``main``. ``undo`` knows what was there before the last change of this run."""

    def __init__(self, main: Path, daemon: DaemonDoor, keeper: KeeperDoor) -> None:
        self._files = SettingsFiles(main)
        self._daemon = daemon
        self._keeper = keeper
        self._before: dict[Path, str] = {}

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    def scenes(self) -> dict[str, DrawnScene]:
        """What is drawn now, by camera. AgentError: the settings cannot be read, or something is not drawn so."""
        return {name: _drawn(camera) for name, camera in _cameras(self._files.main).items()}

    async def save(self, camera: str, scene: DrawnScene) -> ReloadResult:
        """Write, check, apply. Where anything fails, the settings are as before. AgentError: why."""
        path, text = self._place(camera)
        table = _cameras(self._files.main)[camera]
        changed = replaced(text, camera, _tables(camera, table, scene))
        return await self._apply({path: changed}, {path: text})

    async def undo(self) -> ReloadResult:
        """Put back what stood before the last change. AgentError: there is nothing, or it does not hold any more."""
        if not self._before:
            raise AgentError(say.NOTHING_TO_UNDO())
        back = self._before
        done = await self._apply(back, {path: self._files.text(path) for path in back})
        self._before = {}
        return done

    async def _apply(self, texts: dict[Path, str], before: dict[Path, str]) -> ReloadResult:
        await self._commit(texts)
        problem: Exception | None = None
        try:
            done = await self._daemon.ask("reload", ReloadResult, wait_s=RELOAD_S)
        except AgentError as reason:
            problem = reason
        else:
            problem = AgentError(done.problems[0]) if done.problems else None
        if problem is not None:
            await self._commit(before)
            raise problem
        self._before = before
        return done

    async def _commit(self, texts: dict[Path, str]) -> None:
        if why := await self._keeper.ask(WriteSettings(texts={str(path): text for path, text in texts.items()})):
            raise AgentError(why)

    def _place(self, camera: str) -> tuple[Path, str]:
        document, problems = read(self._files.main)
        if problems:
            raise AgentError(str(problems[0]))
        if camera not in _cameras(self._files.main):
            raise AgentError(say.NO_CAMERA(camera=camera))
        path = Path(document.place(("camera", camera))[0])
        if path != self._files.main and path.parent != self._files.more:
            raise AgentError(say.RELEASED(camera=camera, file=path))
        return path, path.read_text(encoding="utf-8")


def replaced(text: str, camera: str, tables: str) -> str:
    """The settings ``text`` with these tables in place of those of lines, zones and gauges of ``camera``.

    AgentError: they stand in another form than tables of their own, so a person must change them.
    """
    head = re.compile(rf"\s*\[\s*camera\s*\.\s*\"?{re.escape(camera)}\"?\s*\.\s*(?:{'|'.join(PARTS)})\b")
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if _HEAD.match(line):
            inside = bool(head.match(line))
        if not inside or line.lstrip().startswith("#"):
            kept.append(line)
    changed = "".join(kept).rstrip("\n") + "\n\n" + tables
    old, new, wanted = (tomllib.loads(each) for each in (text, changed, tables or ""))
    for part in PARTS:
        old["camera"][camera].pop(part, None)
        new["camera"][camera].pop(part, None)
    whole = tomllib.loads(changed)["camera"][camera]
    if old != new or whole != old["camera"][camera] | wanted.get("camera", {}).get(camera, {}):
        raise AgentError(say.OTHER_FORM(camera=camera))
    return changed


def _cameras(main: Path) -> dict[str, dict[str, Any]]:
    document, problems = read(main)
    if problems:
        raise AgentError(str(problems[0]))
    cameras = document.table.get("camera", {})
    return {name: camera for name, camera in cameras.items() if isinstance(camera, dict)}


def _drawn(camera: dict[str, Any]) -> DrawnScene:
    across, down = camera.get("frame_size") or (1, 1)

    def share(spot: Any) -> list[float]:
        x, y, *height = spot
        return [round(min(1.0, max(0.0, x / across)), 4), round(min(1.0, max(0.0, y / down)), 4), *height]

    try:
        found = {
            part: {
                name: {
                    key: share(each[key]) if key in "ab" else [share(spot) for spot in each[key]]
                    for key in _DRAWN[part]
                }
                for name, each in camera.get(part, {}).items()
            }
            for part in PARTS
        }
        return msgspec.convert(found, DrawnScene)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as reason:
        raise AgentError(say.NOT_DRAWN(why=reason)) from reason


def _tables(title: str, camera: dict[str, Any], scene: DrawnScene) -> str:
    """The tables of all that is drawn, with the other options that each had."""
    across, down = camera.get("frame_size") or (0, 0)

    def spot(share: Any) -> list[float]:
        x, y, *height = share
        return [round(x * across) if across else round(x, 4), round(y * down) if down else round(y, 4), *height]

    text = ""
    for part in PARTS:
        for name, drawn in getattr(scene, part).items():
            own = msgspec.to_builtins(drawn)
            own = {key: spot(each) if key in "ab" else [spot(one) for one in each] for key, each in own.items()}
            options = {**camera.get(part, {}).get(name, {}), **own}
            rows = "".join(f"{key} = {toml(value)}\n" for key, value in options.items())
            text += f"[camera.{title}.{part}.{name}]\n{rows}\n"
    return text
