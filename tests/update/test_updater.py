"""An update from the site to the slot: kept where all works, taken back where it does not, and through power cuts."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agent.config.load import load
from agent.errors import Retry
from agent.system import slots as slots_module
from agent.update import bundles, fit
from agent.update import updater as updater_module
from agent.update.fit import ReleaseRefused
from agent.update.source import FolderSource
from contract.health import PoleStatus, UplinkHealth
from contract.release import Manifest, Needs, ReleaseId
from release.desk import ReleaseDesk
from release.publishing import publish, withdraw
from tests.release.desks import key, model_folder, release, settings_folder, stand_in_model
from tests.update.poles import Box, camera, status

CROPS = ReleaseId(kind="model", name="crops", number=1)


@pytest.fixture
def golden(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The trial of golden samples without an interpreter: a model that holds ``bad`` is refused by it."""
    tried: list[str] = []

    def tried_quickly(folder: Path, manifest: Manifest) -> None:
        tried.append(str(manifest.release))
        if b"bad" in (folder / "weights.tflite").read_bytes():
            raise ReleaseRefused("its golden samples: an output is off by 1")

    monkeypatch.setattr(updater_module, "try_golden", tried_quickly)
    return tried


def runs(box: Box) -> str:
    """What the model that runs holds."""
    folder = box.updater(FolderSource(Path("/nowhere"))).slots.running("model", "crops")
    return (folder / "weights.tflite").read_text(encoding="ascii") if folder else ""


def test_a_signed_model_is_taken_tried_and_kept(box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path) -> None:
    """The shipped classifier, with the real interpreter in a child."""
    release(desk, site, model_folder(tmp_path / "crops"))
    updater = box.updater(site)
    updater.run()
    assert updater.slots.current("model", "crops") == 1
    assert updater.slots.trial() is None
    assert box.pole.story == [
        f"models/crops/1 {step}"
        for step in (
            "download begun",
            "verify done",
            "unpack done",
            "golden done",
            "switch done",
            "commit done",
        )
    ]
    assert [step.number for step in box.pole.steps] == [1, 2, 3, 4, 5, 6]
    assert not list((box.state / "update/download").iterdir())
    box.updater(site).run()
    assert len(box.pole.steps) == 6


def test_a_model_that_says_something_else_of_its_samples_is_refused_and_not_tried_again(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, model_folder(tmp_path / "crops", spoil=True))
    box.updater(site).run()
    assert box.pole.story[-1] == "models/crops/1 golden refused"
    assert "is off by" in box.pole.steps[-1].text
    steps = len(box.pole.steps)
    updater = box.updater(site)
    updater.run()
    assert len(box.pole.steps) == steps
    assert updater.slots.current("model", "crops") is None
    updater.forgive()
    box.updater(site).run()
    assert len(box.pole.steps) == 2 * steps


def test_a_model_that_blinds_a_camera_is_taken_back(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, golden: list[str]
) -> None:
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))
    box.pole.health = lambda: status(camera("ok"))
    box.updater(site).run()
    release(desk, site, stand_in_model(tmp_path / "b", b"two"))
    box.pole.health = lambda: status(camera("crashed" if runs(box) == "two" else "ok"))
    box.updater(site).run()
    assert box.pole.story[-2:] == ["models/crops/2 switch done", "models/crops/2 roll_back done"]
    assert "camera street worked and is crashed" in box.pole.steps[-1].text
    assert runs(box) == "one"
    box.updater(site).run()
    assert runs(box) == "one"
    release(desk, site, stand_in_model(tmp_path / "c", b"three"))
    box.updater(site).run()
    assert runs(box) == "three"


def test_a_model_is_kept_only_where_an_interpreter_has_loaded_its_weights(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, golden: list[str]
) -> None:
    for number, (content, seen) in enumerate(((b"one", b"one"), (b"two", b"one")), 1):
        release(desk, site, stand_in_model(tmp_path / str(number), content))
        health = replace(
            status(camera("ok", hashlib.sha256(seen).hexdigest())),
            models={str(box.state / f"slots/models/crops/{number}"): "0"},
        )
        box.pole.health = lambda health=health: health
        box.updater(site).run()
    kept = next(step for step in box.pole.steps if step.stage == "commit")
    assert kept.sha256 == hashlib.sha256(b"one").hexdigest()
    assert "loaded by street" in kept.text
    assert box.pole.steps[-1].text == "no camera has loaded it"
    assert runs(box) == "one"


def test_a_device_that_is_away_for_a_moment_takes_no_release_back(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, golden: list[str]
) -> None:
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))
    seen = iter(["ok", "crashed", "ok", "ok"])
    box.pole.health = lambda: status(camera(next(seen)))
    box.updater(site).run()
    assert box.pole.story[-1] == "models/crops/1 commit done"


