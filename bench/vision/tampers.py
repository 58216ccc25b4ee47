"""What is drawn into videos to try tamper: what somebody does to a camera, and what streets do by themselves.

A change takes a frame and the seconds since it began.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from agent.vision.boxes import Frame

Change = Callable[[Frame, float], Frame]


def _soft(frame: Frame, shape: Frame, sigma: float, colour: tuple[int, int, int]) -> Frame:
    mask = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), sigma)[..., None]
    return (frame * (1 - mask) + np.array(colour, np.float32) * mask).astype(np.uint8)


def _flat(frame: Frame) -> Frame:
    return np.zeros(frame.shape[:2], np.uint8)


def hand(frame: Frame, _: float) -> Frame:
    return np.full_like(frame, (60, 80, 120))


def bag(frame: Frame, _: float) -> Frame:
    return (cv2.GaussianBlur(frame, (0, 0), 25) * 0.5 + 100).astype(np.uint8)


def cloth(frame: Frame, _: float) -> Frame:
    weave = np.random.default_rng(9).normal(0, 1, frame.shape[:2]).astype(np.float32)
    return np.clip(cv2.GaussianBlur(weave, (0, 0), 2) * 120 + 70, 0, 255)[..., None].repeat(3, 2).astype(np.uint8)


def spray(frame: Frame, _: float) -> Frame:
    h, w = frame.shape[:2]
    shape = cv2.ellipse(_flat(frame), (w // 3, h // 2), (w // 3, h // 3), 10, 0, 360, 1, -1)
    return _soft(frame, shape, 6, (40, 40, 50))


def droplets(frame: Frame, _: float) -> Frame:
    h, w = frame.shape[:2]
    rng, shape = np.random.default_rng(2), _flat(frame)
    for _i in range(120):
        cv2.circle(shape, (int(rng.integers(w)), int(rng.integers(h))), int(rng.integers(5, 25)), 1, -1)
    return _soft(frame, shape, 3, (40, 40, 50))


def defocus_4(frame: Frame, _: float) -> Frame:
    return cv2.GaussianBlur(frame, (0, 0), 4 * frame.shape[1] / 640)


def defocus_8(frame: Frame, _: float) -> Frame:
    return cv2.GaussianBlur(frame, (0, 0), 8 * frame.shape[1] / 640)


def shift(frame: Frame, _: float) -> Frame:
    return np.roll(frame, frame.shape[1] // 3, axis=1)


def tilt(frame: Frame, _: float) -> Frame:
    half = frame.shape[0] // 2
    return cv2.copyMakeBorder(frame, 0, half, 0, 0, cv2.BORDER_REFLECT)[half:]


def rotate(frame: Frame, _: float) -> Frame:
    h, w = frame.shape[:2]
    by = cv2.getRotationMatrix2D((w / 2, h / 2), 40, 1.5)
    return cv2.warpAffine(frame, by, (w, h), borderMode=cv2.BORDER_REFLECT)


def glare(frame: Frame, _: float) -> Frame:
    h, w = frame.shape[:2]
    glow = cv2.circle(_flat(frame), (w // 2, h // 2), h // 2, 1, -1).astype(np.float32)
    return np.clip(frame + 300 * cv2.GaussianBlur(glow, (0, 0), 25)[..., None], 0, 255).astype(np.uint8)


def washed(frame: Frame, _: float) -> Frame:
    return np.clip(frame * 1.5 + 150, 0, 255).astype(np.uint8)


def clock(frame: Frame, t: float) -> Frame:
    text = f"2026-11-27 12:{int(t) // 60 % 60:02d}:{int(t) % 60:02d}"
    return cv2.putText(frame.copy(), text, (8, 20), 0, 0.5, (255, 255, 255), 1)


TAMPERS: dict[str, Change] = {
    each.__name__: each
    for each in (hand, bag, cloth, spray, droplets, defocus_4, defocus_8, shift, tilt, rotate, glare, washed)
}


def bus(frame: Frame, left: float, right: float, *, windows: bool = True) -> Frame:
    out = frame.copy()
    h, w = out.shape[:2]
    cv2.rectangle(out, (int(left * w), int(h * 0.05)), (int(right * w), h), (30, 140, 200), -1)
    for x in range(int(left * w) + 10, int(right * w) - 60, 90) if windows else ():
        cv2.rectangle(out, (x, int(h * 0.2)), (x + 65, int(h * 0.45)), (25, 25, 25), -1)
    return out


def halt(width: float, stands_s: float, drives_s: float, *, windows: bool = True) -> Change:
    """Drives in from the left, stands in the middle, drives off to the right."""

    def change(frame: Frame, t: float) -> Frame:
        left = (1 - width) / 2
        if t < drives_s:
            left -= (1 - t / drives_s) * (left + width)
        elif t > drives_s + stands_s:
            left += min(1.0, (t - drives_s - stands_s) / drives_s) * (1 - left)
        return bus(frame, left, left + width, windows=windows) if left < 1 else frame

    return change


def every(period_s: float, takes_s: float) -> Change:
    def change(frame: Frame, t: float) -> Frame:
        front = t % period_s / takes_s * 2.2 - 0.2
        return bus(frame, front - 1, front)

    return change


def light(to: float, over_s: float = 0.0, for_s: float = 1e9) -> Change:
    def change(frame: Frame, t: float) -> Frame:
        part = min(1.0, t / over_s) if over_s else 1.0
        return cv2.convertScaleAbs(frame, alpha=1 + (to - 1) * part) if t < for_s else frame

    return change


def fog(density: float, over_s: float) -> Change:
    def change(frame: Frame, t: float) -> Frame:
        part = density * min(1.0, t / over_s)
        return cv2.convertScaleAbs(frame, alpha=1 - part, beta=190 * part)

    return change


def lamp(frame: Frame, _: float) -> Frame:
    side = np.linspace(0.25, 1.0, frame.shape[1], dtype=np.float32)[None, :, None]
    return (frame * side * 0.7).astype(np.uint8)


def headlights(frame: Frame, t: float) -> Frame:
    h, w = frame.shape[:2]
    glow = cv2.circle(_flat(frame), (int(w * (t % 8) / 8), h * 2 // 3), h // 5, 1, -1).astype(np.float32)
    return np.clip(frame * 0.5 + 250 * cv2.GaussianBlur(glow, (0, 0), 20)[..., None], 0, 255).astype(np.uint8)


def white_balance(frame: Frame, _: float) -> Frame:
    return np.clip(frame * np.array((0.75, 1.0, 1.3)), 0, 255).astype(np.uint8)


def shadows(frame: Frame, _: float) -> Frame:
    """The sun comes out: shadows of houses and trees with hard edges on a third of the frame."""
    h, w = frame.shape[:2]
    rng, shape = np.random.default_rng(4), _flat(frame)
    for _i in range(9):
        x, y = int(rng.integers(w)), int(rng.integers(h // 3, h))
        corners = [[x, y], [x + w // 4, y - h // 9], [x + w // 4, y + h // 12], [x, y + h // 5]]
        cv2.fillPoly(shape, [np.array(corners, np.int32)], 1)
    return np.clip(frame * (1.3 - 0.85 * shape[..., None]), 0, 255).astype(np.uint8)


def sway(frame: Frame, t: float) -> Frame:
    by = np.array([[1, 0, 3 * np.sin(t * 2.3)], [0, 1, 2 * np.sin(t * 3.1)]], np.float32)
    return cv2.warpAffine(frame, by, frame.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def rain(frame: Frame, t: float) -> Frame:
    out, rng = frame.copy(), np.random.default_rng(int(t * 10))
    h, w = out.shape[:2]
    for x, y in rng.integers((0, 0), (w, h), (500, 2)):
        cv2.line(out, (int(x), int(y)), (int(x) - 3, int(y) + 18), (200, 200, 200), 1)
    return out


HARMLESS: dict[str, tuple[Change, int]] = {
    "nothing": (lambda frame, _: frame, 120),
    "bus passes in 4 s, every 20 s": (every(20, 4), 100),
    "bus crawls through in 15 s": (every(100, 15), 40),
    "bus, 90 % of the view, halts 12 s": (halt(0.9, 12, 2), 40),
    "bus, all of the view, halts 20 s": (halt(1.2, 20, 3), 50),
    "truck, 60 %, halts 20 s": (halt(0.6, 20, 2), 50),
    "plain truck, 60 %, halts 20 s": (halt(0.6, 20, 2, windows=False), 50),
    "fog bank in 20 s": (fog(0.8, 25), 60),
    "fog over 10 min": (fog(0.85, 600), 700),
    "light falls to 25 %": (light(0.25), 30),
    "light falls to 12 %": (light(0.12), 30),
    "dusk to 10 % in 60 s": (light(0.1, 60), 100),
    "dusk to 10 % in 600 s": (light(0.1, 600), 640),
    "exposure x2 for 10 s": (light(2.0, 0, 10), 30),
    "lamp goes on": (lamp, 30),
    "headlights": (headlights, 40),
    "white balance": (white_balance, 30),
    "sun comes out": (shadows, 60),
    "pole sways by 3 px": (sway, 60),
    "rain": (rain, 60),
}
