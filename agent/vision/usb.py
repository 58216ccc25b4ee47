"""Why a USB camera does not open, in a sentence for who stands before the box."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path

from agent.vision import sentences as say

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
        return f"there is no {path}; " + (say.PLUGGED(there=", ".join(there)) if there else say.NO_CAMERA_PLUGGED())
    except PermissionError:
        return say.USER_MAY_NOT_OPEN(path=path)
    except OSError as exc:
        return _broken(path, exc)
    try:
        return refusal(path, device)
    finally:
        os.close(device)


def cameras_there(folder: Path = Path("/dev")) -> list[str]:
    """Devices that give frames, by their lasting names; one that is in use or not allowed counts."""
    return [path for path in _plugged_in(folder) if _gives_frames(path)]


def _gives_frames(path: str) -> bool:
    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        return exc.errno in {errno.EBUSY, errno.EACCES, errno.EPERM}
    try:
        return _captures(device)
    except OSError:
        return False
    finally:
        os.close(device)


def _captures(device: int) -> bool:
    answer = bytearray(_QUERYCAP_BYTES)
    fcntl.ioctl(device, _QUERYCAP, answer)
    (can,) = struct.unpack_from("=I", answer, _DEVICE_CAPS)
    return bool(can & _VIDEO_CAPTURE)


def refusal(path: str, device: int) -> str:
    """Why an open device gives no frames."""
    try:
        if not _captures(device):
            return say.GIVES_NO_FRAMES_CAMERAS(path=path)
        fcntl.ioctl(device, _REQBUFS, _NO_BUFFERS)
    except OSError as exc:
        return _broken(path, exc)
    return say.OFFERS_NO_FORMAT_CAN(path=path)


def _broken(path: str, exc: OSError) -> str:
    if exc.errno == errno.EBUSY:
        return say.USE_ANOTHER_PROGRAM(path=path)
    if exc.errno == errno.ENOTTY:
        return say.NO_CAMERA(path=path)
    return say.CANNOT_USED(path=path, os=os.strerror(exc.errno or 0))


def _plugged_in(folder: Path) -> list[str]:
    """Cameras by their lasting names; where udev makes none, by the kernel's."""
    return [str(each) for each in sorted(folder.glob("v4l/by-id/*-index0")) or sorted(folder.glob("video*"))]
