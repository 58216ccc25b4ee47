"""``poleagent replay``: a recorded series or a video through the real analysis."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.analysis.recording import Recording
from agent.analysis.replay import replay, show, show_json
from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._apart import print_lines
from agent.cli._command import OK, Commands
from agent.cli._numbers import number
from agent.cli._series import COLUMNS, add_offset, analysis, progress
from agent.errors import ConfigError
from agent.vision.cli import replay_video


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "replay",
        help=about.PUT_RECORDED_SERIES_THROUGH(),
        description=about.PUTS_RECORDED_SERIES_THROUGH(columns=COLUMNS),
    )
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--readings", type=Path, metavar="FILE", help=about.RECORDED_SERIES())
    source.add_argument("--video", type=Path, metavar="FILE", help=about.VIDEO_THROUGH_REAL_VISION())
    command.add_argument("--scene", type=Path, metavar="FILE", help=about.VIDEO_LINES_ZONES_MODEL())
    command.add_argument("--fps", type=number(0.1, 1000), metavar="N", help=about.VIDEO_OWN_FRAME_RATE())
    command.add_argument("--settings", type=Path, metavar="FILE", help=about.SETTINGS_USE_DEFAULT_THOSE())
    command.add_argument("--jsonl", action="store_true", help=about.ONE_JSON_OBJECT_PER_3())
    command.add_argument("--profile", action="store_true", help=about.VIDEO_GOLDEN_PROFILE())
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
        raise ConfigError(say.REPLAY_VIDEO_NEEDS_SCENE())
    video = replay_video(options.video, options.scene, jsonl=options.jsonl, profile=options.profile, rate=options.fps)
    return print_lines(video)
