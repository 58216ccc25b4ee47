"""A USB camera by Video4Linux (linux/videodev2.h): the size and rate nearest to what is asked, and JPEG where needed.

A camera sends large frames uncompressed (YUYV) at a few per second only; where that is too slow, or the bus has no
bandwidth left for it, JPEG is asked for, and then a smaller size.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import math
import mmap
import os
import select
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np

from agent.vision import sentences_stream as say
from agent.vision.boxes import Frame
from agent.vision.stream.trouble import Ended, NotThere
from agent.vision.usb import refusal

_CAPTURE, _MAPPED = 1, 1
_BUFFERS = 4
_DAMAGED = 0x40  # V4L2_BUF_FLAG_ERROR
_SMALLER = ((640, 480), (320, 240))


def _words(names: str) -> list[tuple[str, type]]:
    return [(name, ctypes.c_uint32) for name in names.split()]


class _Pix(ctypes.Structure):
    _fields_ = tuple(_words("width height code field line size colour private"))


class _Fill(ctypes.Union):
    _fields_ = (("pix", _Pix), ("raw", ctypes.c_uint8 * 200), ("align", ctypes.c_void_p))


class _Format(ctypes.Structure):
    _fields_ = (("type", ctypes.c_uint32), ("fmt", _Fill))


class _Description(ctypes.Structure):
    _fields_ = (*_words("index type flags"), ("text", ctypes.c_char * 32), *_words("code a b c d"))


class _Parm(ctypes.Structure):
    _fields_ = (*_words("type capability mode numerator denominator"), ("rest", ctypes.c_uint8 * 184))


class _Request(ctypes.Structure):
    _fields_ = tuple(_words("count type memory capabilities flags"))


class _Where(ctypes.Union):
    _fields_ = (("offset", ctypes.c_uint32), ("pointer", ctypes.c_ulong))


class _Buffer(ctypes.Structure):
    _fields_ = (
        *_words("index type used flags field"),
        *(("seconds", ctypes.c_long), ("micros", ctypes.c_long), ("timecode", ctypes.c_uint32 * 4)),
        *(*_words("sequence memory"), ("m", _Where), *_words("length a b")),
    )


def _code(way: int, number: int, kind: type[ctypes.Structure | ctypes.c_int]) -> int:
    return way << 30 | ctypes.sizeof(kind) << 16 | ord("V") << 8 | number


_ENUM_FMT, _G_FMT, _S_FMT = _code(3, 2, _Description), _code(3, 4, _Format), _code(3, 5, _Format)
_REQBUFS, _QUERYBUF, _QBUF, _DQBUF = (_code(3, 8, _Request), *(_code(3, each, _Buffer) for each in (9, 15, 17)))
_STREAMON, _STREAMOFF, _S_PARM = _code(1, 18, ctypes.c_int), _code(1, 19, ctypes.c_int), _code(3, 22, _Parm)


def _fourcc(text: str) -> int:
    return int.from_bytes(text.encode(), "little")


_JPEG = (_fourcc("MJPG"), _fourcc("JPEG"))
_RAW: dict[int, tuple[int, float]] = {
    _fourcc("YUYV"): (cv2.COLOR_YUV2BGR_YUYV, 2),
    _fourcc("UYVY"): (cv2.COLOR_YUV2BGR_UYVY, 2),
    _fourcc("NV12"): (cv2.COLOR_YUV2BGR_NV12, 1.5),
    _fourcc("YU12"): (cv2.COLOR_YUV2BGR_I420, 1.5),
    _fourcc("GREY"): (cv2.COLOR_GRAY2BGR, 1),
}
"""Uncompressed formats that are read: OpenCV's conversion, bytes per pixel."""


class RawFrame(NamedTuple):
    """An uncompressed frame; ``at_s`` is there for the interface's sake."""

    data: bytes
    size: tuple[int, int]
    code: int
    at_s: float | None = None

    def bgr(self) -> Frame:
        width, height = self.size
        conversion, depth = _RAW[self.code]
        flat = np.frombuffer(self.data, np.uint8, count=int(width * height * depth))
        shape = (height, width, 2) if depth == 2 else (int(height * depth), width)
        image: Frame = cv2.cvtColor(flat.reshape(shape), conversion)
        return image


class _Mode(NamedTuple):
    code: int
    size: tuple[int, int]
    rate: float


