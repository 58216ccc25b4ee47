"""Streams as cameras send them: forms that were reported in public, each by a server of our own that has it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from agent.config.scene import CameraSettings
from agent.vision.boxes import Frame
from agent.vision.capture import Newest, newest
from agent.vision.source import Source
from agent.vision.stream.decoder import Decoder
from agent.vision.stream.live import StreamLimits
from agent.vision.stream.trouble import REFUSED, Ended, NotThere, StreamRefused
from tests.vision.coded import damaged, encoded, transport_stream
from tests.vision.rtsp import Rtsp
from tests.vision.servers import Mjpeg, mjpeg
from tests.vision.stage import Sensor, street
from tests.vision.test_camera import settings, watched

LIMITS = StreamLimits(open_s=8.0, read_s=5.0, fps=25.0)
SENSOR = Sensor()
STREET = [SENSOR.see(street()) for _ in range(5)]


@contextlib.contextmanager
def serving(frames: list[Frame] | None = None) -> Iterator[Mjpeg]:
    """An MJPEG camera on a thread of its own, so that the test may wait for its stream."""
    loop, ready, cameras = asyncio.new_event_loop(), threading.Event(), list[Mjpeg]()
    end = asyncio.Event()

    async def serve() -> None:
        async with mjpeg(frames or STREET) as camera:
            cameras.append(camera)
            ready.set()
            await end.wait()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))  # noqa: TID251
    thread.start()
    ready.wait(20)
    try:
        yield cameras[0]
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(120)
        loop.close()


def first(reader: Newest, within_s: float = 120.0) -> Frame:
    """The next frame."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        taken = reader.take(0.5)
        if taken is not None:
            return taken.frame
    raise AssertionError(f"no frame came; {reader.note()}")


def ending(source: Source) -> str:
    """Why a stream ends that is none."""
    end_s = time.monotonic() + 120
    try:
        with newest(source, LIMITS) as reader:
            while time.monotonic() < end_s:
                reader.take(1.0)
    except Ended as exc:
        return str(exc)
    raise AssertionError("it goes on")


PARTS = {
    "no boundary before the first part": lambda camera: setattr(camera, "part", "\r\nContent-Type: image/jpeg\r\n"),
    "a charset": lambda camera: setattr(camera, "part", "--part\r\nContent-Type: image/jpeg; charset=utf-8\r\n"),
    "image/jpg": lambda camera: setattr(camera, "part", "--part\r\nContent-Type: image/jpg\r\n"),
    "no type": lambda camera: setattr(camera, "part", "--part\r\n"),
    "a boundary other than announced": lambda camera: setattr(
        camera, "part", "--other\r\nContent-Type: image/jpeg\r\n"
    ),
    "a quoted boundary with dashes": lambda camera: setattr(
        camera, "whole_type", 'multipart/x-mixed-replace;boundary="--part"'
    ),
    "no multipart at all": lambda camera: setattr(camera, "whole_type", "video/x-motion-jpeg"),
    "no type of the whole": lambda camera: setattr(camera, "whole_type", ""),
    "a wrong length": lambda camera: setattr(
        camera, "part", "--part\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\n"
    ),
}


@pytest.mark.fault(
    "MJPEG without a first boundary, with other types or none, with wrong lengths", "frames come all the same"
)
@pytest.mark.parametrize("form", PARTS)
def test_jpeg_is_found_whatever_stands_between(form: str) -> None:
    with serving() as camera:
        PARTS[form](camera)
        camera.bare = "length" in form
        with newest(Source(camera.url), LIMITS) as reader:
            assert first(reader).shape == (360, 640, 3)
            assert first(reader).shape == (360, 640, 3)


