"""What the commands about recorded series share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.analysis.pipeline import Analysis
from agent.config.load import load
from agent.config.settings import DeviceSettings
from agent.flow import analysis_of

COLUMNS = (
    "The file is CSV with a header: 'timestamp, quantity, value' (and 'device'), or 'timestamp' and one column per "
    "quantity. Times without a zone are UTC."
)


def analysis(settings: Path | None) -> tuple[Analysis, Mapping[str, DeviceSettings]]:
    """The analysis and the devices of a settings file, or those of a new pole."""
    if settings is None:
        return Analysis(), {}
    loaded = load(settings, find_drivers())
    return analysis_of(loaded), {name: device.common for name, device in loaded.devices.items()}
