"""The commands about cameras: ``poleagent vision test|draw``, and ``poleagent replay --video``."""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli_numbers import number
from agent.errors import ConfigError

if TYPE_CHECKING:
    from agent.config.scene import CameraSettings

STDERR = 2
_SETTINGS = Path("/etc/poleagent/poleagent.toml")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    vision = commands.add_parser("vision", help="try out and aim a camera", description="Tries out and aims a camera.")
    parts = vision.add_subparsers(title="commands", metavar="COMMAND", required=True, help="test or draw")
    test = _part(parts, "test", "how fast a camera is looked at, and what is seen")
    test.add_argument("--seconds", type=number(0, 86400), default=10.0, metavar="N", help="how long (%(default)s)")
    test.set_defaults(do=_test)
    draw = _part(parts, "draw", "write a picture with lines, zones and boxes; who is in it is pixelated")
    draw.add_argument("--out", type=Path, required=True, metavar="PNG", help="the file to write")
    draw.add_argument(
        "--at", type=number(0, 86400), default=2.0, metavar="S", help="seconds into the film (%(default)s)"
    )
    draw.set_defaults(do=_draw)


def add_replay(replay: argparse.ArgumentParser, source: argparse._MutuallyExclusiveGroup) -> None:
    """The options by which ``replay`` takes a film instead of readings."""
    source.add_argument("--video", type=Path, metavar="FILE", help="a film, through the real vision pipeline")
    replay.add_argument(
        "--scene", type=Path, metavar="FILE", help="with --video: lines, zones and model (docs/vision.md)"
    )
    replay.add_argument(
        "--fps", type=number(0.1, 1000), metavar="N", help="with --video: the film's own rate, if its file is wrong"
    )


def replay(options: argparse.Namespace) -> int:
    from agent.vision.cli import replay_video

    if options.scene is None:
        raise ConfigError("replay --video needs --scene FILE with the lines and zones to look at")
    return _print(replay_video(options.video, options.scene, jsonl=options.jsonl, rate=options.fps))


def _part(parts: argparse._SubParsersAction[argparse.ArgumentParser], name: str, about: str) -> argparse.ArgumentParser:
    command = parts.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
    command.add_argument("what", metavar="CAMERA|FILE", help="a camera of the settings, a film, or an address")
    command.add_argument("--settings", type=Path, default=_SETTINGS, metavar="FILE", help="settings file (%(default)s)")
    command.add_argument("--scene", type=Path, metavar="FILE", help="a scene to use instead of the camera's own")
    return command


def _test(options: argparse.Namespace) -> int:
    from agent.vision.cli import vision_test

    return _print(vision_test(options.what, _cameras(options), scene=options.scene, seconds=options.seconds))


def _draw(options: argparse.Namespace) -> int:
    from agent.vision.cli import vision_draw

    return _print(vision_draw(options.what, _cameras(options), options.out, scene=options.scene, at_s=options.at))


def _cameras(options: argparse.Namespace) -> Mapping[str, CameraSettings]:
    """The settings' cameras; none where a film or an address is asked for and there are no settings."""
    from agent.acquire.registry import find_drivers
    from agent.config.load import load

    named = "/" in options.what or "." in options.what or Path(options.what).exists()  # no name of a camera has a dot
    if not options.settings.is_file() and named:
        return {}
    return load(options.settings, find_drivers()).cameras


def _print(lines: Iterable[str]) -> int:
    """Print the lines as they are made, by a process of their own: a broken film may abort the decoder, and us with it.

    What native libraries say by themselves is dropped: it is about films and processors, and no word for a technician.
    """
    from agent.cli import FAILED, ending

    def told() -> int:
        for line in lines:
            print(line, flush=True)
        return 0

    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds pictures
        if sys.stderr.fileno() == STDERR:
            sys.stderr = os.fdopen(os.dup(STDERR), "w")
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDERR)
        code = ending(told)
        sys.stderr.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code >= 0:
        return code
    name = signal.Signals(-code).name
    print(
        f"the decoder gave up on this film ({name}): it is broken, or of a kind that OpenCV cannot bear",
        file=sys.stderr,
    )
    return FAILED
