"""Drawn street scenes for training: persons, vehicles, two-wheelers and nothing, on textures or given backgrounds.

All of it is ours: nothing is copied from a photograph except the background that a caller hands in. Each function
draws one object into a 96x96 frame with its middle in the middle; ``sample`` adds blur, noise, light and compression.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pens import colour, dark_tone, point, shade, skin_tone

Image = NDArray[np.uint8]
SIDE = 96


def ground(rng: Generator) -> Image:
    """Asphalt, grass, wall or leaves: smooth noise of two scales in one or two colours, sometimes with markings."""
    base = rng.uniform(20, 220) + rng.normal(0, 12, 3)
    image = np.full((SIDE, SIDE, 3), base, np.float32)
    for cells, strength in ((3, 18), (12, 12), (48, 10)):
        noise = rng.normal(0, strength * rng.uniform(0, 1.3), (cells, cells, 1)).astype(np.float32)
        image += cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)[..., None]
    out = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:  # kerbs, markings, poles, edges of walls
        for _ in range(rng.integers(1, 4)):
            a, b = rng.integers(-20, SIDE + 20, (2, 2))
            cv2.line(out, point(a), point(b), colour(rng), int(rng.integers(1, 9)), cv2.LINE_AA)
    if rng.random() < 0.3:
        corner = rng.integers(-40, SIDE, 2)
        cv2.rectangle(out, point(corner), point(corner + rng.integers(20, 90, 2)), colour(rng), -1)
    return out


def shadow(image: Image, rng: Generator) -> Image:
    """A soft dark patch, as clouds, trees and passing objects cast it."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(rng.integers(1, 4)):
        centre = rng.uniform(10, SIDE - 10, 2)
        axes = rng.uniform(8, 45, 2)
        cv2.ellipse(mask, point(centre), point(axes), float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.6, 6)))
    dark = 1 - mask[..., None] * rng.uniform(0.15, 0.6)
    return (image * dark).astype(np.uint8)


def person(image: Image, rng: Generator) -> None:
    """Head, trunk, two legs in a step, two arms; from the front, the side or high above."""
    height = rng.uniform(60, 84)
    width = height * rng.uniform(0.24, 0.36)
    squat = rng.uniform(0.75, 1.0)  # a camera high above sees shorter bodies
    top = (SIDE - height * squat) / 2
    x = SIDE / 2 + rng.normal(0, 1.5)
    hip, neck = top + height * squat * rng.uniform(0.5, 0.58), top + height * squat * 0.15
    step = rng.uniform(-0.7, 0.7) * width
    shirt, trousers, skin = colour(rng), colour(rng), skin_tone(rng)
    leg = max(2, int(width * rng.uniform(0.28, 0.42)))
    foot = top + height * squat
    for side in (-1, 1):
        cv2.line(
            image,
            point((x + side * width * 0.15, hip)),
            point((x + side * step, foot)),
            trousers,
            leg,
            cv2.LINE_AA,
        )
    if rng.random() < 0.2:  # a coat or a skirt
        hem = hip + (foot - hip) * rng.uniform(0.3, 0.7)
        points = np.array(
            [
                point((x - width * 0.4, hip - 6)),
                point((x + width * 0.4, hip - 6)),
                point((x + width * 0.5, hem)),
                point((x - width * 0.5, hem)),
            ]
        )
        cv2.fillPoly(image, [points], shirt, cv2.LINE_AA)
    middle = (x, (neck + hip) / 2)
    cv2.ellipse(
        image,
        point(middle),
        point((width * rng.uniform(0.4, 0.52), (hip - neck) * 0.58)),
        0,
        0,
        360,
        shirt,
        -1,
        cv2.LINE_AA,
    )
    for side in (-1, 1):
        swing = rng.uniform(-0.2, 0.7) * width
        cv2.line(
            image,
            point((x + side * width * 0.38, neck + 5)),
            point((x + side * (width * 0.3 + swing), hip)),
            shirt,
            max(2, leg - 2),
            cv2.LINE_AA,
        )
    head = max(3, int(height * rng.uniform(0.065, 0.085)))
    cv2.circle(image, point((x + rng.normal(0, 1), top + head)), head, skin, -1, cv2.LINE_AA)
    cv2.ellipse(
        image,
        point((x, top + head * 0.7)),
        (head, max(2, int(head * 0.8))),
        0,
        180,
        360,
        dark_tone(rng),
        -1,
        cv2.LINE_AA,
    )
    if rng.random() < 0.3:
        bag = point((x + rng.choice((-1, 1)) * width * 0.5, hip))
        cv2.rectangle(image, bag, (bag[0] + int(width * 0.3), bag[1] + int(width * 0.5)), colour(rng), -1)


