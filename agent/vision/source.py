"""Opens a camera's source: a USB device, a URL or a file; and says in a technician's words why one does not open.

FFmpeg tells its reasons only on standard error, so that is where they are heard. RTSP comes over TCP, which passes
every router; a camera that refuses TCP gets UDP (OpenCV asks for ``prefer_tcp``).
"""

from __future__ import annotations

import ctypes
import functools
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import cv2

from agent.config.address import hidden, is_address, shown, trouble_of
from agent.errors import Retry
from agent.vision.usb import open_device

_HEARD_BYTES = 16 * 1024
_ERRORS, _WARNINGS = 16, 24  # libavutil/log.h
# what FFmpeg writes, and what it means; the first that fits is told
_REASONS = (
    (r"(failed:|error) 401\b", "the camera refuses the user or the password (authentication)"),
    (
        r"(failed:|error) 403\b",
        "the camera refuses the user or the password (authentication), or this user may not look",
    ),
    (r"(failed:|error) 404\b", "the camera answers but has no such stream: is the path right?"),
    (
        "Connection refused",
        "nothing answers at this port: is it the right one, and is the camera's stream switched on?",
    ),
    ("Failed to resolve hostname", "the name of the camera is unknown: is it spelt right, or better its address?"),
    ("No route to host", "there is no way to this address: is the camera on, and in this network?"),
    ("Network is unreachable", "there is no way to this address: is the pole's network up?"),
)


class Limits(NamedTuple):
    """Seconds to open, seconds between pictures, pictures per second and their size, as far as it can be chosen."""

    open_s: float
    read_s: float
    fps: float
    size: tuple[int, int] | None = None


def live(source: str) -> bool:
    """Whether a source goes on by itself, unlike a file that can be read at any speed."""
    return source.startswith("/dev/") or is_address(source)


def open_source(source: str, limits: Limits) -> Any:
    """An open cv2.VideoCapture. Retry: it does not answer in time, or is none; the text says why, without passwords."""
    if source.startswith("/dev/"):
        return open_device(source, limits.fps, limits.size)
    if is_address(source) and (wrong := trouble_of(source)):
        raise Retry(f"{wrong}: {shown(source)}")
    options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(limits.open_s * 1000)]
    options += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(limits.read_s * 1000)]
    options += [cv2.CAP_PROP_N_THREADS, 1]
    began_s = time.monotonic()
    with _overheard() as said:
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, options)
    if not capture.isOpened():
        capture.release()
        late = time.monotonic() - began_s >= limits.open_s
        raise Retry(f"{_reason(source, said, late=late)}: {shown(source)}")
    return capture


def _reason(source: str, said: list[str], *, late: bool) -> str:
    for pattern, reason in _REASONS:
        if any(re.search(pattern, line) for line in said):
            return reason
    if not is_address(source):
        return "this is no video that can be decoded" if Path(source).exists() else "there is no such file"
    if late:
        return "no answer in time: is the camera on, and is the address right?"
    words = said[-1].rpartition("] ")[2] if said else "no camera there, or no video"
    return f"it cannot be opened ({hidden(words)[:80]})"


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What native code writes to standard error during the block."""
    said: list[str] = []
    heard, real = os.memfd_create("stderr"), os.dup(2)
    os.dup2(heard, 2)
    _ffmpeg_tells(_WARNINGS)
    try:
        yield said
    finally:
        _ffmpeg_tells(_ERRORS)
        os.dup2(real, 2)
        said += os.pread(heard, _HEARD_BYTES, 0).decode("utf-8", "replace").splitlines()
        os.close(heard)
        os.close(real)


def _ffmpeg_tells(level: int) -> None:
    """Set FFmpeg's level: a refusal by HTTP is a warning, and so is much that nobody needs once pictures come."""
    library = _libavutil()
    if library is not None:
        library.av_log_set_level(level)


@functools.cache
def _libavutil() -> ctypes.CDLL | None:
    """The one that OpenCV has loaded."""
    loaded = Path("/proc/self/maps").read_text(encoding="utf-8").split()
    return next((ctypes.CDLL(each) for each in loaded if "/libavutil" in each), None)