def test_a_camera_that_comes_and_goes_is_no_camera_that_works(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, golden: list[str]
) -> None:
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))
    seen = iter(["ok"] + 10 * ["crashed", "ok"])
    box.pole.health = lambda: status(camera(next(seen)))
    box.updater(site).run()
    assert box.pole.story[-1] == "models/crops/1 roll_back done"


def test_a_daemon_that_did_not_take_a_release_does_not_prove_it(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, settings_folder(tmp_path / "street", "[report]\nwindow_s = 20\n"))
    busy = 2

    def reload() -> str:
        nonlocal busy
        busy -= 1
        if busy >= 0:
            raise Retry("a reload is under way")
        return ""

    box.pole.reload = reload  # type: ignore[method-assign]
    box.updater(site).run()
    assert box.pole.story[-1] == "settings/street/1 commit done"
    release(desk, site, settings_folder(tmp_path / "other", "[report]\nwindow_s = 30\n"))
    busy = 1000
    box.updater(site).run()
    assert box.pole.story[-1] == "settings/street/2 roll_back done"
    assert box.pole.steps[-1].text == "the agent did not take it: a reload is under way"


def test_golden_samples_that_take_too_long_are_tried_again_before_they_refuse_a_release(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))

    def slow(folder: Path, manifest: Manifest) -> None:
        raise fit.TooSlow("its golden samples took more than 60 s")

    monkeypatch.setattr(updater_module, "try_golden", slow)
    for _ in range(2):
        with pytest.raises(Retry, match="took more than"):
            box.updater(site).run()
    box.updater(site).run()
    assert box.pole.story[-1] == "models/crops/1 golden refused"
    assert "3 times" in box.pole.steps[-1].text


def test_a_daemon_that_starts_again_and_again_takes_the_release_back_by_itself(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, golden: list[str]
) -> None:
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))
    box.updater(site).run()
    release(desk, site, stand_in_model(tmp_path / "b", b"two"))
    updater = box.updater(site)
    box.moments.then = updater.slots.count_start
    updater.run()
    assert runs(box) == "one"
    assert "started 4 times during its trial" in box.pole.steps[-1].text
    assert updater.slots.trial() is None


def test_steps_that_the_daemon_does_not_take_wait_in_order(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, golden: list[str]
) -> None:
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))
    box.pole.listens = False
    box.updater(site).run()
    assert not box.pole.steps
    box.pole.listens = True
    box.updater(site).run()
    assert [step.number for step in box.pole.steps] == list(range(1, 7))


class PowerCut(BaseException):
    """No handler of ours takes it for an error."""


