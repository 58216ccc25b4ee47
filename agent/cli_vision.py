"""The commands about cameras: ``poleagent vision test`` and ``vision draw``, and ``replay --video``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import ConfigError

if TYPE_CHECKING:
    from agent.config.settings import CameraSettings

_WHAT = "a camera of the settings, or a film's file"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], settings: Path) -> None:
    vision = commands.add_parser(
        "vision",
        help="try and aim a camera",
        description="Tries a camera or draws its scene, apart from the running agent (needs the extra [vision]).",
    )
    verbs = vision.add_subparsers(title="what to do", metavar="VERB", required=True)
    test = verbs.add_parser(
        "test",
        help="how fast it is, and what it sees",
        description="Looks for some seconds and tells the rate, the time of an inference, and what was seen.",
    )
    test.add_argument("--seconds", type=float, default=10.0, metavar="N", help="how long to look (%(default)s)")
    test.set_defaults(do=_test)
    draw = verbs.add_parser(
        "draw",
        help="write a picture of the scene",
        description="Writes a PNG with lines, zones, gauges and boxes; persons and vehicles in it are pixelated.",
    )
    draw.add_argument("--out", type=Path, required=True, metavar="PNG", help="the file to write")
    draw.add_argument("--at", type=float, default=2.0, metavar="S", help="from this second of it on (%(default)s)")
    draw.set_defaults(do=_draw)
    for verb in (test, draw):
        verb.add_argument("what", metavar="CAMERA|FILE", help=_WHAT)
        verb.add_argument("--scene", type=Path, metavar="FILE", help="FILE: its lines, zones and gauges, as TOML")
        verb.add_argument("--settings", type=Path, default=settings, metavar="FILE", help="settings file (%(default)s)")


def film(options: argparse.Namespace) -> int:
    """``poleagent replay --video``."""
    from agent.vision.cli import replay_video

    if options.scene is None:
        raise ConfigError("--video needs --scene FILE: what to count in the film; docs/vision.md shows one")
    return _print(replay_video(options.video, options.scene, jsonl=options.jsonl))


def _test(options: argparse.Namespace) -> int:
    from agent.vision.cli import vision_test

    return _print(vision_test(options.what, _cameras(options), scene=options.scene, seconds=options.seconds))


def _draw(options: argparse.Namespace) -> int:
    from agent.vision.cli import vision_draw

    return _print(vision_draw(options.what, _cameras(options), options.out, scene=options.scene, at_s=options.at))


def _cameras(options: argparse.Namespace) -> Mapping[str, CameraSettings]:
    """Those of the settings; a film needs none."""
    if Path(options.what).is_file():
        return {}
    from agent.acquire.registry import find_drivers
    from agent.config.load import load

    return load(options.settings, find_drivers()).cameras


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        print(line, flush=True)
    return 0