class V4l2:
    """An open device that streams. ``jpeg``: its frames are JPEG, as bytes; otherwise they are RawFrames."""

    def __init__(
        self,
        path: str,
        handle: int,
        now: Callable[[], float],
        *,
        fps: float,
        size: tuple[int, int] | None,
        read_s: float,
    ) -> None:
        """Takes ``handle`` over, which is ``path``. NotThere: why it does not stream."""
        self._path = path
        self._handle = handle
        self._read_s = read_s
        self._now = now
        self._maps: list[tuple[int, int]] = []
        self.came = 0
        try:
            self.mode = self._start(max(1, math.ceil(fps)), size)
        except BaseException:
            self.close()
            raise

    @property
    def jpeg(self) -> bool:
        return self.mode.code in _JPEG

    def frames(self) -> Iterator[bytes | RawFrame | None]:
        """Frames as they come, the newest last. Ended: silence, or the camera is gone."""
        received_s = self._now()
        while True:
            ready, _, _ = select.select([self._handle], [], [], min(1.0, self._read_s / 2))
            data = self._take() if ready else None
            if data is not None:
                received_s = self._now()
                self.came += 1
                yield self._frame(data)
            elif self._now() - received_s >= self._read_s:
                raise Ended(say.STREAM_SENT_NO_FRAME(read_s=self._read_s))
            else:
                yield None

    def close(self) -> None:
        for address, length in self._maps:
            _libc().munmap(ctypes.c_void_p(address), ctypes.c_size_t(length))
        self._maps.clear()
        os.close(self._handle)

    def _start(self, rate: int, size: tuple[int, int] | None) -> _Mode:
        """The first mode that the camera and the bus take."""
        crowded = False
        tried: set[_Mode] = set()
        for asked in (size, *_SMALLER):
            for mode in self._modes(rate, asked):
                if mode in tried:
                    continue
                tried.add(mode)
                try:
                    self._stream(mode, rate)
                except OSError as exc:
                    if exc.errno != errno.ENOSPC:
                        raise NotThere(refusal(self._path, self._handle)) from exc
                    crowded = True
                    continue
                return mode
        if not crowded:
            raise NotThere(refusal(self._path, self._handle))
        raise NotThere(say.USB_BUS_NO_BANDWIDTH(path=self._path))

    def _modes(self, rate: int, size: tuple[int, int] | None) -> list[_Mode]:
        """What to try at a size: what is fast enough as it is; then JPEG; then the rest."""
        offered = [self._choose(code, size, rate) for code in self._codes()]
        modes = [mode for mode in offered if mode is not None]
        fast = [mode for mode in modes if mode.rate >= rate]
        slow = [mode for mode in modes if mode.rate < rate]
        return [*fast, *sorted(slow, key=lambda mode: mode.code not in _JPEG)]

    def _codes(self) -> list[int]:
        found: list[int] = []
        while len(found) < 64:
            one = _Description(index=len(found), type=_CAPTURE)
            try:
                fcntl.ioctl(self._handle, _ENUM_FMT, one)
            except OSError:
                break
            found.append(one.code)
        return [*(code for code in found if code in _RAW), *(code for code in found if code in _JPEG)]

    def _choose(self, code: int, size: tuple[int, int] | None, rate: int) -> _Mode | None:
        """The mode nearest to what is asked; None: not in this format."""
        asked = _Format(type=_CAPTURE)
        try:
            fcntl.ioctl(self._handle, _G_FMT, asked)
            pix = asked.fmt.pix
            pix.code, pix.field = code, 0
            if size is not None:
                pix.width, pix.height = size
            fcntl.ioctl(self._handle, _S_FMT, asked)
        except OSError as exc:
            if exc.errno == errno.EINVAL:
                return None
            raise NotThere(refusal(self._path, self._handle)) from exc
        pix = asked.fmt.pix
        return _Mode(code, (pix.width, pix.height), self._pace(rate)) if pix.code == code else None

    def _pace(self, rate: int) -> float:
        """Frames per second that it will send; what is asked, where it does not say."""
        parm = _Parm(type=_CAPTURE, numerator=1, denominator=rate)
        try:
            fcntl.ioctl(self._handle, _S_PARM, parm)
        except OSError:
            return float(rate)
        return parm.denominator / parm.numerator if parm.numerator and parm.denominator else float(rate)

    def _stream(self, mode: _Mode, rate: int) -> None:
        """OSError: it does not take the mode after all."""
        self._choose(mode.code, mode.size, rate)
        request = _Request(count=_BUFFERS, type=_CAPTURE, memory=_MAPPED)
        fcntl.ioctl(self._handle, _REQBUFS, request)
        try:
            for index in range(request.count):
                buffer = self._buffer(index)
                fcntl.ioctl(self._handle, _QUERYBUF, buffer)
                self._maps.append((_map(self._handle, buffer), buffer.length))
                fcntl.ioctl(self._handle, _QBUF, buffer)
            fcntl.ioctl(self._handle, _STREAMON, ctypes.c_int(_CAPTURE))
        except OSError:
            for address, length in self._maps:
                _libc().munmap(ctypes.c_void_p(address), ctypes.c_size_t(length))
            self._maps.clear()
            fcntl.ioctl(self._handle, _REQBUFS, _Request(count=0, type=_CAPTURE, memory=_MAPPED))
            raise

    def _take(self) -> bytes | None:
        """The next frame's bytes; None: there was none, or it was damaged on the way."""
        buffer = self._buffer(0)
        try:
            fcntl.ioctl(self._handle, _DQBUF, buffer)
            address, length = self._maps[buffer.index]
            data = ctypes.string_at(address, min(buffer.used or length, length))
            fcntl.ioctl(self._handle, _QBUF, buffer)
        except OSError as exc:
            if exc.errno in (errno.EAGAIN, errno.EIO):
                return None
            gone = say.CAMERA_UNPLUGGED() if exc.errno == errno.ENODEV else say.CAMERA_STOPPED(strerror=exc.strerror)
            raise Ended(gone) from exc
        return None if buffer.flags & _DAMAGED else data

    def _frame(self, data: bytes) -> bytes | RawFrame | None:
        if self.jpeg:
            return data
        whole = len(data) >= self.mode.size[0] * self.mode.size[1] * _RAW[self.mode.code][1]
        return RawFrame(data, self.mode.size, self.mode.code) if whole else None

    @staticmethod
    def _buffer(index: int) -> Any:
        return _Buffer(index=index, type=_CAPTURE, memory=_MAPPED)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _map(handle: int, buffer: Any) -> int:
    """Python's own mmap would copy the descriptor, which drivers of one user at a time need not like. OSError: why."""
    call = _libc().mmap
    call.restype = ctypes.c_void_p
    call.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    address = call(None, buffer.length, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, handle, buffer.m.offset)
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(address)
