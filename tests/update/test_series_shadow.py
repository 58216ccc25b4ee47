"""A model of series runs next to the one in force before it takes its place; the daemon only answers questions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.errors import Retry
from agent.update import series_shadow
from agent.update import updater as updater_module
from contract.requests import RingResult
from release.desk import ReleaseDesk
from tests.release.desks import release
from tests.update.poles import Box
from tests.update.series import series_folder, tilts
from tests.update.test_what_if import RingAtHand, block


class Worker:
    """What models leave unsaid, by the content of their weights; ``fails``: those whose process ends."""

    def __init__(self, **left: float) -> None:
        self.left, self.fails, self.windows = left, set[str](), dict[str, int]()

    def __call__(self, folder: Path, windows: Sequence[Sequence[float]]) -> list[list[float]]:
        name = (folder / "weights.tflite").read_bytes().decode()
        if name in self.fails:
            raise Retry(f"the model in {folder} failed: killed")
        self.windows[name] = len(windows)
        return [[self.left[name], -self.left[name]] for _ in windows]


@pytest.fixture
def box(tmp_path: Path, desk: ReleaseDesk, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A pole whose model of series 'one' is in force, with an hour of readings in its ring."""
    monkeypatch.setattr(updater_module, "try_golden", lambda *_: None)
    box = Box(tmp_path / "pole", desk.folder)
    text = box.settings.read_text(encoding="utf-8") + '[anomaly]\nmodel = "slot:bridge"\n'
    box.settings.write_text(text, encoding="utf-8")
    release(desk, tmp_path / "site", series_folder(tmp_path / "one", b"one"))
    box.updater(tmp_path / "site").run()
    assert box.pole.story[-1] == "models/bridge/1 commit done"
    assert not [step for step in box.pole.story if " shadow " in step], "there was none to run next to"
    box.pole.held = RingAtHand(block(1, tilts(-3600.0 + box.moments.gone_s, 180)))
    box.pole.live = lambda: tuple(tilts(box.moments.gone_s - 15.0, 1))
    return box


def taken(box: Box, desk: ReleaseDesk, tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> str:
    """The last step of a second release, 'two'."""
    monkeypatch.setattr(series_shadow, "ask_worker_now", worker)
    release(desk, tmp_path / "site", series_folder(tmp_path / "two", b"two"))
    box.updater(tmp_path / "site").run()
    return box.pole.story[-1]


def test_one_that_says_the_pole_again_as_well_is_taken_and_its_figures_are_an_event(
    box: Box, desk: ReleaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(one=0.4, two=0.5)
    assert taken(box, desk, tmp_path, worker, monkeypatch) == "models/bridge/2 commit done"
    (step,) = [step for step in box.pole.steps if step.stage == "shadow"]
    assert (step.figures["error"], step.figures["error_before"]) == (0.5, 0.4)
    assert step.figures["windows"] == worker.windows["one"] == worker.windows["two"]
    assert 60 <= worker.windows["two"] <= 65, "of the ring just before, and of the five minutes of now"
    assert box.pole.shadows == [], "the daemon is asked for readings only"


@pytest.mark.fault(
    "a model of series does not know this pole's readings", "refused by its shadow run, with the figures"
)
def test_one_that_is_far_off_is_refused_with_the_figures(
    box: Box, desk: ReleaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert taken(box, desk, tmp_path, Worker(one=0.4, two=1.1), monkeypatch) == "models/bridge/2 shadow refused"
    assert "1.1 standard deviations of this pole's readings, the one in force 0.4" in box.pole.steps[-1].text
    assert box.updater(tmp_path / "site").slots.current("model", "bridge") == 1


@pytest.mark.fault("a model of series ends its process, or gives no numbers", "refused by its shadow run")
@pytest.mark.parametrize("why", ["no number", "failed 2 times"])
def test_one_that_fails_is_refused(
    box: Box, desk: ReleaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    worker = Worker(one=0.4, two=math.nan)
    if why == "failed 2 times":
        worker.fails = {"two"}
    assert taken(box, desk, tmp_path, worker, monkeypatch) == "models/bridge/2 shadow refused"
    assert why in box.pole.steps[-1].text


@pytest.mark.fault("the model of series in force fails, or gives no numbers", "its shadow run concludes nothing")
@pytest.mark.parametrize("silent", ["the ring", "the model in force", "nan", "inf"])
def test_of_too_little_nothing_is_concluded(
    box: Box, desk: ReleaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    worker = Worker(one=0.4, two=9.0)
    if silent == "the ring":
        box.pole.held = lambda _: RingResult(blocks=())
    elif silent in ("nan", "inf"):
        worker.left["one"] = float(silent)
    else:
        worker.fails = {"one"}
    assert taken(box, desk, tmp_path, worker, monkeypatch) == "models/bridge/2 commit done"
    (step,) = [step for step in box.pole.steps if step.stage == "shadow"]
    assert "nothing is concluded" in step.text
    assert step.figures == {"windows": step.figures["windows"]}, "all of them numbers, as the record needs"


def test_a_model_that_nothing_uses_has_no_shadow_run(
    box: Box, desk: ReleaseDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = box.settings.read_text(encoding="utf-8").replace("[anomaly]\n", "[anomaly]\nenabled = false\n")
    box.settings.write_text(text, encoding="utf-8")
    assert taken(box, desk, tmp_path, Worker(), monkeypatch) == "models/bridge/2 commit done"
