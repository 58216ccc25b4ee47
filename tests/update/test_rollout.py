"""A rollout as a pole takes it: who is in it, its hours, and what each of its states stops at which step."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agent.system import slots as slots_module
from agent.update import fit
from agent.update import updater as updater_module
from contract.health import PoleStatus
from contract.plan import Assignment, Plan, Rollout, RolloutState
from contract.release import ReleaseId
from release.desk import ReleaseDesk
from release.publishing import publish, put_plan
from tests.release.desks import NOW, key, release, settings_folder, stand_in_model
from tests.update.poles import Box, Moments, status


@pytest.fixture(autouse=True)
def no_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updater_module, "try_golden", lambda *_: None)


class Street:
    """Revision 1 is assigned to all; revision 2 is a rollout."""

    def __init__(self, desk: ReleaseDesk, site: Path, folder: Path) -> None:
        self.desk, self.site = desk, site
        self.one = release(desk, site, settings_folder(folder / "one", "[report]\nwindow_s = 10\n"))
        self.two = release(desk, site, settings_folder(folder / "two", "[report]\nwindow_s = 20\n"), "nobody")
        self.rollout = Rollout(begun=NOW, opened=NOW)

    def be(self, state: RolloutState = "running", **changes: Any) -> None:
        """The published state of the rollout; of ``changes`` some are of its assignment."""
        own: dict[str, Any] = {name: changes.pop(name) for name in ("share", "tags", "named") if name in changes}
        rollout = replace(self.rollout, state=state, why="too many fail" if state != "running" else "", **changes)
        reach = Assignment(release=self.two, rollout=rollout, **({"share": 1.0} | own))
        put_plan(self.desk, Plan(assignments=(Assignment(release=self.one), reach)), key("online"))
        publish(self.desk, self.site, key("online"), lambda _: None)


@pytest.fixture
def street(desk: ReleaseDesk, site: Path, tmp_path: Path, box: Box) -> Street:
    made = Street(desk, site, tmp_path)
    box.updater(site).run()
    assert current(box) == 1
    return made


def current(box: Box) -> int | None:
    return slots_module.Slots(box.state).current("settings", "street")


def test_a_pole_is_in_by_its_number_by_its_name_or_by_a_tag(street: Street) -> None:
    def wants(*tags: str, **reach: Any) -> ReleaseId:
        plan = Plan(assignments=(Assignment(release=street.one), Assignment(release=street.two, **reach)))
        return plan.wanted("SZ-1", tags)[0].release

    number = Assignment(release=street.two).drawn("SZ-1")
    assert wants(share=number) == street.one
    assert wants(share=number + 1e-9) == street.two
    assert wants(share=0.0, named=("SZ-1",)) == street.two
    assert wants("lab", "other", share=0.0, tags=("lab",)) == street.two
    assert wants("other", share=0.0, tags=("lab",)) == street.one
    assert wants("lab", share=1.0, poles=("GZ-*",), tags=("lab",), named=("SZ-1",)) == street.one


def test_a_pole_with_the_tag_takes_it_and_says_that_it_is_kept(street: Street, box: Box) -> None:
    street.be(share=0.0, tags=("lab",))
    box.updater(street.site).run()
    assert current(box) == 1
    box.options = replace(box.options, tags=("lab",))
    box.updater(street.site).run()
    assert current(box) == 2
    assert box.pole.story[-1] == "settings/street/2 commit done"


def test_a_paused_rollout_is_not_begun_and_says_why(street: Street, box: Box) -> None:
    street.be("paused")
    steps = len(box.pole.steps)
    updater = box.updater(street.site)
    updater.run()
    assert current(box) == 1
    assert len(box.pole.steps) == steps
    assert updater.record.waits == "the rollout of settings/street/2 is paused: too many fail"
    assert updater.record.trouble == "", "it is no trouble of the pole"
    street.be()
    box.updater(street.site).run()
    assert current(box) == 2
    assert box.updater(street.site).record.waits == ""


@pytest.mark.fault(
    "a rollout is paused while a pole takes the release", "nothing is switched, what was fetched stays, a trial goes on"
)
def test_a_rollout_that_is_paused_before_the_switch_waits_and_keeps_what_was_fetched(
    street: Street, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.be()

    def paused_here(needs: Any) -> None:
        street.be("paused")
        fit.check_needs(needs)

    monkeypatch.setattr(updater_module, "check_needs", paused_here)
    updater = box.updater(street.site)
    updater.run()
    assert current(box) == 1
    assert box.pole.story[-1] == "settings/street/2 switch waits"
    assert updater.record.job is None
    (kept,) = (box.state / "update/download").iterdir()
    monkeypatch.undo()
    monkeypatch.setattr(updater_module, "try_golden", lambda *_: None)
    fetched = updater.record.month_bytes
    street.be()
    again = box.updater(street.site)
    again.run()
    assert current(box) == 2
    assert again.record.month_bytes == fetched
    assert not kept.exists()


def test_another_release_does_not_wait_for_one_that_is_paused(
    street: Street, box: Box, desk: ReleaseDesk, tmp_path: Path
) -> None:
    street.be("paused")
    model = stand_in_model(tmp_path / "model", b"one")
    release(desk, street.site, model)
    box.updater(street.site).run()
    assert slots_module.Slots(box.state).current("model", "crops") == 1
    assert current(box) == 1


def in_the_trial(box: Box, do: Any) -> None:
    """``do`` happens once in the trial of the second revision."""
    done = False

    def then() -> None:
        nonlocal done
        if current(box) == 2 and not done:
            done = True
            do()

    box.moments.then = then


def test_a_trial_goes_on_to_its_verdict_although_the_rollout_is_paused(street: Street, box: Box) -> None:
    street.be()
    box.options = replace(box.options, trial_s=600)
    in_the_trial(box, lambda: street.be("paused"))
    box.updater(street.site).run()
    assert current(box) == 2
    assert box.pole.story[-1] == "settings/street/2 commit done"
    box.updater(street.site).run()
    assert current(box) == 2, "a pole that has kept it stays with it"


@pytest.mark.fault(
    "a rollout is aborted while a pole tries the release", "the pole goes back within two minutes and may take it again"
)
def test_a_trial_of_a_rollout_that_is_aborted_ends_and_the_release_may_come_again(street: Street, box: Box) -> None:
    street.be()
    box.options = replace(box.options, trial_s=6000)
    in_the_trial(box, lambda: street.be("aborted"))
    updater = box.updater(street.site)
    updater.run()
    assert current(box) == 1
    assert box.pole.story[-1] == "settings/street/2 roll_back withdrawn"
    assert box.pole.steps[-1].text == "its rollout was aborted: too many fail"
    assert box.moments.gone_s < 1000, "within two minutes, not at the end of the trial"
    assert updater.record.refused == {}
    street.be()
    box.moments.then = lambda: None
    box.updater(street.site).run()
    assert current(box) == 2


def test_a_source_that_cannot_be_had_in_a_trial_decides_nothing(street: Street, box: Box) -> None:
    street.be()
    hidden = street.site.with_name("hidden")
    in_the_trial(box, lambda: street.site.rename(hidden))
    with pytest.raises(Exception, match="there is no folder"):
        box.updater(street.site).run()
    assert current(box) == 2
    assert box.pole.story[-1] == "settings/street/2 commit done"


def test_a_pole_that_kept_what_was_aborted_goes_back_to_what_the_plan_says(street: Street, box: Box) -> None:
    street.be()
    box.updater(street.site).run()
    assert current(box) == 2
    street.be("aborted")
    box.updater(street.site).run()
    assert current(box) == 1


def test_a_pole_that_works_no_more_takes_it_back_and_the_step_names_the_reason(street: Street, box: Box) -> None:
    street.be()

    def health() -> PoleStatus:
        return status(problems=("line 3: no",) if current(box) == 2 else ())

    box.pole.health = health
    box.updater(street.site).run()
    assert current(box) == 1
    assert box.pole.story[-1] == "settings/street/2 roll_back done"


@pytest.mark.parametrize("state", ["running", "done"])
def test_a_rollout_is_begun_and_switched_in_its_hours_only(street: Street, box: Box, state: RolloutState) -> None:
    street.be(state, hours=(1, 5))
    updater = box.updater(street.site)
    updater.run()
    assert updater.record.waits == "settings/street/2 is taken from 1 to 5 o'clock UTC; it is 12:00"
    box.moments = Moments(NOW + timedelta(hours=14))
    box.updater(street.site).run()
    assert current(box) == 2


def test_hours_may_go_past_midnight() -> None:
    rollout = Rollout(begun=NOW, opened=NOW, hours=(22, 4))
    open_at = [hour for hour in range(24) if rollout.is_open_at(NOW.replace(hour=hour))]
    assert open_at == [0, 1, 2, 3, 22, 23]


def test_what_was_fetched_of_a_rollout_that_ended_does_not_stay(street: Street, box: Box) -> None:
    folder = box.state / "update/download"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{'a' * 64}.zip").write_bytes(b"left by a rollout")
    box.updater(street.site).run()
    assert not list(folder.iterdir())


def test_no_key_but_peoples_makes_a_release_for_a_rollout(street: Street, desk: ReleaseDesk) -> None:
    for role in ("models", "settings", "software", "targets", "root"):
        assert not desk.sign(role, key("online"))
    assert ReleaseId.parse("settings/street/2") == street.two
