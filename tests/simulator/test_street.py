"""The drawn street: every car of it is counted by the classifier that is shipped, and its server tells who saw them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from agent.config.scene import CountingLine, SceneSettings
from agent.vision.pipeline import VisionPipeline, make_finder
from contract.events import Crossing
from simulator import street


def test_every_car_is_counted_in_its_direction() -> None:
    scene = SceneSettings(
        frame_size=(street.WIDTH, street.HEIGHT), line={"middle": CountingLine(a=(320, 190), b=(320, 350))}
    )
    pipeline = VisionPipeline(scene, (street.WIDTH, street.HEIGHT), finder=make_finder(scene), seed=1)
    seen = [body for frame in range(480) for _, body in pipeline.frame(street.frame(frame / 10), frame / 10).events]
    crossings = [(body.label, body.direction) for body in seen if isinstance(body, Crossing)]
    assert crossings == [("vehicle", -1 if car % 2 else 1) for car in range(15)]


def test_a_viewer_reads_the_cars_that_it_saw_for_sure_and_those_it_may_have_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def tell() -> None:
        camera = street.StreetCamera()
        now_s = 0.0
        monkeypatch.setattr(camera, "_now", lambda: now_s)
        crossed = [street.FIRST_S + car * street.EVERY_S + street._CROSSES_S for car in range(4)]
        camera._tell(0.0, crossed[0], sure=True)
        camera._tell(crossed[1] - 0.1, crossed[1] + 0.1, sure=True)  # came in the middle
        camera._tell(0.0, crossed[3] - 0.1, sure=False)  # went too early for the third

    asyncio.run(tell())
    assert [json.loads(line)["sure"] for line in capsys.readouterr().out.splitlines()] == [True, False, False]


def test_its_process_ends_with_its_standard_input() -> None:
    command = [sys.executable, "-m", "simulator.street"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert json.loads(process.stdout.readline())["port"] > 0
        process.stdin.close()
        assert process.wait() == 0
