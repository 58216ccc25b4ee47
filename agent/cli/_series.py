"""What the commands about recorded series share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.analysis.pipeline import Analysis
from agent.cli import _sentences_help as about
from agent.cli._numbers import number
from agent.config.load import load
from agent.config.settings import DeviceSettings
from agent.flow import analysis_of

COLUMNS = about.FILE_CSV_HEADER_TIMESTAMP()


def add_offset(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--utc-offset-h",
        type=number(-12, 14),
        default=0.0,
        metavar="H",
        help=about.LOCAL_TIME_LESS_UTC(),
    )


def progress(text: str) -> None:
    """A sign of life on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text}", end="", file=sys.stderr, flush=True)


def analysis(settings: Path | None) -> tuple[Analysis, Mapping[str, DeviceSettings]]:
    """The analysis and the devices of a settings file, or those of a new pole."""
    if settings is None:
        return Analysis(), {}
    loaded = load(settings, find_drivers())
    return analysis_of(loaded), {name: device.common for name, device in loaded.devices.items()}
