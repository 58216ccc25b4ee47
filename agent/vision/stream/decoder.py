"""Coded frames -> pixels, by FFmpeg's decoders through PyAV (ADR-0010): bounded, and honest about what is no image.

A size beyond the bound is refused before memory is taken for it. Of interlaced video one field is looked at: what moves
would else stand there twice, comb-like.
"""

from __future__ import annotations

import errno
from typing import Any

import av
import cv2
from av.video.reformatter import VideoReformatter

from agent.vision import sentences_stream as say
from agent.vision.boxes import Frame
from agent.vision.stream.trouble import Ended

_BYTES_PER_PIXEL = 20
"""Of one frame, all copies together: references of the decoder, 4:2:0 (1.5 each), BGR (3), and what is made of it."""
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
"""Of FFmpeg's display matrix, degrees counter-clockwise."""


def pixels_in(memory_mib: int) -> int:
    """The largest frame that a process of this size takes."""
    return memory_mib * 1024 * 1024 // _BYTES_PER_PIXEL


def too_large(size: tuple[int, int], memory_mib: int) -> str:
    """A sentence where a frame has more pixels than memory allows; else nothing."""
    if size[0] * size[1] <= pixels_in(memory_mib):
        return ""
    return say.FRAMES_X_NEED_MORE(size=size[0], size_2=size[1], memory_mib=memory_mib)


class DecodedFrame:
    """A decoded frame, still in the decoder's form: many are skipped, and cost no conversion."""

    __slots__ = ("_frame", "_reformat", "at_s")

    def __init__(self, frame: Any, reformat: VideoReformatter, at_s: float | None) -> None:
        self._frame = frame
        self._reformat = reformat
        self.at_s = at_s
        """On the container's own time scale, in seconds; None: a live stream's."""

    def bgr(self) -> Frame:
        frame: Any = self._reformat.reformat(self._frame, format="bgr24", interpolation="BILINEAR", threads=1)
        image: Frame = frame.to_ndarray()
        if self._frame.interlaced_frame:
            height, width = image.shape[:2]
            image = cv2.resize(image[::2], (width, height), interpolation=cv2.INTER_LINEAR)
        turn = _TURNS.get(round(self._frame.rotation or 0) % 360)
        return image if turn is None else cv2.rotate(image, turn)


class Decoder:
    """One stream's decoder; ``broken`` counts frames that it could not decode since the last that it could."""

    def __init__(self, codec: str, memory_mib: int, config: bytes = b"") -> None:
        self._memory_mib = memory_mib
        self._codec = context(av.CodecContext.create(codec, "r"), memory_mib)
        if config:
            self._codec.extradata = config
        self._reformat = VideoReformatter()
        self.broken = 0

    def decode(self, data: bytes) -> list[DecodedFrame]:
        """Ended: frames are larger than memory allows. MemoryError: there is none left."""
        try:
            frames = self._codec.decode(av.Packet(data))
        except av.error.FFmpegError as exc:
            self._check(exc)
            self.broken += 1
            return []
        good = [DecodedFrame(each, self._reformat, None) for each in frames if not each.is_corrupt]
        self.broken = 0 if good else self.broken + len(frames)
        return good

    def _check(self, exc: Any) -> None:
        if sentence := too_large((self._codec.width or 0, self._codec.height or 0), self._memory_mib):
            raise Ended(sentence) from exc
        if exc.errno == errno.ENOMEM:
            raise MemoryError from exc


def context(codec: Any, memory_mib: int) -> Any:
    """One thread, as little memory as there can be, and no frame beyond the bound."""
    codec.thread_count = 1
    codec.options = {"max_pixels": str(pixels_in(memory_mib))}
    return codec
