"""A model that looks next to the one that runs: kept out where it is far off, too slow, or ends the process."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.cli.update import _status
from agent.errors import Retry
from agent.update import updater as updater_module
from contract.events import UpdateStep
from contract.health import PoleStatus, ShadowHealth
from release.desk import ReleaseDesk
from tests.release.desks import release, stand_in_model
from tests.update.poles import Box, camera, status

WEIGHTS = hashlib.sha256(b"one").hexdigest()
ALIKE = ShadowHealth(
    state="running",
    model=WEIGHTS,
    looks=40,
    objects=50,
    objects_before=52,
    agreed=49,
    score=0.8,
    score_before=0.78,
    ms=12.0,
    ms_before=10.0,
)


@pytest.fixture
def box(tmp_path: Path, desk: ReleaseDesk, monkeypatch: pytest.MonkeyPatch) -> Box:
    """With one camera, and a trial of golden samples that every model passes."""
    monkeypatch.setattr(updater_module, "try_golden", lambda *_: None)
    box = Box(tmp_path / "pole", desk.folder)
    box.pole.watching = ("street",)
    return box


def seen(figures: ShadowHealth | None, restarts: int = 0) -> PoleStatus:
    return status(replace(camera("ok"), shadow=figures, restarts=restarts))


def taken(box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, more: str = "") -> str:
    """The last step of a release for this camera."""
    folder = stand_in_model(tmp_path / "a", b"one")
    with (folder / "release.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    release(desk, site, folder)
    box.updater(site).run()
    return box.pole.story[-1]


def test_a_model_that_sees_the_same_is_taken_and_its_figures_are_an_event(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    box.pole.health = lambda: seen(ALIKE)
    assert taken(box, desk, site, tmp_path) == "models/crops/1 commit done"
    assert box.pole.shadows == [300.0, 0.0]
    (step,) = (step for step in box.pole.steps if step.stage == "shadow")
    assert step.text == (
        "camera street: 40 looks, 50 objects instead of 52, 96% in common, mean score 0.80 instead of 0.78, "
        "12.0 ms instead of 10.0 ms"
    )
    assert step.figures["street.agreement"] == pytest.approx(0.9608)
    UpdateStep(**{name: getattr(step, name) for name in step.__struct_fields__})
    assert f"shadow run of models/crops/1: {step.text}" in _status(box.state)


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        (replace(ALIKE, agreed=20), "shares 39% of 52 objects with the model that runs"),
        (replace(ALIKE, objects=0, agreed=0), "shares 0% of 52 objects"),
        (replace(ALIKE, ms=31.0), "took 31.0 ms each instead of 10.0 ms"),
        (ShadowHealth(state="misfit", model=WEIGHTS), "its interpreter cannot use the model"),
        (replace(ALIKE, ends=2), "its vision process ended 2 times"),
    ],
)
def test_a_model_that_is_far_off_or_slow_or_ends_the_process_never_counts(
    *, figures: ShadowHealth, why: str, box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    box.pole.health = lambda: seen(figures)
    assert taken(box, desk, site, tmp_path) == "models/crops/1 shadow refused"
    assert why in box.pole.steps[-1].text
    assert box.pole.shadows[-1] == 0.0, "it looks no more"
    assert box.updater(site).slots.current("model", "crops") is None


def test_a_camera_that_ended_before_as_well_says_nothing_of_the_model_which_may_be_the_one_that_mends_it(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    box.pole.health = lambda: seen(replace(ALIKE, ends=3, ends_before=1))
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))
    for _ in range(2):
        with pytest.raises(Retry, match=r"ended 3 times while .* and 1 times in the same time before"):
            box.updater(site).run()
    assert box.updater(site).record.refused == {}
    box.updater(site).run()
    assert box.pole.story[-1] == "models/crops/1 commit done"


@pytest.mark.parametrize("figures", [None, replace(ALIKE, ends=1), replace(ALIKE, looks=0, ends_before=9)])
def test_a_camera_that_ends_without_the_model_refuses_none(
    *, figures: ShadowHealth | None, box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    box.pole.health = lambda: seen(figures, restarts=40 + int(box.moments.gone_s // 10))
    assert taken(box, desk, site, tmp_path) == "models/crops/1 commit done"


def test_who_packs_a_model_that_sees_other_things_says_so(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    box.pole.health = lambda: seen(replace(ALIKE, agreed=20, ms=31.0))
    more = "[shadow]\nagreement = 0.3\nslowdown = 4\n"
    assert taken(box, desk, site, tmp_path, more) == "models/crops/1 commit done"


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        (replace(ALIKE, ms=4.0, ms_before=0.5), "4.0 ms instead of 0.5 ms"),
        (replace(ALIKE, looks=3, objects=3, objects_before=4, agreed=0, ms=90.0), "camera street: 3 looks"),
        (ShadowHealth(state="no_memory", model=WEIGHTS), "camera street: no memory for two models at once"),
        (replace(ALIKE, model="0" * 64, agreed=0), "camera street: it saw no frame"),
        (None, "camera street: it saw no frame"),
        (ShadowHealth(state="no_model"), "camera street: its vision process cannot read the model"),
    ],
)
def test_of_what_was_hardly_seen_nothing_is_concluded(
    *, figures: ShadowHealth | None, text: str, box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    box.pole.health = lambda: seen(figures)
    assert taken(box, desk, site, tmp_path) == "models/crops/1 commit done"
    assert text in next(step.text for step in box.pole.steps if step.stage == "shadow")


def test_where_no_camera_uses_the_model_or_the_settings_say_no_time_is_spent(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    box.options = replace(box.options, shadow_s=0.0)
    assert taken(box, desk, site, tmp_path) == "models/crops/1 commit done"
    assert not box.pole.shadows
    assert not [step for step in box.pole.story if "shadow" in step]
