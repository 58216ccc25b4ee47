"""What ``poleagent vision test``, ``vision draw`` and ``replay --video`` do: options in, lines of text out.

The command line's parser hands the options over and prints the lines; ConfigError ends it with its sentence. OpenCV is
loaded by these functions and not by the module, so that nothing else pays for it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from agent.config.address import hidden, shown
from agent.config.load import read_scene
from agent.config.scene import CameraSettings, SceneSettings
from agent.config.secret import read_secret
from agent.errors import ConfigError
from agent.models.counting import counting_advice, expectation, looks_per_s
from agent.models.needs import missing
from agent.vision import sentences as say

_SHARE = 0.8
"""Part of one core that a camera may take: decoding, the other cameras and the daemon want the rest."""


def vision_test(
    what: str, cameras: Mapping[str, CameraSettings], *, scene: Path | None = None, seconds: float = 10.0
) -> Iterator[str]:
    """``poleagent vision test CAMERA|FILE``: how fast it is, and what it sees."""
    source, password, settings = chosen(what, cameras, scene)
    yield say.LOOKING_UP(source=shown(source), seconds=seconds)
    speed = _part("replay").measure(_opened(source, password), settings, seconds)
    yield f"frame           {speed.size[0]} x {speed.size[1]}"
    own_ms = max(0.0, 1000 * speed.busy_s - speed.inferences * speed.inference_ms) / speed.frames
    rate = speed.frames / speed.seconds
    yield say.LOOKED_FRAMES_PER_SECOND(frames=speed.frames, seconds=speed.seconds, rate=rate)
    yield say.OWN_WORK_MS_PER(own_ms=own_ms)
    yield say.INFERENCE_TIMES_MS_EACH(inferences=speed.inferences, inference_ms=speed.inference_ms)
    seen = ", ".join(f"{count} x {label}" for label, count in sorted(speed.labels.items())) or say.NOTHING_KNOWS()
    yield say.MOST_ONCE(seen=seen)
    looks, advice = affordable(settings, own_ms, speed.inference_ms)
    yield say.LOOKS_PER_SECOND_FRAMES(looks=looks, fps=settings.fps)
    for line in expectation(settings, looks):
        yield f"expect          {line}"
    for line in (*advice, *counting_advice(settings)):
        yield f"advice          {line}"


def affordable(settings: SceneSettings, own_ms: float, inference_ms: float) -> tuple[float, list[str]]:
    """The looks per second that one core has time for at the settings' frame rate; and what to change, if less."""
    wanted = looks_per_s(settings)
    free_ms = _SHARE * 1000 - settings.fps * own_ms
    if free_ms <= 0:
        return 0.0, [say.BOX_NO_TIME_FRAMES(fps=settings.fps)]
    possible = free_ms / inference_ms if inference_ms else wanted
    if possible >= wanted:
        return wanted, []
    return possible, [say.BOX_TIME_LOOKS_PER(possible=possible, possible_2=max(0.5, possible))]


def vision_draw(
    what: str, cameras: Mapping[str, CameraSettings], out: Path, *, scene: Path | None = None, at_s: float = 2.0
) -> Iterator[str]:
    """``poleagent vision draw CAMERA|FILE --out PNG``: the scene over a frame, objects pixelated."""
    source, password, settings = chosen(what, cameras, scene)
    replay, drawing, evidence = _part("replay"), _part("draw"), _part("evidence")
    finder = replay.make_finder(settings)
    last: Any = None
    for step in replay.steps(_opened(source, password), settings, finder=finder):
        if step.seen.tracks or last is None:
            last = step
        if step.taken.at_s >= at_s:
            last = step
            break
    frame, seen = last.taken.frame, last.seen
    hide = evidence.to_hide(frame, seen, finder) or evidence.followed(seen)
    drawing.write_png(drawing.drawn(frame, settings, seen.tracks, hide), out)
    count = len(settings.line), len(settings.zone), len(settings.gauge)
    yield say.LINES_ZONES_GAUGES_OBJECTS(
        out=out, count=count[0], count_2=count[1], count_3=count[2], tracks=len(last.seen.tracks)
    )


def replay_video(
    video: Path, scene: Path, *, jsonl: bool = False, profile: bool = False, rate: float | None = None
) -> Iterator[str]:
    """``poleagent replay --video FILE --scene scene.toml [--jsonl]``: what the pipeline reports of a video."""
    part = _part("replay")
    settings = read_scene(scene)
    if profile:
        yield from part.profiled(_opened(str(video)), settings, rate=rate)
        return
    if jsonl:
        yield from part.lines(_opened(str(video)), settings, rate=rate)
        return
    for step in part.steps(_opened(str(video)), settings, rate=rate):
        for at_s, body in step.seen.events:
            yield f"{at_s:9.2f} s  {body.kind:10} {sentence(msgspec.to_builtins(body))}"


def sentence(body: Mapping[str, Any]) -> str:
    """A body's fields on one line, nested ones as ``name=value`` as well."""
    parts = []
    for name, value in body.items():
        if isinstance(value, list | tuple):
            parts += [f"{name}[{sentence(item)}]" if isinstance(item, Mapping) else str(item) for item in value]
        else:
            parts.append(f"{name}={value}")
    return " ".join(parts)


def chosen(what: str, cameras: Mapping[str, CameraSettings], scene: Path | None) -> tuple[str, str, SceneSettings]:
    """Source, password and scene of a camera by its name, or of a file or address. ConfigError: there is no such."""
    camera = cameras.get(what)
    if camera is None:
        if "/" not in what and not Path(what).exists():
            names = ", ".join(sorted(cameras)) or "none"
            raise ConfigError(say.NEITHER_CAMERA_SETTINGS_NOR(what=hidden(what), names=names))
        return what, "", read_scene(scene) if scene else SceneSettings()
    password = "" if camera.password_file is None else str(read_secret(camera.password_file))
    return camera.source, password, read_scene(scene) if scene else camera


def _opened(source: str, password: str = "") -> Any:
    return _part("source").Source(source, password)


def _part(name: str) -> Any:
    """One of the modules that need the extra. ConfigError: it is not installed."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # its warnings are no words for a technician
    try:
        return importlib.import_module(f"agent.vision.{name}")
    except ModuleNotFoundError as exc:
        if exc.name and exc.name.startswith("agent"):
            raise
        raise ConfigError(missing() or str(exc)) from exc
