"""``poleagent vision test|draw``: trying out and aiming a camera."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from agent.acquire.registry import find_drivers
from agent.cli import _sentences_help as about
from agent.cli._apart import print_lines
from agent.cli._command import Commands, add_settings
from agent.cli._numbers import number
from agent.config.load import load
from agent.config.scene import CameraSettings
from agent.vision.cli import vision_draw, vision_test


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    vision = commands.add_parser("vision", help=about.TRY_OUT_AIM_CAMERA(), description=about.TRIES_OUT_AIMS_CAMERA())
    parts = vision.add_subparsers(title="commands", metavar="COMMAND", required=True, help=about.TEST_OR_DRAW())
    test = _part(parts, "test", about.TEST_ABOUT())
    test.add_argument("--seconds", type=number(0, 86400), default=10.0, metavar="N", help=about.HOW_LONG_DEFAULT())
    test.set_defaults(do=_test)
    draw = _part(parts, "draw", about.DRAW_ABOUT())
    draw.add_argument("--out", type=Path, required=True, metavar="PNG", help=about.FILE_WRITE())
    draw.add_argument("--at", type=number(0, 86400), default=2.0, metavar="S", help=about.SECONDS_INTO_VIDEO_DEFAULT())
    draw.set_defaults(do=_draw)


def _part(parts: Commands[argparse.ArgumentParser], name: str, line: str) -> argparse.ArgumentParser:
    command = parts.add_parser(name, help=line, description=f"{line[0].upper()}{line[1:]}.")
    command.add_argument("what", metavar="CAMERA|FILE", help=about.CAMERA_SETTINGS_VIDEO_FILE())
    add_settings(command)
    command.add_argument("--scene", type=Path, metavar="FILE", help=about.SCENE_USE_INSTEAD_CAMERAS())
    return command


def _test(options: argparse.Namespace) -> int:
    return print_lines(vision_test(options.what, _cameras(options), scene=options.scene, seconds=options.seconds))


def _draw(options: argparse.Namespace) -> int:
    return print_lines(vision_draw(options.what, _cameras(options), options.out, scene=options.scene, at_s=options.at))


def _cameras(options: argparse.Namespace) -> Mapping[str, CameraSettings]:
    """The settings' cameras; none where a video or an address is asked for and there are no settings."""
    named = "/" in options.what or "." in options.what or Path(options.what).exists()  # no name of a camera has a dot
    if named and not _is_file(options.settings):
        return {}
    return load(options.settings, find_drivers()).cameras


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its folder is not for this user
        return False
