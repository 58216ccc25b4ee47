"""What changed between two settings, so that a reload touches that and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from agent.config import sentences as say
from agent.config.settings import SECTIONS, Settings

RESTART = ("pole.id", "store", "clock", "local")
"""Sections and options that are read once, when the agent starts."""

_TREATMENT = ("report", "limits", "offsets")
"""What happens to a device's readings after the line; a change of it does not touch the line."""


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """Names of what came, went and changed. Sections are named by option: ``uplink.host``."""

    lines_added: tuple[str, ...] = ()
    lines_removed: tuple[str, ...] = ()
    lines_changed: tuple[str, ...] = ()
    devices_added: tuple[str, ...] = ()
    devices_removed: tuple[str, ...] = ()
    devices_changed: tuple[str, ...] = ()
    """Devices whose driver, line, timing or own options changed."""
    treatment_changed: tuple[str, ...] = ()
    """Devices of which only report, limits or offsets changed."""
    lines_touched: tuple[str, ...] = ()
    """Lines there before and now that changed themselves, or in their devices."""
    options_changed: tuple[str, ...] = ()
    models_changed: tuple[str, ...] = ()
    """Folders of models that hold other contents than before."""
    restart: tuple[str, ...] = ()
    """Those of ``options_changed`` that take effect only when the agent starts anew."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence a change, for the log and the platform; what waits for a restart says so."""
        groups = (
            (say.LINE_ADDED, self.lines_added),
            (say.LINE_REMOVED, self.lines_removed),
            (say.LINE_CHANGED, self.lines_changed),
            (say.DEVICE_ADDED, self.devices_added),
            (say.DEVICE_REMOVED, self.devices_removed),
            (say.DEVICE_CHANGED, self.devices_changed),
            (say.TREATMENT_CHANGED, self.treatment_changed),
            (say.MODEL_CHANGED, self.models_changed),
            (say.OPTION_CHANGED, tuple(name for name in self.options_changed if name not in self.restart)),
            (say.AT_NEXT_START, self.restart),
        )
        return tuple(row(name=name, option=name) for row, names in groups for name in names)


def differences(old: Settings, new: Settings) -> Differences:
    """What somebody has to do who runs with ``old`` and is to run with ``new``."""
    lines = _compare(old.lines, new.lines)
    devices = _compare(
        {name: _polling(device) for name, device in old.devices.items()},
        {name: _polling(device) for name, device in new.devices.items()},
    )
    both = [name for name in old.devices if name in new.devices and name not in devices[2]]
    homes = {settings.devices[name].common.line for settings in (old, new) for name in _all(devices, settings)}
    touched = tuple(name for name in new.lines if name in old.lines and (name in lines[2] or name in homes))
    options = tuple(_options(old, new))
    return Differences(
        lines_added=lines[0],
        lines_removed=lines[1],
        lines_changed=lines[2],
        devices_added=devices[0],
        devices_removed=devices[1],
        devices_changed=devices[2],
        treatment_changed=tuple(name for name in both if old.devices[name] != new.devices[name]),
        lines_touched=touched,
        options_changed=options,
        models_changed=tuple(name for name in new.models if old.models.get(name, new.models[name]) != new.models[name]),
        restart=tuple(name for name in options if name in RESTART or name.partition(".")[0] in RESTART),
    )


_Compared = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def _compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> _Compared:
    """Added, removed, changed."""
    added = tuple(name for name in new if name not in old)
    removed = tuple(name for name in old if name not in new)
    return added, removed, tuple(name for name in new if name in old and new[name] != old[name])


def _all(compared: _Compared, settings: Settings) -> list[str]:
    return [name for names in compared for name in names if name in settings.devices]


def _polling(device: Any) -> tuple[Any, Any]:
    """What the line needs to know of a device."""
    common = msgspec.structs.asdict(device.common)
    return {name: value for name, value in common.items() if name not in _TREATMENT}, device.options


def _options(old: Settings, new: Settings) -> list[str]:
    changed = []
    for section in SECTIONS:
        before, after = getattr(old, section), getattr(new, section)
        if before is None or after is None:
            changed += [section] if before is not after else []
            continue
        changed += [
            f"{section}.{name}" for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)
        ]
    cameras = dict.fromkeys((*old.cameras, *new.cameras))
    changed += [f"camera.{name}" for name in cameras if old.cameras.get(name) != new.cameras.get(name)]
    names = dict.fromkeys((*old.rule, *new.rule))
    changed += [f"rule.{name}" for name in names if old.rule.get(name) != new.rule.get(name)]
    return changed


def camera_changed(old: Settings, new: Settings, name: str) -> bool:
    """Whether a camera's settings or the contents of its model differ."""
    before, after = old.cameras.get(name), new.cameras.get(name)
    return before != after or (after is not None and old.models.get(after.model) != new.models.get(after.model))