def test_a_power_cut_leaves_a_pole_that_works_and_tells_every_step(
    tmp_path: Path, desk: ReleaseDesk, site: Path, golden: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cut_at(range(4, 1000, 12), tmp_path, desk, site, monkeypatch) > 2


@pytest.mark.long
def test_a_power_cut_at_any_write_leaves_a_pole_that_works_and_tells_every_step(
    tmp_path: Path, desk: ReleaseDesk, site: Path, golden: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cut_at(range(1, 1000), tmp_path, desk, site, monkeypatch) > 30


def cut_at(writes: range, tmp_path: Path, desk: ReleaseDesk, site: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Power goes at the given renames and new names of an update, one a pole; then it goes on. How often it went."""
    release(desk, site, stand_in_model(tmp_path / "a", b"one"))
    first = Box(tmp_path / "first", desk.folder)
    first.updater(site).run()
    release(desk, site, stand_in_model(tmp_path / "b", b"two"))
    left = 0

    def cut(real: Any) -> Any:
        def cut_first(self: Path, *args: Any, **options: Any) -> Any:
            nonlocal left
            left -= tmp_path in self.parents
            if left == 0:
                left = -1
                raise PowerCut
            return real(self, *args, **options)

        return cut_first

    for name in ("replace", "symlink_to", "unlink", "mkdir"):
        monkeypatch.setattr(Path, name, cut(getattr(Path, name)))
    cuts = 0
    for at in writes:
        box = Box(tmp_path / f"pole{at}", desk.folder)
        shutil.copytree(first.state, box.state, symlinks=True, dirs_exist_ok=True)
        left = at
        try:
            box.updater(site).run()
        except PowerCut:
            cuts += 1
        else:
            break
        assert runs(box) in {"one", "two"}
        load(box.settings, {})
        box.updater(site).run()
        assert runs(box) == "two"
        assert box.pole.story[-1] == "models/crops/2 commit done"
        numbers = [step.number for step in box.pole.steps]
        assert numbers == sorted(numbers)
        assert set(range(numbers[0], numbers[-1] + 1)) == set(numbers), "a step is missing"
    left = -1
    return cuts


def test_a_revision_of_settings_fills_what_the_pole_leaves_open_and_never_overwrites(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    with box.settings.open("a", encoding="utf-8") as file:
        file.write("[report]\nwindow_s = 30\n")
    release(desk, site, settings_folder(tmp_path / "street", '[report]\nwindow_s = 20\nmode = "change"\n'))
    before = load(box.settings, {}).revision
    box.updater(site).run()
    now = load(box.settings, {})
    assert (now.report.window_s, now.report.mode) == (30, "change")
    assert now.revision != before
    (kept,) = now.kept
    assert "window_s" in kept
    assert "line 6" in kept
    assert "settings/street/1 says something else" in kept


def test_settings_that_do_not_load_are_refused_before_the_daemon_sees_them(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    release(desk, site, settings_folder(tmp_path / "street", "[report]\nwindow = 20\n"))
    box.updater(site).run()
    assert box.pole.story[-1].endswith("roll_back done")
    assert "window_s" in box.pole.steps[-1].text
    assert box.updater(site).slots.current("settings", "street") is None
    assert box.pole.reloads == 1


def test_settings_that_cut_the_platform_off_are_taken_back(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:

    release(desk, site, settings_folder(tmp_path / "street", '[uplink]\nhost = "wrong"\nplain_text = true\n'))
    slots = box.updater(site).slots

    def health() -> PoleStatus:
        state = "down" if slots.current("settings", "street") else "up"
        uplink = UplinkHealth(state=state, since=box.moments.start, broker="b", text="no route")  # type: ignore[arg-type]
        return replace(status(), uplink=uplink)

    box.pole.health = health
    box.updater(site).run()
    assert box.pole.steps[-1].text == "the platform was reached and is not: no route"
    assert slots.current("settings", "street") is None


def test_settings_that_remove_the_link_are_taken_back_although_it_was_down(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    link = '[uplink]\nhost = "mqtt.city.example"\nplain_text = true\n'
    release(desk, site, settings_folder(tmp_path / "a", link))
    box.updater(site).run()
    release(desk, site, settings_folder(tmp_path / "b", "[report]\nwindow_s = 20\n"))
    box.updater(site).run()
    assert box.pole.steps[-1].text == "it removes [uplink], and the pole could not be reached any more"
    assert box.updater(site).slots.current("settings", "street") == 1


def test_a_release_for_another_box_is_refused_with_the_reason(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:
    folder = stand_in_model(tmp_path / "a", b"one")
    with (folder / "release.toml").open("a", encoding="utf-8") as file:
        file.write('[needs]\nmachines = ["sparc64"]\n')
    release(desk, site, folder)
    box.updater(site).run()
    assert box.pole.story[-1] == "models/crops/1 unpack refused"
    assert "it is for sparc64" in box.pole.steps[-1].text


def test_hours_allowance_and_room_are_asked_before_a_byte_is_fetched(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, golden: list[str]
) -> None:

    release(desk, site, stand_in_model(tmp_path / "a", random.Random(1).randbytes(50_000)))
    usual = box.options
    for option, value, why in (
        ("hours", (1, 5), "from 1 to 5"),
        ("month_bytes", 10_000, "allowance"),
        ("keep_free_bytes", 1 << 60, "MiB free"),
    ):
        box.options = replace(usual, **{option: value})
        with pytest.raises(Retry, match=why):
            box.updater(site).run()
        assert box.updater(site).record.month_bytes == 0
    box.options = usual
    box.updater(site).run()
    assert box.updater(site).record.month_bytes > 50_000


def test_a_disk_that_fills_while_a_release_is_unpacked_refuses_nothing(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = release(desk, site, stand_in_model(tmp_path / "a", b"one"))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Retry, match="models/crops/1 cannot be unpacked: No space left"):
        bundles.unpack(desk.bundle(one.path), one, tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_what_is_assigned_no_more_is_not_fetched_to_the_end(
    box: Box, desk: ReleaseDesk, site: Path, tmp_path: Path
) -> None:

    one = release(desk, site, stand_in_model(tmp_path / "a", b"one"))

    box.options, usual = replace(box.options, hours=(1, 5)), box.options
    with pytest.raises(Retry):
        box.updater(site).run()
    withdraw(desk, one, key("online"))
    publish(desk, site, key("online"), lambda _: None)
    box.options = usual
    box.updater(site).run()
    assert box.pole.story[-1] == "models/crops/1 download withdrawn"


def test_a_trial_file_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    slots = slots_module.Slots(tmp_path)
    slots.folder.mkdir()
    (slots.folder / "trial.json").write_bytes(b"\xff{")
    assert slots.count_start() is None
    assert slots.take_back("x") is None


def test_the_needs_of_a_release() -> None:

    fit.check_needs(Needs(agent="0.1"))
    with pytest.raises(ReleaseRefused, match=r"needs version 99\.1 of the agent"):
        fit.check_needs(Needs(agent="99.1"))
    with pytest.raises(ReleaseRefused, match="MiB of memory"):
        fit.check_needs(Needs(memory_mib=1 << 20))
