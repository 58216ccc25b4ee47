"""The commands about recorded series: ``poleagent replay`` and ``poleagent tune``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agent import cli_vision

if TYPE_CHECKING:
    from agent.analysis.pipeline import Analysis
    from agent.config.settings import DeviceSettings

_COLUMNS = (
    "The file is CSV with a header: 'timestamp, quantity, value' (and 'device'), or 'timestamp' and one column per "
    "quantity. Times without a zone are UTC."
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    replay = commands.add_parser(
        "replay",
        help="put a recorded series through the real analysis",
        description="Puts a recorded series through sensor checks, rules and anomalies as if it happened now, and "
        f"prints what the pole would have said. {_COLUMNS} A film goes through the vision pipeline instead.",
    )
    source = replay.add_mutually_exclusive_group(required=True)
    source.add_argument("--readings", type=Path, metavar="FILE", help="the recorded series")
    cli_vision.add_replay(replay, source)
    replay.add_argument("--settings", type=Path, metavar="FILE", help="settings to use; default: those of a new pole")
    replay.add_argument("--jsonl", action="store_true", help="one JSON object per reading: score, range, events")
    replay.set_defaults(do=_replay)
    tune = commands.add_parser(
        "tune",
        help="propose limits for a recorded series",
        description=f"Proposes limits and dead bands that suit a recorded series, as settings to paste. {_COLUMNS}",
    )
    tune.add_argument("file", type=Path, metavar="FILE", help="the recorded series")
    tune.add_argument("--settings", type=Path, metavar="FILE", help="settings to use; default: those of a new pole")
    tune.add_argument("--plot", type=Path, metavar="PNG", help="draw series, expected range and events (needs [tune])")
    tune.set_defaults(do=_tune)


def _replay(options: argparse.Namespace) -> int:
    if options.video is not None:
        return cli_vision.replay(options)
    from agent.analysis.replay import replay, show

    show(replay(options.readings, *_analysis(options.settings)), sys.stdout, jsonl=options.jsonl)
    return 0


def _tune(options: argparse.Namespace) -> int:
    from agent.analysis.replay import replay
    from agent.analysis.tune import as_toml, plot, propose

    rows = list(replay(options.file, *_analysis(options.settings)))
    print(as_toml(propose(rows)), end="")
    if options.plot is not None:
        plot(rows, options.plot)
        print(f"# drawn: {options.plot}")
    return 0


def _analysis(settings: Path | None) -> tuple[Analysis, Mapping[str, DeviceSettings]]:
    from agent.analysis.pipeline import Analysis

    if settings is None:
        return Analysis(), {}
    from agent.acquire.registry import find_drivers
    from agent.config.load import load
    from agent.flow import analysis_of

    loaded = load(settings, find_drivers())
    return analysis_of(loaded), {name: device.common for name, device in loaded.devices.items()}
