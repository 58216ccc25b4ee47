"""``polerelease replay``: what a release changes in what poles report."""

from __future__ import annotations

import argparse
from pathlib import Path

from release.cli._common import Commands
from release.errors import ReleaseError
from release.replaying import replay_series, replay_video


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "replay",
        help="compare a release with what runs now, on recorded data",
        description="Runs 'poleagent replay' over recorded videos (a model) or series (settings), with the release and "
        "without, and prints what is reported otherwise.",
    )
    command.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle of a model or of settings")
    command.add_argument("--video", type=Path, action="append", metavar="FILE", help="a video, with --scene")
    command.add_argument("--scene", type=Path, metavar="FILE", help="lines, zones and today's model (docs/vision.md)")
    command.add_argument("--readings", type=Path, action="append", metavar="FILE", help="a series, with --settings")
    command.add_argument("--settings", type=Path, metavar="FILE", help="the settings of a pole today")
    command.set_defaults(do=_replay)


def _replay(options: argparse.Namespace) -> int:
    if options.video and options.scene:
        compared = replay_video(options.bundle, options.video, options.scene)
    elif options.readings and options.settings:
        compared = replay_series(options.bundle, options.readings, options.settings)
    else:
        raise ReleaseError("give --video with --scene for a model, or --readings with --settings for settings")
    for line in compared.lines:
        print(line)
    return 0