@pytest.mark.fault("a camera asks for Digest with SHA-256 only, or in addition to MD5", "it is used")
@pytest.mark.parametrize("auth", ["sha-256", "both", "digest", "basic"])
def test_digest_with_sha_256_opens_the_stream(auth: str) -> None:
    with serving() as camera:
        camera.auth = auth
        with newest(Source(camera.url), LIMITS) as reader:
            first(reader)
        with pytest.raises(StreamRefused):
            Source(camera.url.replace("s3cret", "wr0ng")).stream(LIMITS)
        assert camera.refusals == 1, "a wrong password is shown once, not once more for each form"
    with Rtsp("--auth", auth, "--password", "s3cret-word") as server:
        with newest(Source(server.url("viewer@"), "s3cret-word"), LIMITS) as reader:
            first(reader)
        with pytest.raises(StreamRefused):
            Source(server.url("viewer@"), "wr0ng").stream(LIMITS)
        server.tell("refusals")
        assert server.process.stdout
        assert server.process.stdout.readline() == "1\n"


@pytest.mark.fault("a camera locks the account after wrong passwords", "the pause is that of a refused password")
@pytest.mark.parametrize("status", [403, 423, 429])
def test_a_lock_is_answered_by_minutes_of_pause_whatever_its_status(status: int) -> None:
    with serving() as camera:
        camera.auth, camera.refuses = "digest", f"{status} Locked"
        with pytest.raises(StreamRefused):
            Source(camera.url.replace("s3cret", "wr0ng")).stream(LIMITS)
        assert camera.refusals == 1
    with Rtsp("--auth", "digest", "--password", "x", "--odd", str(status)) as server, pytest.raises(StreamRefused):
        Source(server.url("viewer@"), "wr0ng").stream(LIMITS)


@pytest.mark.parametrize("status", [403, 423, 429])
def test_a_lock_is_heeded_where_the_password_stands_in_the_address(status: int) -> None:
    with serving() as camera:
        camera.answer = f"HTTP/1.1 {status} Locked\r\nContent-Length: 0\r\n\r\n".encode()
        place = camera.url.partition("@")[2].partition("/")[0]
        with pytest.raises(StreamRefused):
            Source(f"http://{place}/video.mjpg?u=a&pwd={{password}}", "wr0ng").stream(LIMITS)
        with pytest.raises(Ended):
            Source(f"http://{place}/video.mjpg").stream(LIMITS)
    with Rtsp("--auth", "digest", "--password", "x", "--odd", str(status)) as server, pytest.raises(StreamRefused):
        Source(f"{server.url()}?pwd={{password}}", "wr0ng").stream(LIMITS)


def test_what_cannot_be_answered_is_named_and_no_password_is_asked_for_twice() -> None:
    with serving() as camera:
        camera.auth = "sha-512"
        with pytest.raises(
            Ended, match=r"asks for Digest SHA-512, which is not known here.*: http://127.0.0.1:\d+/video.mjpg$"
        ):
            Source(camera.url).stream(LIMITS)
    with (
        Rtsp("--auth", "digest", "--password", "x") as server,
        pytest.raises(StreamRefused, match="asks for a user and a password"),
    ):
        Source(server.url()).stream(LIMITS)


@pytest.mark.fault("sound and metadata are described first, and their set-up is refused", "only video is asked for")
def test_sound_and_metadata_are_not_asked_for() -> None:
    with Rtsp("--sound") as server, newest(Source(server.url()), LIMITS) as reader:
        first(reader)


@pytest.mark.fault("a key frame comes every 40 s only", "it is waited for as long as frames come, and said")
def test_a_key_frame_is_waited_for_longer_than_any_silence_would_be() -> None:
    """900 frames between two key frames; reading limits of half a second are passed many times over."""
    limits = LIMITS._replace(read_s=0.5)
    with Rtsp("--gop", "200", "--fps", "60") as server:
        with newest(Source(server.url()), limits):  # so that the camera has begun
            pass
        with newest(Source(server.url()), limits) as reader:
            notes = set[str]()
            end_s = time.monotonic() + 120
            while reader.take(0.2) is None:
                note = reader.note()
                notes |= {note.state} if note else set()
                assert time.monotonic() < end_s
            assert notes <= {"waiting"}
            assert reader.note() is None


