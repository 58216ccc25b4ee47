"""``poleagent replay``: a recorded series or a video through the real analysis."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.analysis.recording import Recording
from agent.analysis.replay import replay, show, show_json
from agent.cli._apart import print_lines
from agent.cli._command import OK, Commands
from agent.cli._numbers import number
from agent.cli._series import COLUMNS, add_offset, analysis, progress
from agent.errors import ConfigError
from agent.vision.cli import replay_video


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "replay",
        help="put a recorded series through the real analysis",
        description="Puts a recorded series through sensor checks, rules and anomalies as if it happened now, and "
        f"prints the events that the pole would have reported. {COLUMNS} A video goes through the vision pipeline.",
    )
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--readings", type=Path, metavar="FILE", help="the recorded series")
    source.add_argument("--video", type=Path, metavar="FILE", help="a video, through the real vision pipeline")
    command.add_argument(
        "--scene", type=Path, metavar="FILE", help="with --video: lines, zones and model (docs/vision.md)"
    )
    command.add_argument(
        "--fps", type=number(0.1, 1000), metavar="N", help="with --video: its own frame rate, if its file is wrong"
    )
    command.add_argument("--settings", type=Path, metavar="FILE", help="settings to use; default: those of a new pole")
    command.add_argument("--jsonl", action="store_true", help="one JSON object per reading: score, range, events")
    add_offset(command)
    command.set_defaults(do=_replay)


def _replay(options: argparse.Namespace) -> int:
    if options.video is None:
        stages = analysis(options.settings)
        if options.jsonl:
            show_json(replay(options.readings, *stages, options.utc_offset_h), sys.stdout)
        else:
            show(Recording(options.readings, options.utc_offset_h), *stages, sys.stdout, progress)
        return OK
    if options.scene is None:
        raise ConfigError("replay --video needs --scene FILE with the lines and zones to look at")
    return print_lines(replay_video(options.video, options.scene, jsonl=options.jsonl, rate=options.fps))
