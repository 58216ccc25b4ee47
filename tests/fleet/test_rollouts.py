"""Rollouts on the platform: a pole is done when its own stream proves it, and unknown where no messages come."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.birth import Status
from contract.events import InForce, UpdateStep
from contract.plan import Assignment, Plan, Rollout
from contract.release import ReleaseId
from contract.standing import PoleSaid, standing
from contract.types import Body
from fleet.folder import Folder
from fleet.query.reader import reading
from fleet.query.rollouts import ReleaseAsked, poles_said, rollouts
from fleet.releases import PublishedPlan
from fleet.store.messages import Inbox
from fleet.store.sqlite import FleetStore, open_store
from release.publishing import publish, put_plan
from tests.fleet.poles import EPOCH, NOON, event
from tests.release.desks import key, new_desk

WEIGHTS, OLD = "a" * 64, "b" * 64
CROPS = ReleaseId(kind="model", name="crops", number=3)
STREET = ReleaseId(kind="settings", name="street", number=2)
AGENT = ReleaseId(kind="software", name="poleagent", number=7)
SOAK_S = 3600
LATER = NOON + timedelta(hours=3)


class Stream:
    """One pole's numbered events as the platform receives them, a minute apart."""

    def __init__(self, folder: Path, store: FleetStore) -> None:
        self.where = Folder(folder).store
        self.store = store
        self.at = NOON
        self.seq = 0
        self.steps = 0

    def say(self, *bodies: Body, epoch: str = EPOCH) -> None:
        for body in bodies:
            self.seq += 1
            self.at += timedelta(minutes=1)
            one = msgspec.structs.replace(event("p1", self.seq, body, epoch=epoch), time=self.at)
            self.store.commit([Inbox("p1", msgspec.json.encode(one), self.at)])

    def step(self, stage: str, outcome: str, release: ReleaseId = CROPS, text: str = "") -> None:
        self.steps += 1
        self.say(
            UpdateStep(number=self.steps, release=str(release), stage=stage, outcome=outcome, text=text)  # type: ignore[arg-type]
        )

    def runs(self, weights: str = "", version: str = "0.2.0", settings: tuple[str, ...] = ()) -> None:
        named = {"street": weights} if weights else {}
        slots = dict.fromkeys(named, "crops")
        self.say(InForce(version=version, revision="r", settings=settings, weights=named, slots=slots))

    def be(self, state: str, at: datetime) -> None:
        said = Status(pole="p1", state=state, at=at, tags=("lab",))  # type: ignore[arg-type]
        self.store.commit([Inbox("p1", msgspec.json.encode(said), at, "status")])

    def said(self, release: ReleaseId = CROPS) -> PoleSaid:
        with reading(self.where) as db:
            (found,) = poles_said(db, ReleaseAsked(release=str(release))).items
        return found

    def stands(self, release: ReleaseId = CROPS, proof: str = WEIGHTS, now: datetime = LATER) -> tuple[str, str]:
        rollout = Rollout(begun=NOON, opened=NOON, soak_s=SOAK_S, proof=proof)
        how, why = standing(self.said(release), Assignment(release=release, rollout=rollout), now)
        return how, why["en"]


@pytest.fixture
def stream(home: Path) -> Iterator[Stream]:
    with open_store(Folder(home).store) as store:
        yield Stream(home, store)


def kept(stream: Stream, release: ReleaseId = CROPS) -> None:
    stream.be("online", stream.at)
    stream.step("download", "begun", release)
    stream.step("commit", "done", release)


def test_a_pole_that_is_there_and_has_said_nothing_waits_and_one_that_is_not_is_unknown(stream: Stream) -> None:
    stream.be("online", LATER)
    assert stream.said().tags == ("lab",)
    assert stream.stands()[0] == "waiting"
    assert stream.stands(now=LATER + timedelta(hours=2))[0] == "unknown", "the broker's word is not enough"
    stream.be("offline", LATER)
    assert stream.stands() == ("unknown", "its messages do not come: the last one came 2026-11-23 15:00 UTC")