def vehicle(image: Image, rng: Generator) -> None:
    """A car, van, lorry or bus: from straight above at any angle, or from the side, the front, or half above."""
    (_from_above if rng.random() < 0.6 else _from_the_side)(image, rng)


def _from_above(image: Image, rng: Generator) -> None:
    length = rng.uniform(58, 86)
    width = length * rng.uniform(0.34, 0.52)
    paint = colour(rng)
    cast = shadow_of(image, length, width, rng)
    layer = cast.copy()
    x, y = SIDE / 2, SIDE / 2
    box = (x - width / 2, y - length / 2, x + width / 2, y + length / 2)
    _rounded(layer, box, paint, width * rng.uniform(0.12, 0.35))
    glass = tuple(int(c) for c in rng.uniform(10, 110) + rng.normal(0, 8, 3).clip(-20, 20))
    front, rear = rng.uniform(0.2, 0.34), rng.uniform(0.72, 0.88)
    depth = rng.uniform(0.09, 0.16)
    if rng.random() < 0.85:
        _trapeze(layer, x, box[1] + length * front, width * 0.8, width * 0.62, length * depth, glass)
        _trapeze(layer, x, box[1] + length * rear, width * 0.58, width * 0.76, length * depth * 0.8, glass)
        roof = shade(paint, rng.uniform(0.9, 1.15))
        _rounded(
            layer,
            (x - width * 0.36, box[1] + length * (front + depth), x + width * 0.36, box[1] + length * rear),
            roof,
            4,
        )
        for side in (-1, 1):
            edge = int(x + side * width * 0.42)
            cv2.line(
                layer,
                (edge, int(box[1] + length * (front + 0.04))),
                (edge, int(box[1] + length * rear)),
                glass,
                max(1, int(width * 0.07)),
            )
        if rng.random() < 0.3:
            _rounded(layer, (x - width * 0.22, y - length * 0.08, x + width * 0.22, y + length * 0.05), glass, 2)
    else:  # a lorry's or a bus's roof
        _rounded(layer, (x - width * 0.45, box[1] + length * 0.18, x + width * 0.45, box[3] - 2), colour(rng), 3)
    turn = cv2.getRotationMatrix2D((x, y), float(rng.uniform(0, 360) if rng.random() < 0.5 else rng.normal(0, 12)), 1.0)
    image[:] = cv2.warpAffine(layer, turn, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)


