"""``python -m simulator.street``: a drawn street with cars, served as an MJPEG camera on a port of its own.

It prints one JSON object a line: first ``{"port": N}``, then each car that has crossed the middle of the frame before
a viewer: ``{"sure": true}`` where the viewer was there well before the car came and well after it crossed. It ends with
its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sys
from typing import Any

import cv2
import numpy as np

WIDTH, HEIGHT, FPS = 640, 360, 10.0
FIRST_S, EVERY_S = 3.0, 3.0
"""When the first car comes, and how often another."""
SPEED = 170.0
"""Pixels a second."""
LENGTH = 90
LANES = (235, 292)
"""Height of the middle of a car that drives to the left, and of one that drives to the right."""
BEFORE_S, AFTER_S = 1.0, 1.5
"""How long a viewer must have looked before a car comes, and after it has crossed, to count it for sure."""
COLOURS = ((30, 30, 190), (200, 120, 40), (210, 210, 215), (40, 140, 60), (25, 25, 30))
_CROSSES_S = (WIDTH + LENGTH) / 2 / SPEED


@functools.cache
def empty_street() -> Any:
    """Houses with windows, a road with markings and a kerb, and the road's grain."""
    rng = np.random.default_rng(11)
    image = np.full((HEIGHT, WIDTH, 3), (205, 190, 170), np.uint8)
    horizon = HEIGHT // 2
    for x in range(0, WIDTH, 80):
        top = int(rng.integers(20, 90))
        cv2.rectangle(image, (x, top), (x + 80, horizon), [int(c) for c in rng.integers(70, 190, 3)], -1)
        for wx in range(x + 10, x + 66, 20):
            for wy in range(top + 10, horizon - 20, 26):
                cv2.rectangle(image, (wx, wy), (wx + 9, wy + 14), [int(c) for c in rng.integers(10, 90, 3)], -1)
    image[horizon:] = (95, 95, 95)
    cv2.line(image, (0, horizon + 14), (WIDTH, horizon + 14), (170, 170, 170), 3)
    for x in range(0, WIDTH, 70):
        cv2.line(image, (x, 266), (x + 36, 266), (235, 235, 235), 3)
    grain = cv2.GaussianBlur(rng.normal(0, 14, (HEIGHT - horizon, WIDTH, 1)).astype(np.float32), (3, 3), 0)
    image[horizon:] = np.clip(image[horizon:] + grain[..., None], 0, 255).astype(np.uint8)
    return image


@functools.cache
def _noise() -> list[Any]:
    """What a sensor adds; a few are enough."""
    rng = np.random.default_rng(3)
    return [rng.normal(0, 2, (HEIGHT, WIDTH, 3)).astype(np.int16) for _ in range(5)]


def place(car: int, at_s: float) -> float | None:
    """Where the middle of a car is; None before it comes and when it is gone."""
    way = (at_s - FIRST_S - car * EVERY_S) * SPEED
    if not 0 <= way <= WIDTH + LENGTH:
        return None
    x = way - LENGTH / 2
    return x if car % 2 else WIDTH - x


def frame(at_s: float) -> Any:
    """What the camera sees ``at_s`` seconds after it was switched on: rows x columns x BGR."""
    out = empty_street().copy()
    newest = int((at_s - FIRST_S) // EVERY_S)
    for car in range(max(0, newest - 2), newest + 1):
        x = place(car, at_s)
        if x is not None:
            _draw(out, x, LANES[car % 2], COLOURS[car % len(COLOURS)])
    return np.clip(out + _noise()[int(at_s * FPS) % 5], 0, 255).astype(np.uint8)


def _draw(out: Any, x: float, y: int, colour: tuple[int, int, int]) -> None:
    left, right, top, bottom = int(x - LENGTH / 2), int(x + LENGTH / 2), y - 20, y + 18
    cv2.ellipse(out, (int(x), bottom + 6), (LENGTH // 2, 5), 0, 0, 360, (60, 60, 60), -1, cv2.LINE_AA)
    cv2.rectangle(out, (left, y - 2), (right, bottom), colour, -1)
    cabin = np.array([(left + 12, y - 2), (left + 26, top), (right - 24, top), (right - 8, y - 2)], np.int32)
    cv2.fillPoly(out, [cabin], colour, cv2.LINE_AA)
    cv2.rectangle(out, (left + 28, top + 4), (int(x) - 3, y - 3), (70, 60, 50), -1)
    cv2.rectangle(out, (int(x) + 3, top + 4), (right - 26, y - 3), (70, 60, 50), -1)
    for wheel in (left + 20, right - 20):
        cv2.circle(out, (wheel, bottom), 9, (15, 15, 15), -1, cv2.LINE_AA)
        cv2.circle(out, (wheel, bottom), 4, (120, 120, 120), -1, cv2.LINE_AA)


class StreetCamera:
    """Serves every client the same frames, on the clock of the running loop."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()
        self._printed = -1  # the last car that was printed

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        since_s = self._now()
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=part\r\n\r\n")
            while not writer.is_closing():
                now_s = self._now()
                data = cv2.imencode(".jpg", frame(now_s))[1].tobytes()
                head = f"--part\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                writer.write(head.encode() + data + b"\r\n")
                await writer.drain()
                self._tell(since_s, now_s - AFTER_S, sure=True)
                await asyncio.sleep(1 / FPS)
        self._tell(since_s, self._now(), sure=False)

    def _now(self) -> float:
        return self._clock() - self._began

    def _tell(self, since_s: float, until_s: float, *, sure: bool) -> None:
        """The cars that crossed before this viewer until then."""
        while (crossed_s := self._came_s(self._printed + 1) + _CROSSES_S) <= until_s:
            self._printed += 1
            if crossed_s >= since_s:
                early = since_s <= self._came_s(self._printed) - BEFORE_S
                print(json.dumps({"sure": sure and early}), flush=True)  # noqa: T201 - for the program that started us

    @staticmethod
    def _came_s(car: int) -> float:
        return FIRST_S + car * EVERY_S


async def main() -> None:
    camera = StreetCamera()
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)  # noqa: T201 - as above
    ended = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(ended), sys.stdin)
    await ended.read()
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