def test_a_pole_is_done_when_it_names_the_weights_after_its_trial_and_once_more_after_the_soak(stream: Stream) -> None:
    kept(stream)
    assert stream.stands(now=stream.at) == ("under_way", "it has kept it and has not said yet what runs")
    stream.runs(WEIGHTS)
    assert stream.stands(now=stream.at)[0] == "under_way"
    assert stream.stands(now=LATER)[0] == "unknown", "no message came since"
    stream.be("online", LATER)
    assert stream.stands()[0] == "done"
    stream.be("offline", LATER)
    assert stream.stands()[0] == "unknown"


def test_a_camera_whose_model_comes_from_elsewhere_says_nothing_of_the_release(stream: Stream) -> None:
    kept(stream)
    stream.say(InForce(version="0.2.0", revision="r", weights={"gate": OLD}, slots={"gate": "bikes"}))
    stream.be("online", LATER)
    assert stream.stands() == ("unknown", "it has kept it, and no interpreter there has loaded it")
    stream.say(
        InForce(
            version="0.2.0", revision="r", weights={"gate": OLD, "[anomaly]": WEIGHTS}, slots={"[anomaly]": "crops"}
        )
    )
    stream.be("online", LATER)
    assert stream.stands()[0] == "done"


def test_one_of_two_cameras_that_has_not_loaded_it_is_a_failure(stream: Stream) -> None:
    kept(stream)
    weights = {"gate": OLD, "street": WEIGHTS}
    stream.say(InForce(version="0.2.0", revision="r", weights=weights, slots=dict.fromkeys(weights, "crops")))
    assert stream.stands() == ("failed", "it has kept it and now runs gate bbbbbbbbbbbb instead")


def test_what_ran_before_the_commit_proves_nothing(stream: Stream) -> None:
    stream.runs(WEIGHTS)
    kept(stream)
    stream.be("online", LATER)
    assert stream.stands()[0] == "under_way"


@pytest.mark.fault(
    "a pole reports that it kept a release, and does not come back from a reboot", "it is unknown, not done"
)
def test_success_that_was_reported_before_a_reboot_that_fails_is_not_counted(stream: Stream) -> None:
    kept(stream)
    stream.runs(WEIGHTS)
    stream.be("offline", stream.at + timedelta(minutes=2))
    assert stream.stands(now=stream.at + timedelta(minutes=3))[0] == "unknown"
    assert stream.stands(now=LATER)[0] == "unknown"


@pytest.mark.parametrize(
    ("release", "proof", "both", "what"),
    [
        (CROPS, WEIGHTS, ({"weights": WEIGHTS}, {"weights": OLD}), "street bbbbbbbbbbbb"),
        (AGENT, "0.3.0", ({"version": "0.3.0"}, {"version": "0.2.0"}), "version 0.2.0"),
        (STREET, "", ({"settings": (str(STREET),)}, {"settings": ("settings/street/1",)}), "settings/street/1"),
        (STREET, "", ({"settings": (str(STREET),)}, {}), "settings r without it"),
    ],
)
def test_an_old_image_after_a_success_is_a_failure(
    stream: Stream, release: ReleaseId, proof: str, both: Any, what: str
) -> None:
    kept(stream, release)
    good, old = both
    stream.runs(**good)
    stream.be("online", LATER)
    assert stream.stands(release, proof)[0] == "done"
    stream.at = LATER
    stream.runs(**old)
    stream.be("online", stream.at)
    assert stream.stands(release, proof, stream.at) == ("failed", f"it has kept it and now runs {what} instead")


@pytest.mark.fault("a pole comes back with an old image after it kept a release", "it has failed, with what it runs")
def test_an_old_image_with_an_old_store_is_a_failure_as_well(stream: Stream) -> None:
    """The card was put back: numbers begin anew in another epoch."""
    kept(stream)
    stream.runs(WEIGHTS)
    stream.seq, stream.at = 0, LATER
    stream.say(
        InForce(version="0.2.0", revision="r", weights={"street": OLD}, slots={"street": "crops"}), epoch="ffffffff"
    )
    stream.be("online", stream.at)
    assert stream.stands(now=stream.at)[0] == "failed"