@pytest.mark.fault(
    "packets are lost, by UDP or by the camera itself", "no smeared frame is looked at; the state is lossy"
)
@pytest.mark.parametrize("udp", [False, True])
def test_of_a_lossy_stream_only_frames_as_they_were_sent_are_looked_at(udp: bool) -> None:
    # this test is only about whether frames are right; each one that was sent is known
    right = [decoded.tobytes() for decoded in _decoded(encoded("h264", 200, 20))]
    lossy = Rtsp("--gop", "20", "--fps", "50", "--loss", "0.1", *(["--udp"] if udp else []))
    with lossy as server, contextlib.ExitStack() as stack:
        reader = stack.enter_context(newest(Source(server.url()), LIMITS._replace(fps=60.0)))
        seen = [first(reader).tobytes() for _ in range(40)]
        note = reader.note()
    assert note is not None
    assert note.state == "lossy"
    assert note.text.startswith("packets are lost: some")
    assert set(seen) <= set(right)


def _decoded(access: tuple[bytes, ...]) -> list[Frame]:
    decoder = Decoder("h264", 400)
    return [image.bgr() for data in access for image in decoder.decode(data)]


ANSWERS = {
    "a web page": (
        b"Content-Type: text/html\r\n\r\n<!DOCTYPE html><html><title>Login</title>",
        "is a web page of the camera",
    ),
    "a web page of no type": (b"\r\n\r\n<html>", "is a web page of the camera"),
    "one snapshot": (
        b"Content-Type: image/jpeg\r\n\r\n" + cv2.imencode(".jpg", STREET[0])[1].tobytes(),
        "gives one snapshot",
    ),
    "a list for HLS": (
        b"Content-Type: application/vnd.apple.mpegurl\r\n\r\n#EXTM3U\n#EXT-X-VERSION:3\n",
        "a list for HLS",
    ),
    "nothing": (b"Content-Length: 0\r\n\r\n", "the camera answers with nothing"),
    "rubbish": (
        b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(7)) * 3000,
        "no video that can be decoded",
    ),
}


@pytest.mark.fault("the address of a camera is that of its web page", "it is named")
@pytest.mark.parametrize("what", ANSWERS)
def test_what_is_no_stream_is_named(what: str) -> None:
    body, says = ANSWERS[what]
    with serving() as camera:
        camera.answer = b"HTTP/1.1 200 OK\r\n" + body.removeprefix(b"\r\n")
        assert says in ending(Source(camera.url))


