"""The scene drawn over a frame, for aiming a camera and placing its lines; written on demand, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from agent.config.scene import SceneSettings
from agent.errors import ConfigError
from agent.vision import sentences as say
from agent.vision.boxes import Frame
from agent.vision.evidence import pixelated
from agent.vision.scene import placed
from agent.vision.track import Track

_LINE, _ZONE, _GAUGE, _BOX = (0, 220, 255), (255, 160, 0), (255, 0, 200), (80, 255, 80)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def drawn(
    frame: Frame, scene: SceneSettings, tracks: Sequence[Track] = (), hide: Sequence[tuple[float, ...]] = ()
) -> Frame:
    """A copy with lines (and the side that is 'plus'), zones, gauges and boxes of ``tracks``; ``hide`` is pixelated."""
    out = pixelated(frame, hide)
    size = (frame.shape[1], frame.shape[0])
    place = placed(scene, size)

    def spot(point: tuple[float, float]) -> tuple[int, int]:
        x, y = place(point)
        return round(x), round(y)

    for name, zone in scene.zone.items():
        corners = np.array([spot(point) for point in zone.points], np.int32)
        cv2.polylines(out, [corners], isClosed=True, color=_ZONE, thickness=2, lineType=cv2.LINE_AA)
        _text(out, name, spot(zone.points[0]), _ZONE)
    for name, line in scene.line.items():
        _line(out, name, spot(line.a), spot(line.b))
    for name, gauge in scene.gauge.items():
        for x, y, height in gauge.marks:
            cv2.circle(out, spot((x, y)), 3, _GAUGE, -1)
            _text(out, f"{height:g} m", spot((x, y)), _GAUGE)
        _text(out, name, spot(gauge.marks[-1][:2]), _GAUGE, -14)
    for track in tracks:
        x1, y1, x2, y2 = (round(side) for side in track.box)
        cv2.rectangle(out, (x1, y1), (x2, y2), _BOX, 1)
        _text(out, track.label, (x1, y1), _BOX)
    return out


def write_png(frame: Frame, path: Path) -> None:
    """ConfigError: it cannot be written."""
    _, data = cv2.imencode(".png", frame)
    try:
        path.write_bytes(data.tobytes())
    except OSError as exc:
        raise ConfigError(say.CANNOT_WRITTEN(path=path, strerror=exc.strerror)) from exc


def _line(out: Frame, name: str, a: tuple[int, int], b: tuple[int, int]) -> None:
    """The line with an arrow to its plus side: the right of a->b as one stands on a and looks to b."""
    cv2.line(out, a, b, _LINE, 2, cv2.LINE_AA)
    middle = ((a[0] + b[0]) // 2, (a[1] + b[1]) // 2)
    length = max(1.0, float(np.hypot(b[0] - a[0], b[1] - a[1])))
    tip = (round(middle[0] - 28 * (b[1] - a[1]) / length), round(middle[1] + 28 * (b[0] - a[0]) / length))
    cv2.arrowedLine(out, middle, tip, _LINE, 2, cv2.LINE_AA, tipLength=0.35)
    _text(out, f"{name} +", tip, _LINE)
    _text(out, "a", a, _LINE)
    _text(out, "b", b, _LINE)


def _text(out: Frame, text: str, at: tuple[int, int], colour: tuple[int, int, int], up: int = -4) -> None:
    spot = (min(max(2, at[0] + 3), max(2, out.shape[1] - 9 * len(text))), max(12, at[1] + up))
    cv2.putText(out, text, spot, _FONT, 0.45, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(out, text, spot, _FONT, 0.45, colour, 1, cv2.LINE_AA)
