"""MJPEG over HTTP: passwords, every way of sending, broken frames, and a certificate that nobody knows."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vision.servers import mjpeg
from tests.vision.stage import Sensor, street
from tests.vision.test_camera import settings, watched

SENSOR = Sensor()
FRAMES = [SENSOR.see(street()) for _ in range(5)]


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_a_password_opens_the_stream_and_a_wrong_one_is_reported(auth: str) -> None:
    async def story() -> None:
        async with mjpeg(FRAMES) as server:
            server.auth = auth
            async with watched(settings(server.url)) as it:
                await it.until(lambda: it.states() == ["ok"], "it sees")
            async with watched(settings(server.url.replace("s3cret", "wr0ng"))) as it:
                await it.until(lambda: it.states() == ["no_signal"], "it is refused")
                assert "refuses the user or the password (authentication)" in it.camera.health().text
                assert "wr0ng" not in repr(it.events) + repr(it.camera.health())

    asyncio.run(story())


@pytest.mark.parametrize(("chunked", "bare"), [(True, False), (True, True), (False, True)])
def test_frames_come_in_chunks_and_without_lengths_too(chunked: bool, bare: bool) -> None:
    async def story() -> None:
        async with mjpeg(FRAMES) as server:
            server.chunked, server.bare = chunked, bare
            async with watched(settings(server.url)) as it:
                await it.until(lambda: it.camera.health().frames > 10, "it sees")
                assert it.states() == ["ok"]

    asyncio.run(story())


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "rubbish": lambda _: b"this is no frame" * 100,
    "half": lambda data: data[: len(data) // 2],
    "noise": lambda data: data[:1200] + bytes(byte ^ 0x55 for byte in data[1200:]),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_frame_now_and_then_is_passed_over(kind: str) -> None:
    def damage(number: int, data: bytes) -> bytes:
        return BROKEN[kind](data) if number % 7 == 6 else data

    async def story() -> None:
        async with mjpeg(FRAMES) as server:
            server.damage = damage
            async with watched(settings(server.url)) as it:
                await it.until(lambda: it.camera.health().frames > 25, "it has seen three broken ones")
                assert it.states() == ["ok"]
                assert server.connections == 1
                assert it.camera.health().reconnects == 0

    asyncio.run(story())


def test_a_camera_that_sends_nothing_but_rubbish_is_reported_and_seen_when_it_is_mended() -> None:
    async def story() -> None:
        async with mjpeg(FRAMES) as server, watched(settings(server.url)) as it:
            await it.until(lambda: it.states() == ["ok"], "it sees")
            whole, server.damage = server.damage, lambda _, data: BROKEN["rubbish"](data)
            await it.until(lambda: it.states() == ["ok", "no_signal"], "it is reported")
            server.damage = whole
            await it.until(lambda: it.states() == ["ok", "no_signal", "ok"], "it sees again")
            assert it.camera.health().restarts == 0

    asyncio.run(story())


def test_a_server_that_dies_within_a_frame_is_tried_again() -> None:
    async def story() -> None:
        async with mjpeg(FRAMES) as server, watched(settings(server.url)) as it:

            def die(number: int, data: bytes) -> bytes:
                if number == 9 and server.connections == 1:
                    asyncio.get_running_loop().call_soon(server.drop)
                    return data[: len(data) // 2]
                return data

            server.damage = die
            await it.until(lambda: server.connections >= 2, "it connects anew")
            await it.until(lambda: it.states() == ["ok", "no_signal", "ok"], "it sees again")
            assert it.camera.health().restarts == 0

    asyncio.run(story())


def test_a_certificate_that_nobody_knows_is_taken_as_the_page_on_cameras_says(tmp_path: Path) -> None:
    key, own = tmp_path / "key.pem", tmp_path / "own.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(own)]
    subprocess.run([*made, "-days", "2", "-subj", "/CN=a camera"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)

    async def story() -> None:
        async with mjpeg(FRAMES, tls=context) as server, watched(settings(server.url)) as it:
            await it.until(lambda: it.states() == ["ok"], "it sees")

    asyncio.run(story())
