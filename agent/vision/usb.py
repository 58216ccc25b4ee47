"""Why a USB camera does not open, in a sentence for who stands before the box."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path

# linux/videodev2.h
_QUERYCAP = 0x80685600
_QUERYCAP_BYTES, _DEVICE_CAPS = 104, 88
_REQBUFS = 0xC0145608
_NO_BUFFERS = struct.pack("=IIIIB3x", 0, 1, 1, 0, 0)  # count, video capture, mapped memory, capabilities, flags
_VIDEO_CAPTURE = 0x1001  # by one plane or by several


def why_closed(path: str, folder: Path = Path("/dev")) -> str:
    """A sentence for who stands before the box. ``folder``: where devices are listed."""
    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        there = _plugged_in(folder)
        return f"there is no {path}; " + (f"plugged in: {', '.join(there)}" if there else "no camera is plugged in")
    except PermissionError:
        return f"this user may not open {path}: put it into the group video, which owns cameras"
    except OSError as exc:
        return _broken(path, exc)
    try:
        return refusal(path, device)
    finally:
        os.close(device)


def refusal(path: str, device: int) -> str:
    """Why an open device gives no frames."""
    answer = bytearray(_QUERYCAP_BYTES)
    try:
        fcntl.ioctl(device, _QUERYCAP, answer)
        (can,) = struct.unpack_from("=I", answer, _DEVICE_CAPS)
        if not can & _VIDEO_CAPTURE:
            return f"{path} gives no frames; a camera's other device does, mostly the one that ends in index0"
        fcntl.ioctl(device, _REQBUFS, _NO_BUFFERS)
    except OSError as exc:
        return _broken(path, exc)
    return f"{path} offers no format that can be read"


def _broken(path: str, exc: OSError) -> str:
    if exc.errno == errno.EBUSY:
        return f"{path} is in use by another program"
    if exc.errno == errno.ENOTTY:
        return f"{path} is no camera"
    return f"{path} cannot be used: {os.strerror(exc.errno or 0)}"


def _plugged_in(folder: Path) -> list[str]:
    """Cameras by their lasting names; where udev makes none, by the kernel's."""
    return [str(each) for each in sorted(folder.glob("v4l/by-id/*-index0")) or sorted(folder.glob("video*"))]
