"""Where the releases of a pole lie, and models by the name of their slot: ``slot:crops`` becomes a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path as FilePath
from typing import Any

from agent.config import sentences as say
from agent.config.files import here
from agent.config.problem import Finding, Path
from agent.system.slots import SLOT, USUAL_STORE, Slots

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
SHIPPED = "crops"
"""A camera without a model uses the shipped one, or a release of that name."""


_INSTEAD: ContextVar[Slots | None] = ContextVar("slots instead of the pole's", default=None)


@contextmanager
def slots_instead(slots: Slots) -> Iterator[None]:
    """Inside, settings are read with these releases and not with those that run."""
    was = _INSTEAD.set(slots)
    try:
        yield
    finally:
        _INSTEAD.reset(was)


def slots_of(table: Mapping[str, Any]) -> Slots:
    """The releases that run, by the settings ``table``: they lie next to the store."""
    if (instead := _INSTEAD.get()) is not None:
        return instead
    store = table.get("store")
    path = store.get("path") if isinstance(store, dict) else None
    return Slots(FilePath(path if isinstance(path, str) else USUAL_STORE).parent)


def fill_slots(table: dict[str, Any]) -> Iterator[Finding]:
    """Put folders in the place of slots, in place; a finding where no release of that name has arrived."""
    if not here():
        return
    slots = slots_of(table)
    if (running := slots.running("model", SHIPPED)) is not None:
        for camera in _tables(table.get("camera")).values():
            if isinstance(camera, dict):
                camera.setdefault("model", str(running))
    holders: list[tuple[Path, Any]] = [(("anomaly",), table.get("anomaly"))]
    holders += [(("camera", name), camera) for name, camera in _tables(table.get("camera")).items()]
    for path_of, holder in holders:
        named = holder.get("model") if isinstance(holder, dict) else None
        if isinstance(named, str) and named.startswith(SLOT):
            name = named.removeprefix(SLOT)
            folder = (
                slots.running("model", name) if name.isidentifier() or name.replace("-", "_").isidentifier() else None
            )
            if folder is None:
                yield Finding((*path_of, "model"), say.NO_RELEASE_MODEL_ARRIVED(name=name))
            else:
                holder["model"] = str(folder)


def _tables(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
