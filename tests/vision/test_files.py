"""Video files: their own time, whatever they are coded in, and the true reason where one cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from agent.errors import Retry
from agent.vision.boxes import Frame
from agent.vision.capture import Taken, video
from agent.vision.source import Source
from agent.vision.stream.live import StreamLimits
from tests.vision.coded import damaged, moving, transport_stream

LIMITS = StreamLimits(open_s=5.0, read_s=5.0, fps=60.0)


def write(path: Path, stamps_ms: Sequence[int], size: tuple[int, int] = (160, 96)) -> Path:
    """A file of ``moving`` in H.264 with these stamps."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.codec_context.max_b_frames = 0
        for frame, stamp in zip(moving(len(stamps_ms), size), stamps_ms, strict=True):
            image = av.VideoFrame.from_ndarray(frame, format="bgr24").reformat(format="yuv420p")
            image.pts, image.time_base = stamp, Fraction(1, 1000)
            out.mux(stream.encode(image))
        out.mux(stream.encode(None))
    return path


def read(path: Path, limits: StreamLimits = LIMITS, rate: float | None = None) -> list[Taken]:
    return list(video(Source(str(path)), limits, rate))


def bar(frame: Frame) -> float:
    """Where the bright bar of ``moving`` stands, in its own pixels."""
    bright = np.nonzero(frame[: frame.shape[0] // 2].mean(axis=(0, 2)) > 190)[0]
    return float(bright.mean()) if len(bright) else -1.0


@pytest.mark.fault("a video's frame rate varies or is declared wrong", "its time is that of the container's stamps")
def test_time_is_that_of_the_stamps_and_not_a_count_of_frames(tmp_path: Path) -> None:
    stamps = [0, 40, 80, 900, 940, 2000, 2040, 2500, 7000, 7040]
    got = read(write(tmp_path / "varying.mkv", stamps))
    assert [round(taken.at_s * 1000) for taken in got] == stamps
    assert [round(taken.at_s * 1000) for taken in read(tmp_path / "varying.mkv", rate=10.0)] == list(
        range(0, 1000, 100)
    )


def test_frames_that_are_due_are_taken_by_time(tmp_path: Path) -> None:
    path = write(tmp_path / "street.mp4", list(range(0, 4000, 40)))
    times = [taken.at_s for taken in read(path, LIMITS._replace(fps=5.0))]
    assert len(times) == 20
    assert all(0.15 < later - earlier < 0.25 for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("name", "codec", "more"),
    [
        ("a.mp4", "libx264", {"b_frames": 3}),
        ("a.mkv", "libx265", {"options": {"x265-params": "log-level=none"}}),
        ("a.mkv", "libsvtav1", {"options": {"preset": "12"}}),
        ("a.webm", "libvpx-vp9", {"options": {"deadline": "realtime"}}),
        ("a.avi", "mpeg4", {}),
        ("a.mpg", "mpeg2video", {}),
        ("a.avi", "mjpeg", {}),
    ],
)
def test_frames_come_in_the_order_of_time_whatever_they_are_coded_in(
    tmp_path: Path, name: str, codec: str, more: dict[str, Any]
) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    size = (320, 180)
    path = tmp_path / name
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=25, options=more.get("options", {}))
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.max_b_frames = more.get("b_frames", 0)
        for frame in moving(30, size):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24").reformat(format=stream.pix_fmt)))
        out.mux(stream.encode(None))
    got = read(path)
    assert len(got) >= 28
    assert got[0].at_s == 0.0
    places = [bar(taken.frame) for taken in got if taken.at_s > 0.1]
    assert all(2 < later - earlier < 7 for earlier, later in pairwise(places)), places


@pytest.mark.fault("H.264 is interlaced", "one field of each frame is looked at, never black")
def test_interlaced_video_is_decoded_and_nothing_in_it_is_comb_like(tmp_path: Path) -> None:
    path = tmp_path / "interlaced.mp4"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(
            "libx264", rate=25, options={"preset": "ultrafast", "x264-params": "tff=1:interlaced=1"}
        )
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        fields = list(moving(40))
        for even, odd in zip(fields[::2], fields[1::2], strict=True):
            woven = even.copy()
            woven[1::2] = odd[1::2]
            frame = av.VideoFrame.from_ndarray(woven, format="bgr24").reformat(format="yuv420p")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    got = read(path)
    assert len(got) == 20
    for taken in got[2:]:
        assert taken.frame.mean() > 60
        comb = np.abs(np.diff(taken.frame[:40].astype(int), axis=0)).mean()
        assert comb < 8, "rows of one moment do not differ from their neighbours"


def test_a_turned_video_stands_upright(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.mp4", list(range(0, 400, 40)))
    with av.open(str(plain)) as source, av.open(str(tmp_path / "turned.mp4"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        stream.metadata["rotate"] = "90"
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    data = (tmp_path / "turned.mp4").read_bytes()
    unit, turned = (b"".join(each.to_bytes(4, "big", signed=True) for each in rows) for rows in (
        (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)))  # fmt: skip
    place = data.rindex(unit)  # the track's matrix (ISO 14496-12, tkhd)
    (tmp_path / "turned.mp4").write_bytes(data[:place] + turned + data[place + len(unit) :])
    assert {taken.frame.shape for taken in read(tmp_path / "turned.mp4")} == {(160, 96, 3)}


def test_what_is_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.mkv", list(range(0, 4000, 40)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert 30 < len(read(path)) < 100


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg2video"])
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_of_damaged_video_only_frames_as_they_were_coded_come_out(tmp_path: Path, codec: str, share: float) -> None:
    stream = transport_stream(codec)
    (tmp_path / "whole.ts").write_bytes(stream)
    right = {taken.frame.tobytes() for taken in read(tmp_path / "whole.ts")}
    for seed in range(3):
        (tmp_path / "damaged.ts").write_bytes(damaged(stream, share, seed))
        seen = {taken.frame.tobytes() for taken in read(tmp_path / "damaged.ts")}
        assert seen
        assert seen <= right


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"no video at all", "this is no video that can be decoded"),
        ("a.m3u8", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "this is no video that can be decoded"),
        ("a.ffconcat", b"ffconcat version 1.0\nfile /etc/passwd\n", "this is no video that can be decoded"),
        ("a.sdp", b"v=0\no=- 1 1 IN IP4 127.0.0.1\ns=x\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n", "no video"),
        ("empty.mp4", b"", "this is no video that can be decoded"),
    ],
)
def test_what_is_no_video_is_refused_and_leads_nowhere(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Retry, match=says):
        read(tmp_path / name)


def test_sound_alone_is_named(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mkv"), "w") as out:
        stream: Any = out.add_stream("mp2", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), format="s16", layout="mono")
        frame.rate = 44100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(Retry, match=r"holds no video that can be decoded \(audio\)"):
        read(tmp_path / "sound.mkv")


def test_a_file_that_is_not_there_or_is_none_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Retry, match=f"there is no such file: {tmp_path}/nowhere"):
        read(tmp_path / "nowhere")
    with pytest.raises(Retry, match="this is no file"):
        read(tmp_path)


@pytest.mark.fault("a frame of 16,000 x 16,000 pixels comes", "it is refused before memory is taken for it")
def test_frames_that_need_more_memory_than_there_is_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "large.mp4", [0, 40], size=(1920, 1080))
    with pytest.raises(Retry, match="frames of 1920 x 1080 need more than memory_mib = 32"):
        read(path, LIMITS._replace(memory_mib=32))
    assert len(read(path, LIMITS._replace(memory_mib=64))) == 2


def test_stamps_that_stand_still_are_counted_on(tmp_path: Path) -> None:
    path = write(tmp_path / "plain.h264", list(range(0, 400, 40)))
    times = [taken.at_s for taken in read(path)]
    assert len(times) == 10
    assert times == sorted(set(times))
