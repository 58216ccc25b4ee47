"""A background for aiming shows nobody, is small, and comes only where it is asked for."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from agent.errors import AgentError
from agent.vision.aim import AskedBackground
from agent.vision.background import COARSE, EVERY_S, SAMPLES, WIDTH, BackgroundMaker
from agent.vision.pipe import MAX_BYTES, Background, NotAResult, Unpacker, pack
from contract.commands import COMMANDS, Face
from tests.vision.stage import street, write_video
from tests.vision.test_camera import settings, watched


def street_of(seed: int) -> Any:
    """A noisy street, 1280 x 720, grey 90."""
    return np.random.default_rng(seed).normal(90, 12, (720, 1280, 3)).clip(0, 255).astype(np.uint8)


def made(*, walks: bool, known: bool, sees_still: bool = True) -> tuple[Background, Any]:
    """The background of a street on which a bright person walks, or stands; ``known``: it is followed."""
    maker = BackgroundMaker(sees_still=sees_still)
    for number in range(SAMPLES):
        frame = street_of(number)
        x = 100 + 25 * number if walks else 600
        frame[300:500, x : x + 80] = 250
        done = maker.add(frame, [(x, 300, x + 80, 500)] if known else [], number * EVERY_S)
        assert (done is not None) == (number == SAMPLES - 1)
    assert done is not None
    data = np.frombuffer(base64.b64decode(done.jpeg), np.uint8)
    return done, cv2.imdecode(data, cv2.IMREAD_COLOR)


def test_who_walks_is_not_seen_even_where_nobody_follows_them() -> None:
    _, image = made(walks=True, known=False)
    assert image.max() < 160


def test_who_stands_and_is_followed_is_a_grey_place() -> None:
    _, image = made(walks=False, known=True)
    assert image.max() < 160


@pytest.mark.parametrize(("sees_still", "width"), [(True, WIDTH), (False, COARSE)])
def test_it_is_small_in_pixels_and_in_bytes(sees_still: bool, width: int) -> None:
    done, image = made(walks=True, known=True, sees_still=sees_still)
    assert (done.width, image.shape[1]) == (width, width)
    assert len(pack(done)) <= MAX_BYTES


def test_a_tall_frame_is_bounded_too_and_another_size_begins_again() -> None:
    maker = BackgroundMaker(sees_still=True)
    for number in range(SAMPLES - 1):
        assert maker.add(street_of(number), [], 0.0) is None
    tall = np.zeros((2000, 200, 3), np.uint8)
    for number in range(SAMPLES):
        done = maker.add(tall, [], 0.0)
        assert (done is None) == (number < SAMPLES - 1)
    assert done is not None
    assert done.height <= 320


def test_one_that_nobody_has_asked_for_is_no_result() -> None:
    asked = AskedBackground()
    with pytest.raises(NotAResult, match="nobody has asked"):
        asked.take(Background(width=1, height=1, jpeg="AA=="))


@pytest.mark.parametrize("bad", [{"width": 640}, {"jpeg": "<svg>"}, {"jpeg": "A" * 15_004}, {"more": 1}])
def test_what_is_larger_or_of_another_kind_is_no_result(bad: dict[str, object]) -> None:
    fields = {"type": "background", "width": 320, "height": 180, "jpeg": "AAAA", **bad}
    body = json.dumps(fields).encode()
    with pytest.raises(NotAResult):
        list(Unpacker().feed(len(body).to_bytes(4, "little") + body))


def test_the_command_is_for_people_on_the_pole_alone() -> None:
    row = next(row for row in COMMANDS if row.name == "background")
    assert Face.MQTT not in row.faces


def test_who_asks_last_is_answered_and_nobody_waits_for_a_process_that_is_gone() -> None:
    async def story() -> None:
        asked = AskedBackground()
        written: list[bytes] = []
        one = asyncio.ensure_future(asked.one(written.append, "none"))  # noqa: TID251 - two who wait
        await asyncio.sleep(0)
        two = asyncio.ensure_future(asked.one(written.append, "none"))  # noqa: TID251
        await asyncio.sleep(0)
        with pytest.raises(AgentError, match="none"):
            await one
        asked.take(Background(width=2, height=1, jpeg="AAAA"))
        assert (await two).width == 2
        assert len(written) == 2
        three = asyncio.ensure_future(asked.one(written.append, "gone"))  # noqa: TID251
        await asyncio.sleep(0)
        asked.end()
        with pytest.raises(AgentError, match="gone"):
            await three

    asyncio.run(story())


@pytest.mark.long
def test_a_real_vision_process_makes_one_of_a_minute(tmp_path: Path) -> None:
    """A bright square crosses a street again and again; the process is confined."""
    frames, noise = [], np.random.default_rng(1)
    for number in range(100):
        frame = (street() + noise.normal(0, 4, street().shape)).clip(0, 200).astype(np.uint8)
        frame[100:200, 6 * number : 6 * number + 40] = 255
        frames.append(frame)
    write_video(tmp_path / "v.avi", frames)

    async def story() -> None:
        async with watched(settings(tmp_path / "v.avi")) as it:
            await it.until(lambda: it.camera.health().state == "ok", "it looks")
            done = await it.camera.background()
            image: Any = cv2.imdecode(np.frombuffer(base64.b64decode(done.jpeg), np.uint8), cv2.IMREAD_COLOR)
            assert image.shape[1] <= WIDTH
            assert image.max() < 250
            assert it.camera.health().refused == 0

    asyncio.run(story())
