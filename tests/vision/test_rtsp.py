"""RTSP cameras for real, our own and GStreamer's: H.264 over TCP and UDP, and everything happens to them."""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import Retry
from agent.vision.capture import Newest, Taken, newest
from agent.vision.source import Source
from agent.vision.stream.live import StreamLimits
from tests.vision.rtsp import MAKES, Link, Rtsp, age_ms, link, needs_gstreamer
from tests.vision.test_camera import Watched, children, command_line, settings, watched

Make = Callable[..., Rtsp]
LIMITS = StreamLimits(open_s=8.0, read_s=5.0, fps=10.0)
FRESH_MS = 700
"""A frame's age when it is taken, on a busy machine; a queue of one second's frames would be older."""
PATIENT = {"open_s": 8.0, "read_s": 2.0}
"""A stream is joined at a key frame, of which there is one a second."""
SIZE = (180, 320, 3)
WORD = "s3cret@word/"


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> Make:
    return functools.partial(Rtsp, make=request.param)


def taken(reader: Newest) -> Taken:
    """The next frame; there is one within the limit."""
    frame = reader.take(LIMITS.read_s)
    assert frame is not None
    return frame


def age_after_a_second_ms(reader: Newest) -> int:
    time.sleep(1.0)  # noqa: TID251  # the analysis of one frame, on a busy box
    return age_ms(taken(reader).frame)


def test_a_slow_reader_gets_fresh_frames_at_the_asked_rate(make: Make) -> None:
    with make("--fps", "20") as camera, newest(Source(camera.url()), LIMITS) as reader:
        taken(reader)
        began_s = time.monotonic()
        for _ in range(20):
            taken(reader)
        assert time.monotonic() - began_s > 1.5, "20 frames at 10 per second, though 20 per second are sent"
        assert any(age_after_a_second_ms(reader) < FRESH_MS for _ in range(10))


def test_a_camera_that_speaks_only_udp_is_seen(make: Make) -> None:
    with make("--udp") as camera, newest(Source(camera.url()), LIMITS) as reader:
        assert taken(reader).frame.shape == SIZE


def test_the_first_frame_is_not_kept_back_for_counting(make: Make) -> None:
    """FFmpeg alone would count 28 frames, or for 5 s, before it shows one."""
    with make("--fps", "3") as camera, newest(Source(camera.url()), LIMITS) as reader:
        assert age_ms(taken(reader).frame) < 4500


def test_a_stream_that_changes_its_size_goes_on_in_the_new_one(make: Make) -> None:
    with make() as camera, newest(Source(camera.url()), LIMITS) as reader:
        assert taken(reader).frame.shape == SIZE
        camera.tell("size 160 120")
        assert any(taken(reader).frame.shape == (120, 160, 3) for _ in range(200))
        assert any(age_ms(taken(reader).frame) < FRESH_MS for _ in range(100))


@pytest.mark.parametrize("make", [pytest.param("gstreamer", marks=needs_gstreamer)], indirect=True)
def test_a_stream_of_jpeg_that_changes_its_size_goes_on_in_the_new_one(make: Make) -> None:
    with make("--codec", "jpeg") as camera, newest(Source(camera.url()), LIMITS) as reader:
        assert taken(reader).frame.shape == (184, 320, 3), "RFC 2435 counts in eights"
        camera.tell("size 160 120")
        shapes = [taken(reader).frame.shape for _ in range(15)]
        assert shapes[-1] == (120, 160, 3)


@pytest.mark.parametrize("how", ["basic", "digest"])
def test_a_password_opens_the_stream_and_is_seen_nowhere(
    make: Make, how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "password"
    secret.write_text("wr0ng-word\n")
    secret.chmod(0o600)

    async def story() -> None:
        with make("--auth", how, "--password", WORD) as server:
            options = settings(server.url("viewer@"), password_file=str(secret), **PATIENT)
            async with watched(options) as it:
                await it.until(lambda: it.states() == ["no_signal"], "the wrong password is refused")
                assert "refuses the user or the password (authentication)" in it.camera.health().text
                assert "rtsp://127.0.0.1" in it.camera.health().text
                nowhere(it, "wr0ng-word")
            secret.write_text(WORD + "\n")
            async with watched(options) as it:
                await it.until(lambda: it.states()[-1:] == ["ok"], "it sees")
                nowhere(it, "s3cret")

    asyncio.run(story())
    assert "wr0ng" not in caplog.text
    assert "s3cret" not in caplog.text


def nowhere(it: Watched, word: str) -> None:
    (child,) = children()
    shown = command_line(child) + Path(f"/proc/{child}/environ").read_bytes()
    assert word.encode() not in shown
    assert word not in repr(it.events) + repr(it.camera.health())


def test_a_wrong_path_is_distinguished_from_a_wrong_password(make: Make) -> None:
    with make() as camera, pytest.raises(Retry, match=r"answers but has no such stream.*/nowhere$"):
        Source(camera.url(path="nowhere")).stream(LIMITS)


def test_a_camera_that_dies_and_comes_back_is_reported_once_each_with_the_reason_of_now(make: Make) -> None:
    async def story() -> None:
        with make() as first:
            async with watched(settings(first.url(), **PATIENT)) as it:
                await it.until(lambda: it.states()[-1:] == ["ok"], "it sees")
                first.kill()
                await it.until(lambda: it.states()[-1] == "no_signal", "its end is noticed")
                await it.until(lambda: "nothing answers at this port" in it.camera.health().text, "the reason is new")
                with make(port=first.port):
                    await it.until(lambda: it.states()[-1] == "ok", "it sees again")
                assert it.camera.health().restarts == 0

    asyncio.run(story())


@pytest.mark.parametrize("how", ["paused", "stopped", "cut"])
def test_a_stream_that_stalls_with_its_connection_open_is_given_up_and_comes_back(make: Make, how: str) -> None:
    """The encoder hangs while the server lives; the server hangs; the link passes nothing on."""

    async def story() -> None:
        with make() as server:
            async with link(server.port) as between, watched(settings(server.url(port=between.port), **PATIENT)) as it:
                await it.until(lambda: it.states()[-1:] == ["ok"], "it sees")
                began_s = time.monotonic()
                stall(how, server, between, on=True)
                await it.until(lambda: it.states()[-1] == "no_signal", "silence is noticed")
                assert time.monotonic() - began_s < 30.0, "the limit is 2 s"
                stall(how, server, between, on=False)
                await it.until(lambda: it.states()[-1] == "ok", "it sees again")
                assert it.camera.health().restarts == 0

    asyncio.run(story())


def stall(how: str, server: Rtsp, between: Link, *, on: bool) -> None:
    if how == "paused":
        server.tell("pause" if on else "go")
    elif how == "stopped":
        server.process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)
    else:
        between.cut = on