@pytest.mark.parametrize(("stage", "outcome"), [("golden", "refused"), ("roll_back", "done"), ("install", "refused")])
def test_refused_and_taken_back_are_failures_with_their_reason_and_stay_so_without_a_link(
    stream: Stream, stage: str, outcome: str
) -> None:
    stream.step("download", "begun")
    stream.step(stage, outcome, text="camera street worked and is crashed")
    stream.be("offline", stream.at)
    assert stream.stands() == ("failed", "it did not keep it: camera street worked and is crashed")


def test_what_the_plan_took_back_says_nothing_of_the_release(stream: Stream) -> None:
    stream.step("download", "begun")
    stream.step("roll_back", "withdrawn")
    stream.be("online", LATER)
    assert stream.stands()[0] == "waiting"


def test_steps_that_come_in_another_order_count_by_their_numbers(stream: Stream) -> None:
    first = msgspec.json.encode(
        event("p1", 7, UpdateStep(number=2, release=str(CROPS), stage="commit", outcome="done"))
    )
    late = msgspec.json.encode(
        event("p1", 3, UpdateStep(number=1, release=str(CROPS), stage="download", outcome="begun"))
    )
    for body in (first, late, first):
        stream.store.commit([Inbox("p1", body, LATER)])
    assert stream.said().step is not None
    assert stream.said().step.stage == "commit"  # type: ignore[union-attr]


def test_a_rollout_of_the_published_plan_is_shown_with_its_counts_and_bounds(stream: Stream, tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    rollout = Rollout(begun=NOON, opened=NOON, soak_s=SOAK_S, proof=WEIGHTS, state="paused", why="too many fail")
    put_plan(desk, Plan(assignments=(Assignment(release=CROPS, rollout=rollout),)), key("online"))
    publish(desk, site, key("online"), lambda _: None)
    kept(stream)
    stream.step("roll_back", "done", text="the disk is full")
    plan, trouble = PublishedPlan(str(site)).read()
    assert trouble == ""
    with reading(stream.where) as db:
        shown = rollouts(db, plan, str(site), trouble, LATER)
    (line,) = shown.rollouts
    assert (line.state, line.why, line.group) == ("paused", "too many fail", "one")
    assert line.tally.members == {"done": 0, "failed": 1, "under_way": 0, "waiting": 0, "unknown": 0}
    assert line.tally.reasons == (("it did not keep it: the disk is full", 1),)
    assert line.tally.value == line.tally.hopeful == pytest.approx(1.609, abs=1e-3)
    assert shown.releases[0].steps == {"roll_back done": 1}


def test_a_plan_that_cannot_be_read_is_said_and_the_last_one_stays(tmp_path: Path) -> None:
    plan, trouble = PublishedPlan(str(tmp_path / "nowhere")).read()
    assert plan is None
    assert trouble.startswith(f"the plan at {tmp_path / 'nowhere'} cannot be read: ")


def test_a_plan_that_is_not_the_file_of_its_metadata_is_not_shown(tmp_path: Path) -> None:
    desk, site = new_desk(tmp_path / "desk"), tmp_path / "site"
    publish(desk, site, key("online"), lambda _: None)
    (file,) = (site / "targets/rollout").iterdir()
    file.write_bytes(b'{"assignments":[]} ')
    plan, trouble = PublishedPlan(str(site)).read()
    assert plan is None
    assert "is not the file that its metadata speaks of" in trouble


@pytest.mark.parametrize("reason", [http.client.BadStatusLine("x"), http.client.IncompleteRead(b"{")])
def test_a_server_that_speaks_no_http_is_a_plan_that_cannot_be_read(
    reason: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise reason

    monkeypatch.setattr("urllib.request.urlopen", fails)
    assert PublishedPlan("http://releases.example").read() == (
        None,
        f"the plan at http://releases.example cannot be read: {reason}",
    )


def test_metadata_that_are_nested_too_deep_are_a_plan_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata/timestamp.json").write_text("[" * 200_000, encoding="ascii")
    plan, trouble = PublishedPlan(str(tmp_path)).read()
    assert plan is None
    assert trouble.startswith(f"the plan at {tmp_path} cannot be read: ")