def test_a_container_by_http_is_read_as_it_comes(tmp_path: Path) -> None:
    clip = tmp_path / "clip.ts"
    with av.open(str(clip), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for frame in STREET * 10:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24").reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    with serving() as camera:
        camera.answer = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n" + clip.read_bytes()
        with newest(Source(camera.url), LIMITS) as reader:
            assert first(reader).shape == (360, 640, 3)
        assert "the camera ended the stream" in ending(Source(camera.url))


@pytest.mark.fault("MPEG-TS by HTTP, of which packets are lost", "no smeared frame is looked at; the state is lossy")
def test_of_a_damaged_container_only_whole_frames_are_looked_at() -> None:
    data = transport_stream("libx264")
    with serving() as camera:
        camera.answer = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n" + damaged(data, 0.01, 3)
        reader = Source(camera.url).stream(LIMITS)
        with contextlib.suppress(Ended):
            for _ in reader.frames():
                pass
        note = reader.note()
        reader.close()
    assert note is not None
    assert note.state == "lossy"


def test_a_camera_is_followed_to_another_path_of_its_own_and_to_no_other_host() -> None:
    with serving() as camera:
        camera.answer = b"HTTP/1.1 302 Found\r\nLocation: http://10.9.8.7/secret?pwd=Zq7xW9vK\r\n\r\n"
        with pytest.raises(Ended, match="sends us to another host") as caught:
            Source(camera.url).stream(LIMITS)
        assert "Zq7x" not in str(caught.value)
        camera.answer = b"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n"
        with pytest.raises(Ended, match="from one address to the next"):
            Source(camera.url).stream(LIMITS)


@pytest.mark.parametrize("odd", ["moved", "no-range"])
def test_a_camera_that_moves_its_stream_or_knows_no_range_is_seen(odd: str) -> None:
    with Rtsp("--odd", odd) as server, newest(Source(server.url()), LIMITS) as reader:
        first(reader)


def test_packets_of_another_type_than_was_described_are_no_frames() -> None:
    with Rtsp("--odd", "other-type") as server, newest(Source(server.url()), LIMITS._replace(read_s=1.0)) as reader:
        with pytest.raises(Ended, match="sent no frame for 1 s"):
            first(reader)
        assert reader.note() is None, "no key frame is waited for"


def test_what_comes_before_the_answer_proper_is_passed_over() -> None:
    part = b"--x\r\n\r\n" + cv2.imencode(".jpg", STREET[0])[1].tobytes()
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"
    with serving() as camera:
        camera.answer = b"HTTP/1.1 100 Continue\r\n\r\n" + head + 20 * part
        with newest(Source(camera.url), LIMITS) as reader:
            assert first(reader).shape == (360, 640, 3)


def test_a_port_that_speaks_another_protocol_is_named() -> None:
    with Rtsp() as server, pytest.raises(Ended, match="this port speaks RTSP, not HTTP"):
        Source(server.url().replace("rtsp://", "http://")).stream(LIMITS)
    with serving() as camera, pytest.raises(Ended, match=r"this port|ended the connection"):
        Source(camera.url.replace("http://", "rtsp://")).stream(LIMITS)


@pytest.mark.parametrize("codec", ["AV1", "VP9"])
def test_a_codec_that_is_not_decoded_over_rtsp_is_named(codec: str) -> None:
    with (
        Rtsp("--codec", codec) as server,
        pytest.raises(Ended, match=f"it sends {codec}, which cannot be decoded here"),
    ):
        Source(server.url()).stream(LIMITS)


def test_a_camera_that_is_not_there_costs_nothing_and_is_tried_soon() -> None:
    with pytest.raises(NotThere, match="nothing answers at this port"):
        Source("rtsp://127.0.0.1:1/stream").stream(LIMITS)
    with pytest.raises(NotThere, match="the name of the camera is unknown"):
        Source("http://no-such-camera.invalid/1").stream(LIMITS)


@pytest.mark.fault("a frame of 16,000 x 16,000 pixels comes", "it is refused before memory is taken for it")
def test_a_frame_that_is_larger_than_memory_allows_is_refused_and_named() -> None:
    huge = (
        cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes().replace(b"\0\x40\0\x40", b"\x3e\x80\x3e\x80")
    )
    with serving([np.zeros((64, 64, 3), np.uint8)]) as camera:
        camera.damage = lambda _, __: huge
        assert "frames of 16000 x 16000 need more than memory_mib = 400" in ending(Source(camera.url))


@pytest.mark.fault(
    "the camera refuses the password", "it is asked again after minutes, or as soon as the file has changed"
)
def test_a_corrected_password_file_is_used_without_a_reload(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wr0ng\n")
    secret.chmod(0o600)

    async def story() -> None:
        with Rtsp("--auth", "digest", "--password", "right-word") as server:
            options: CameraSettings = settings(server.url("viewer@"), password_file=str(secret))
            async with watched(options) as it:
                await it.until(lambda: it.states() == ["no_signal"], "the password is refused")
                assert it.camera.health().text.startswith(REFUSED)
                assert it.camera.waits_for_settings
                secret.write_text("right-word\n")
                await it.until(lambda: it.ended is not None, "the process ends")
                assert "password file has changed" in str(it.ended)
                assert it.states() == ["no_signal"], "that is no crash"
                again = asyncio.create_task(it.run())  # noqa: TID251  # as the supervisor would
                await it.until(lambda: it.states()[-1] == "ok", "it sees")
                again.cancel()
                await asyncio.wait([again])

    asyncio.run(story())
