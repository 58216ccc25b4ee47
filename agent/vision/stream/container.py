"""Video files, and containers that a camera sends by HTTP: frames on the time scale of the container itself."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from typing import Any

import av
from av.video.reformatter import VideoReformatter

from agent.vision import sentences_stream as say
from agent.vision.stream.decoder import DecodedFrame, context, too_large
from agent.vision.stream.trouble import Ended

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,ivf,h264,hevc,m4v,mjpeg,mjpeg_2000,"
    "mpjpeg,obu,av1,ogg,asf,mxf,dv,nut,rawvideo,yuv4mpegpipe"
)
"""What is read. Lists (concat, HLS, SDP) are not: they lead to other files and hosts."""
_ANOTHER = {"av1": "libdav1d"}
"""Where FFmpeg's own decoder works with a graphics card only."""
_BROKEN = 50


class Container:
    """An open one; ``rate``: its frames per second as it states them, which may be wrong."""

    def __init__(self, source: Any, memory_mib: int, close: Callable[[], None]) -> None:
        """``source`` has ``read``, a file ``seek`` too; ``close`` ends it. Ended: no video that can be decoded."""
        self._memory_mib = memory_mib
        self._close = close
        options = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}
        try:
            self._open: Any = av.open(source, options=options)
        except (av.error.FFmpegError, ValueError) as exc:
            raise Ended(say.NO_VIDEO_CAN_DECODED()) from exc
        try:
            self._video = self._pick()
        except BaseException:
            self._open.close()
            raise
        self._codec = context(self._decoder(), memory_mib)
        self.rate = float(self._video.average_rate or self._video.guessed_rate or 25)
        self._start_s: float | None = None
        self._reformat = VideoReformatter()
        self.came = self.smeared = 0
        """Packets of the video, and those of them that were held back since something was damaged."""

    def _pick(self) -> Any:
        videos = [each for each in self._open.streams.video if each.codec_context is not None]
        if not videos:
            kinds = sorted({each.type for each in self._open.streams})
            raise Ended(say.HOLDS_NO_VIDEO_CAN(what=", ".join(kinds) or "nothing"))
        video = videos[0]
        if sentence := too_large((video.codec_context.width, video.codec_context.height), self._memory_mib):
            raise Ended(sentence)
        return video

    def _decoder(self) -> Any:
        own = self._video.codec_context
        other = _ANOTHER.get(own.codec.canonical_name)
        if other is None or own.name == other:
            return own
        try:
            codec = av.CodecContext.create(other, "r")
        except (av.error.FFmpegError, ValueError) as exc:
            raise Ended(say.AV_CANNOT_DECODED_BOX()) from exc
        codec.extradata = own.extradata
        return codec

    def frames(self) -> Iterator[DecodedFrame | None]:
        """Each frame with its second from the first on; broken ones are left out. Ended: frames become too large.

        None: data was held back.
        """
        number, broken, last_s = -1, 0, -1.0
        for packet in self._clean():
            if packet is None:
                yield None
                continue
            try:
                decoded = self._codec.decode(packet if packet.size else None)
            except EOFError:
                return
            except av.error.FFmpegError as exc:
                if sentence := too_large((self._codec.width, self._codec.height), self._memory_mib):
                    raise Ended(sentence) from exc
                if exc.errno == errno.ENOMEM:
                    raise MemoryError from exc
                broken += 1
                if broken > _BROKEN:
                    raise Ended(say.VIDEO_CANNOT_DECODED(name=self._codec.name)) from exc
                continue
            for frame in decoded:
                number += 1
                if frame.is_corrupt:
                    continue
                broken = 0
                at_s = self._second(frame, number)
                last_s = at_s if at_s > last_s else last_s + 1 / self.rate  # stamps that stand still or go back
                yield DecodedFrame(frame, self._reformat, last_s)

    def _clean(self) -> Iterator[Any]:
        """None for what was damaged on the way, and all that is decoded from it: up to the next whole key frame.

        A mark of damage also stands for the packet that follows: what is missing may have been its beginning.
        """
        smeared = marked = False
        for packet in self._packets():
            if not packet.size:  # the end
                yield packet
                return
            damaged, marked = packet.is_corrupt or marked, packet.is_corrupt
            if smeared and packet.is_keyframe and not damaged:
                self._codec.flush_buffers()
                smeared = False
            smeared = smeared or damaged
            self.came += 1
            self.smeared += smeared
            yield None if smeared else packet

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._open.demux(self._video)
        except Ended:
            raise
        except (av.error.FFmpegError, ValueError, OSError):
            yield av.Packet()  # the file is cut off; what the decoder holds still comes

    def _second(self, frame: Any, number: int) -> float:
        if frame.pts is None:
            return number / self.rate
        base = frame.time_base or self._video.time_base
        at_s = float(frame.pts * base)
        if self._start_s is None:
            self._start_s = at_s
        return at_s - self._start_s

    def close(self) -> None:
        self._open.close()
        self._close()


def open_file(handle: int, memory_mib: int) -> Container:
    """A video file by its descriptor, which is closed with it. Ended: as ``Container``."""
    file = os.fdopen(handle, "rb")
    try:
        return Container(file, memory_mib, file.close)
    except BaseException:
        file.close()
        raise