def shadow_of(image: Image, length: float, width: float, rng: Generator) -> Image:
    """``image`` with the soft shadow that lies round a vehicle."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    shift = rng.normal(0, 6, 2)
    low = (SIDE / 2 - width / 2 + shift[0], SIDE / 2 - length / 2 + shift[1])
    high = (SIDE / 2 + width / 2 + shift[0], SIDE / 2 + length / 2 + shift[1])
    cv2.rectangle(mask, point(low), point(high), 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(2, 7)))
    return (image * (1 - mask[..., None] * rng.uniform(0.1, 0.7))).astype(np.uint8)


def _from_the_side(image: Image, rng: Generator) -> None:
    length = rng.uniform(66, 90)
    height = length * rng.uniform(0.34, 0.62)
    paint, glass = colour(rng), dark_tone(rng)
    left, right = (SIDE - length) / 2, (SIDE + length) / 2
    bottom = SIDE / 2 + height / 2
    waist = bottom - height * rng.uniform(0.5, 0.62)
    top = SIDE / 2 - height / 2
    image[:] = np.where(np.arange(SIDE)[:, None, None] > bottom - 4, (image * 0.75).astype(np.uint8), image)
    lean_front, lean_rear = rng.uniform(0.05, 0.3, 2) * length
    cabin = np.array(
        [
            point((left + lean_front * 0.7, waist + 2)),
            point((left + lean_front + 6, top)),
            point((right - lean_rear - 4, top)),
            point((right - lean_rear * 0.4, waist + 2)),
        ]
    )
    cv2.fillPoly(image, [cabin], shade(paint, 0.9), cv2.LINE_AA)
    inner = ((cabin - cabin.mean(axis=0)) * (0.86, 0.76) + cabin.mean(axis=0)).astype(np.int32)
    cv2.fillPoly(image, [inner], glass, cv2.LINE_AA)
    if rng.random() < 0.6:
        pillar = int(SIDE / 2 + rng.normal(0, 6))
        cv2.line(image, (pillar, int(top)), (pillar, int(waist)), shade(paint, 0.85), 2)
    _rounded(image, (left, waist, right, bottom - height * 0.1), paint, height * 0.12)
    radius = max(3, int(height * rng.uniform(0.13, 0.18)))
    spread = length * rng.uniform(0.26, 0.36)
    for side in (-1, 1):
        hub = point((SIDE / 2 + side * spread, bottom - radius))
        cv2.circle(image, hub, radius, (20, 20, 20), -1, cv2.LINE_AA)
        cv2.circle(image, hub, max(1, radius // 2), colour(rng), -1, cv2.LINE_AA)
    for side in (-1, 1):
        lamp = point((SIDE / 2 + side * (length / 2 - 4), waist + height * 0.14))
        cv2.circle(image, lamp, 2, (200, 230, 255) if side < 0 else (40, 40, 200), -1)


def two_wheeler(image: Image, rng: Generator) -> None:
    """A bicycle, scooter or motorcycle with its rider, from the side or nearly from the front."""
    narrow = rng.uniform(0.25, 1.0)  # 1 = from the side
    height = rng.uniform(66, 86)
    radius = height * rng.uniform(0.16, 0.22)
    base = height * rng.uniform(0.52, 0.66) * narrow
    bottom = (SIDE + height) / 2
    x = SIDE / 2
    wheel, frame, shirt, trousers = (25, 25, 25), colour(rng), colour(rng), colour(rng)
    thick = int(rng.integers(2, 6))
    for side in (-1, 1):
        hub = point((x + side * base / 2, bottom - radius))
        cv2.ellipse(
            image, hub, point((max(2.0, radius * max(narrow, 0.15)), radius)), 0, 0, 360, wheel, thick, cv2.LINE_AA
        )
    saddle, bar = (x - base * 0.2, bottom - radius * 2.3), (x + base * 0.38, bottom - radius * 2.9)
    pedal = (x, bottom - radius)
    for a, b in (
        (saddle, pedal),
        (pedal, (x - base / 2, bottom - radius)),
        (saddle, bar),
        (bar, (x + base / 2, bottom - radius)),
    ):
        cv2.line(image, point(a), point(b), frame, thick + (4 if rng.random() < 0.4 else 0), cv2.LINE_AA)
    hip = (saddle[0], saddle[1] - 2)
    neck = (x + base * rng.uniform(0.0, 0.22), (SIDE - height) / 2 + height * 0.17)
    cv2.line(
        image,
        point(hip),
        point((x + base * 0.1, pedal[1] - radius * 0.7)),
        trousers,
        int(height * 0.11),
        cv2.LINE_AA,
    )
    cv2.line(
        image,
        point((x + base * 0.1, pedal[1] - radius * 0.7)),
        point(pedal),
        trousers,
        int(height * 0.08),
        cv2.LINE_AA,
    )
    cv2.line(image, point(hip), point(neck), shirt, int(height * rng.uniform(0.17, 0.24)), cv2.LINE_AA)
    cv2.line(image, point((neck[0], neck[1] + 6)), point(bar), shirt, int(height * 0.06), cv2.LINE_AA)
    head = max(3, int(height * 0.075))
    cv2.circle(
        image,
        point((neck[0] + 1, neck[1] - head)),
        head,
        skin_tone(rng) if rng.random() < 0.5 else colour(rng),
        -1,
        cv2.LINE_AA,
    )


DRAW: dict[str, Callable[[Image, Generator], None]] = {"person": person, "vehicle": vehicle, "two_wheeler": two_wheeler}


def sample(label: str, rng: Generator, backgrounds: list[Image]) -> Image:
    """One frame of ``label`` (or of nothing), as a poor camera would see it."""
    image = _patch(backgrounds, rng) if backgrounds and rng.random() < 0.6 else ground(rng)
    if rng.random() < 0.4:
        image = shadow(image, rng)
    if label in DRAW:
        DRAW[label](image, rng)
    return image


def _patch(backgrounds: list[Image], rng: Generator) -> Image:
    image = backgrounds[rng.integers(len(backgrounds))]
    return cv2.resize(image, (SIDE, SIDE))  # type: ignore[return-value]


def _rounded(image: Image, box: tuple[float, float, float, float], colour: tuple[int, ...], radius: float) -> None:
    x1, y1, x2, y2 = box
    r = max(1.0, min(radius, (x2 - x1) / 2, (y2 - y1) / 2))
    cv2.rectangle(image, point((x1 + r, y1)), point((x2 - r, y2)), colour, -1)
    cv2.rectangle(image, point((x1, y1 + r)), point((x2, y2 - r)), colour, -1)
    for corner in ((x1 + r, y1 + r), (x2 - r, y1 + r), (x1 + r, y2 - r), (x2 - r, y2 - r)):
        cv2.circle(image, point(corner), int(r), colour, -1, cv2.LINE_AA)


def _trapeze(  # noqa: PLR0917 - the corners of one shape
    image: Image, x: float, y: float, above: float, below: float, height: float, colour: tuple[int, ...]
) -> None:
    points = [(x - above / 2, y), (x + above / 2, y), (x + below / 2, y + height), (x - below / 2, y + height)]
    cv2.fillPoly(image, [np.array([point(each) for each in points])], colour, cv2.LINE_AA)
