"""The next step of a rollout by what its poles have said, and steps at the desk that may be killed and done again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contract.events import InForce
from contract.plan import Assignment, Plan, Rollout, RolloutState
from contract.release import ReleaseId
from contract.standing import InForceSaid, PoleSaid, StepSaid, tally
from release.cli import main
from release.desk import ReleaseDesk
from release.errors import ReleaseError
from release.packing import pack, put
from release.publishing import assign, plan_of, publish, put_plan
from release.rollout.deciding import decide, opened, room
from release.rollout.showing import planned, shown
from release.rollout.steps import RolloutDesk, new_rollout, proof_of
from release.rollout.why import why
from tests.release.desks import NOW, deb_folder, key, new_desk, release, settings_folder, sign, stand_in_model

TWO = ReleaseId(kind="settings", name="street", number=2)
POLES = tuple(f"SZ-{number:05}" for number in range(400))


class City:
    """What the platform would say of some poles; time goes when a test says so."""

    def __init__(self, poles: tuple[str, ...] = POLES) -> None:
        self.now = NOW
        self.said = {pole: PoleSaid(pole=pole, online=True, seen=NOW) for pole in poles}
        self.seq = 0

    def after(self, **time: float) -> None:
        """Messages of all poles that are online came until now."""
        self.now += timedelta(**time)
        self.said = {pole: replace(one, seen=self.now) if one.online else one for pole, one in self.said.items()}

    def step(self, pole: str, stage: str, outcome: str, text: str = "") -> None:
        self.seq += 1
        before = self.said[pole].step
        step = StepSaid(
            stage=stage,  # type: ignore[arg-type]
            outcome=outcome,  # type: ignore[arg-type]
            text=text,
            begun=before.begun if before else self.now,
            received=self.now,
            at=self.now,
            epoch="e",
            seq=self.seq,
        )
        self.said[pole] = replace(self.said[pole], step=step)

    def keep(self, pole: str) -> None:
        self.step(pole, "commit", "done")
        self.seq += 1
        body = InForce(version="0.2.0", revision="r", settings=(str(TWO),))
        runs = InForceSaid(body=body, received=self.now, at=self.now, epoch="e", seq=self.seq)
        self.said[pole] = replace(self.said[pole], in_force=runs)

    def poles(self, _: object = None) -> list[PoleSaid]:
        return list(self.said.values())

    def go(self, current: Assignment, ends: Callable[[str], bool]) -> None:
        """Every pole that may begins, and says within two hours how it went."""
        for pole, said in self.said.items():
            if said.online and said.step is None and current.holds(pole, said.tags):
                self.step(pole, "download", "begun")
                if ends(pole):
                    self.keep(pole)
                else:
                    self.step(pole, "roll_back", "done", "camera street worked and is crashed")
        self.after(hours=2)


def begun(city: City, **shape: Any) -> Assignment:
    wanted = new_rollout(TWO, (), Rollout(begun=NOW, opened=NOW, soak_s=3600, **shape))
    return opened(wanted, city.poles(), city.now)


def reach(current: Assignment, city: City) -> int:
    return sum(current.holds(pole, said.tags) for pole, said in city.said.items())


def state(current: Assignment) -> RolloutState:
    assert current.rollout is not None
    return current.rollout.state


def group(current: Assignment) -> str:
    assert current.rollout is not None
    return current.rollout.groups[current.rollout.group]


def test_a_good_release_goes_out_group_by_group_to_all() -> None:
    city = City()
    current = begun(city)
    assert (group(current), reach(current, city)) == ("one", 1)
    story = []
    for _ in range(40):
        city.go(current, lambda _: True)
        current = decide(current, city.poles(), city.now).assignment
        story.append((group(current), reach(current, city)))
        if state(current) == "done":
            break
    assert [each for each in story if each[0] == "evidence"][:6] == [
        ("evidence", count) for count in (3, 7, 15, 31, 63, 113)
    ][:6]
    assert story[-1] == ("all", 400)
    assert state(current) == "done"
    assert tally(current, city.poles(), city.now).members["done"] == 400


def test_a_bad_release_stops_by_itself_after_three_poles() -> None:
    city = City()
    current = begun(city)
    for _ in range(10):
        city.go(current, lambda _: False)
        decided = decide(current, city.poles(), city.now)
        current = decided.assignment
        if state(current) == "paused":
            break
    assert reach(current, city) == 3
    assert current.rollout is not None
    assert current.rollout.why == (
        "stopped by the evidence: 3 of 3 poles failed, the most because it did not keep it: "
        "camera street worked and is crashed"
    )
    assert decide(current, city.poles(), city.now).assignment == current, "nothing goes on by itself"


def test_a_step_that_is_done_again_changes_nothing() -> None:
    city = City()
    current = begun(city)
    for _ in range(8):
        again = decide(current, city.poles(), city.now).assignment
        assert decide(again, city.poles(), city.now).assignment == again
        city.go(again, lambda _: True)
        current = again


def test_poles_whose_messages_do_not_come_are_neither_done_nor_failed_and_hold_up_nothing() -> None:
    city = City()
    for pole in POLES[::4]:
        city.said[pole] = replace(city.said[pole], online=False)
    current = begun(city)
    for _ in range(40):
        city.go(current, lambda _: True)
        current = decide(current, city.poles(), city.now).assignment
    found = tally(current, city.poles(), city.now)
    assert found.members == {"done": 300, "failed": 0, "under_way": 0, "waiting": 0, "unknown": 100}
    assert state(current) == "done"


def test_a_pole_that_began_and_went_silent_for_good_does_not_keep_a_rollout_from_its_end() -> None:
    city = City()
    current = begun(city)
    for _ in range(40):
        city.go(current, lambda _: True)
        if group(current) == "all" and "SZ-00007" in city.said:
            city.step("SZ-00007", "trial", "begun")
            city.said["SZ-00007"] = replace(city.said["SZ-00007"], online=False)
        current = decide(current, city.poles(), city.now).assignment
    assert state(current) == "done"
    assert tally(current, city.poles(), city.now).lost == 1


@pytest.mark.fault("a release takes the link from the poles that take it", "the rollout goes no further than one batch")
def test_a_release_that_silences_poles_goes_no_further_than_one_batch() -> None:
    city = City()
    current = begun(city, batch=20)
    for _ in range(6):
        city.go(current, lambda _: True)
        current = decide(current, city.poles(), city.now).assignment
    before = reach(current, city)
    for _ in range(20):
        for pole, said in city.said.items():
            if said.step is None and current.holds(pole):
                city.step(pole, "download", "begun")
                city.said[pole] = replace(city.said[pole], online=False)
        city.after(hours=2)
        current = decide(current, city.poles(), city.now).assignment
    assert state(current) == "running"
    assert reach(current, city) - before <= 20


def test_a_share_that_leaves_the_test_undecided_is_gone_past_batch_by_batch() -> None:
    """Or a rollout whose last poles of the group happened to fail would wait for ever."""
    city = City()
    current = begun(city, groups=("evidence", "50%", "all"))
    bad: set[str] = set()
    past = []
    for _ in range(40):
        fresh = sorted(pole for pole, said in city.said.items() if said.step is None and current.holds(pole))
        if group(current) == "50%" and not bad:
            bad.update(fresh[-3:])
        city.go(current, lambda pole: pole not in bad)
        before, current = current, decide(current, city.poles(), city.now).assignment
        if group(before) == group(current) == "50%":
            past.append(reach(current, city) - reach(before, city))
    assert past
    assert all(0 < more <= 50 for more in past)
    assert state(current) == "done"


def test_a_tag_comes_first_and_a_person_may_open_the_next_group() -> None:
    city = City()
    for pole in POLES[:3]:
        city.said[pole] = replace(city.said[pole], tags=("lab",))
    current = begun(city, groups=("tag:lab", "pole:SZ-00100", "10%"))
    assert [pole for pole, said in city.said.items() if current.holds(pole, said.tags)] == list(POLES[:3])
    assert decide(current, city.poles(), city.now).assignment == current
    current = decide(current, city.poles(), city.now, onward=True).assignment
    assert current.holds("SZ-00100")
    assert reach(current, city) == 4


@pytest.mark.parametrize("group", ["tag:canray", "pole:SZ-99999"])
def test_a_group_of_nobody_opens_no_other_by_itself(group: str) -> None:
    city = City()
    current = begun(city, groups=(group, "all"))
    decided = decide(current, city.poles(), city.now)
    assert decided.assignment == current
    assert group in decided.why
    assert reach(decide(current, city.poles(), city.now, onward=True).assignment, city) == len(POLES)


def test_a_last_small_group_in_which_a_pole_failed_is_ended_by_a_person() -> None:
    for group, failed in (("tag:canary", 2), ("one", 1), ("pole:SZ-00100", 1)):
        city = City()
        for pole in POLES[:2]:
            city.said[pole] = replace(city.said[pole], tags=("canary",))
        current = begun(city, groups=(group,))
        city.go(current, lambda _: False)
        decided = decide(current, city.poles(), city.now)
        assert (state(decided.assignment), decided.why.partition(";")[0]) == (
            "running",
            f"{failed} of {failed} poles failed",
        )
        assert state(decide(current, city.poles(), city.now, onward=True).assignment) == "done"


def test_after_a_small_group_in_which_a_pole_failed_a_person_opens_a_large_one() -> None:
    for groups, failed in ((("tag:canary", "all"), 2), (("one", "10%", "all"), 1), (("pole:SZ-00100", "50%"), 1)):
        city = City()
        for pole in POLES[:2]:
            city.said[pole] = replace(city.said[pole], tags=("canary",))
        current = begun(city, groups=groups)
        city.go(current, lambda _: False)
        decided = decide(current, city.poles(), city.now)
        assert decided.assignment == current, groups
        assert decided.why == (
            f"{failed} of {failed} poles failed; 'rollout widen --next' opens the group {groups[1]} anyway"
        )
        assert group(decide(current, city.poles(), city.now, onward=True).assignment) == groups[1]


def test_a_small_group_of_which_no_pole_has_begun_is_not_carried_by_the_groups_before_it() -> None:
    city = City()
    for pole in POLES[:2]:
        city.said[pole] = replace(city.said[pole], tags=("canary",), online=False)
    current = begun(city, groups=("pole:SZ-00100", "tag:canary", "all"))
    city.go(current, lambda _: True)
    current = decide(current, city.poles(), city.now).assignment
    assert group(current) == "tag:canary"
    city.after(hours=2)
    decided = decide(current, city.poles(), city.now)
    assert (decided.assignment, decided.why) == (current, "no pole of it has begun")
    for pole in POLES[:2]:
        city.said[pole] = replace(city.said[pole], online=True)
    city.go(current, lambda _: True)
    assert group(decide(current, city.poles(), city.now).assignment) == "all"


def test_a_silent_pole_of_a_group_of_one_is_replaced_whatever_the_groups_before_have_said() -> None:
    city = City()
    current = begun(city, groups=("pole:SZ-00100", "one", "all"))
    city.go(current, lambda _: True)
    current = decide(current, city.poles(), city.now).assignment
    assert group(current) == "one"
    silent = current.named[-1]
    city.said[silent] = replace(city.said[silent], online=False)
    city.after(hours=2)
    current = decide(current, city.poles(), city.now).assignment
    assert (group(current), len(current.named)) == ("one", 3)
    city.go(current, lambda _: True)
    assert group(decide(current, city.poles(), city.now).assignment) == "all"


def test_room_grows_with_what_went_well_and_never_past_a_batch() -> None:
    assert [room(done, 0, 50) for done in (0, 1, 3, 49, 50, 1000)] == [1, 2, 4, 50, 50, 50]
    assert room(10, 11, 50) == 0
    assert room(10, 30, 50) == 0


class Place:
    """A desk whose revision 1 is assigned to all, and whose revision 2 is signed and published."""

    def __init__(self, folder: Path) -> None:
        self.desk, self.site = new_desk(folder / "desk"), folder / "site"
        release(self.desk, self.site, settings_folder(folder / "one", "[report]\nwindow_s = 10\n"))
        manifest, bundle = pack(settings_folder(folder / "two", "[report]\nwindow_s = 20\n"), self.desk, None)
        put(self.desk, manifest, bundle)
        sign(self.desk, "anna", "bo")
        publish(self.desk, self.site, key("online"), lambda _: None)
        self.wanted = new_rollout(TWO, (), Rollout(begun=NOW, opened=NOW))
        self.city = City(POLES[:30])

    @property
    def rollouts(self) -> RolloutDesk:
        return RolloutDesk(ReleaseDesk(self.desk.folder, self.city.now), self.site, key("online"))

    def start(self) -> str:
        return self.rollouts.start(self.wanted, self.city.poles())

    @property
    def current(self) -> Assignment:
        found = plan_of(self.desk).rollout(TWO)
        assert found is not None
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_finished_rollout_takes_the_place_of_what_was_assigned_before(place: Place) -> None:
    assert place.start() == "the group one is open"
    assert len(plan_of(place.desk).assignments) == 2
    for _ in range(20):
        place.city.go(place.current, lambda _: True)
        place.rollouts.widen(TWO, place.city.poles)
    assert state(place.current) == "done"
    assert plan_of(place.desk).assignments == (place.current,)


@pytest.mark.fault("the platform has lost what it knew of its poles", "no rollout is widened")
def test_a_platform_that_has_lost_its_poles_widens_nothing(place: Place) -> None:
    """Restored from an old copy, or empty: what it does not know is no small fleet that has gone well."""
    with pytest.raises(ReleaseError, match=r"the platform knows no pole of \*"):
        place.rollouts.start(place.wanted, [])
    place.start()
    place.city.go(place.current, lambda _: True)
    before = place.current
    for left in (0, 1, 20):
        why = place.rollouts.widen(TWO, lambda _, left=left: place.city.poles()[:left])
        assert why == f"the platform knows {left} poles of it and knew 30 when it began; nothing is widened"
    assert place.current == before


def test_a_second_rollout_and_a_plain_assignment_wait_for_the_first(place: Place, tmp_path: Path) -> None:
    place.start()
    assert place.start() == "it is running already"
    with pytest.raises(ReleaseError, match="the rollout of settings/street/2 is running"):
        assign(place.desk, Assignment(release=replace(TWO, number=1)), key("online"))
    place.rollouts.be(TWO, "paused", "lunch")
    assert place.start() == "it goes on"
    place.rollouts.be(TWO, "aborted", "it is wrong")
    with pytest.raises(ReleaseError, match="the rollout of settings/street/2 is aborted: publish another number"):
        place.start()


def test_what_has_ended_is_not_paused(place: Place) -> None:
    """A pause of an aborted rollout would tell poles to keep what they are to take back."""
    place.start()
    place.rollouts.be(TWO, "aborted", "it is wrong")
    with pytest.raises(ReleaseError, match="is aborted, which ends it: publish another number"):
        place.rollouts.be(TWO, "paused", "lunch")
    assert (state(published(place)), published(place)) == ("aborted", place.current)


def test_an_abort_says_where_poles_keep_the_release(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("release.cli.rollout._desk", lambda _: place.rollouts)
    monkeypatch.setattr("release.cli.rollout.desk", lambda _: place.desk)
    where = [
        str(place.desk.folder),
        str(place.site),
        str(TWO),
        "--why",
        "it is wrong",
        "--key",
        "k",
        "--pass-file",
        "w",
    ]
    place.start()
    assert main(["rollout", "abort", *where]) == 0
    assert capsys.readouterr().out == "settings/street/2 is aborted.\n", "revision 1 is assigned"
    done = replace(place.current.rollout, state="done")  # type: ignore[type-var]
    put_plan(place.desk, Plan(assignments=(replace(place.current, rollout=done),)), key("online"))
    assert main(["rollout", "pause", *where]) == 1
    assert "is finished; assign the release that is to run instead" in capsys.readouterr().err
    assert main(["rollout", "abort", *where]) == 0
    assert "Poles that keep it go on with it: assign what is to run instead." in capsys.readouterr().out


def test_a_pause_does_not_wait_for_a_signature_under_something_else(place: Place, tmp_path: Path) -> None:
    place.start()
    manifest, bundle = pack(stand_in_model(tmp_path / "model", b"x"), place.desk, None)
    put(place.desk, manifest, bundle)
    with pytest.raises(ReleaseError, match="models lacks 2 signatures"):
        publish(place.desk, place.site, key("online"), lambda _: None)
    place.rollouts.be(TWO, "paused", "smoke")
    assert published(place).rollout == place.current.rollout
    assert not (place.site / "targets/models").exists()


def published(place: Place) -> Assignment:
    """The rollout as a new pole with no cache reads it, with its checks."""
    from agent.update.source import FolderSource  # noqa: PLC0415
    from agent.update.trust import Trust  # noqa: PLC0415
    from tests.update.poles import BOOT  # noqa: PLC0415

    folder = place.site.parent / f"trust{len(list(place.site.parent.iterdir()))}"
    root = place.desk.folder / "metadata/1.root.json"
    found = Trust(folder, root, FolderSource(place.site), BOOT).refresh().rollout(TWO)
    assert found is not None
    return found


class Killed(BaseException):
    """No handler of ours takes it for an error."""


class Power:
    """Fails at the ``left``-th write under ``folder`` from when it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.left = 0
        real = Path.replace

        def replaced(path: Path, target: Any) -> Path:
            if folder in path.parents:
                self.left -= 1
                if self.left == 0:
                    raise Killed
            return real(path, target)

        monkeypatch.setattr(Path, "replace", replaced)


@pytest.mark.fault("the machine that widens a rollout is killed at any write", "the next step finishes it")
def test_a_step_that_is_killed_at_any_write_is_finished_by_the_next(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.start()
    power, killed = Power(monkeypatch, tmp_path), 0
    for at in range(1, 100):
        wanted: RolloutState = "paused" if at % 2 else "running"
        power.left = at
        try:
            place.rollouts.be(TWO, wanted, f"reason {at}")
        except Killed:
            killed += 1
        over, power.left = power.left > 0, 0
        place.city.after(hours=1)
        place.rollouts.be(TWO, wanted, f"reason {at}")
        assert published(place) == place.current
        assert state(place.current) == wanted
        if over:
            break
    assert killed > 5


def test_the_online_key_signs_plans_and_no_release(place: Place, tmp_path: Path) -> None:
    """What the controller holds cannot make a model, nor settings, nor a version, nor let itself make one."""
    manifest, bundle = pack(stand_in_model(tmp_path / "model", b"forged"), place.desk, None)
    put(place.desk, manifest, bundle)
    for role in ("models", "settings", "software", "targets", "root"):
        assert not place.desk.sign(role, key("online")), role
    with pytest.raises(ReleaseError, match="is not published yet"):
        place.rollouts.start(new_rollout(manifest.release, (), Rollout(begun=NOW, opened=NOW)), place.city.poles())
    with pytest.raises(ReleaseError, match="models lacks 2 signatures"):
        publish(place.desk, place.site, key("online"), lambda _: None)


def test_what_proves_a_release_is_read_from_its_bundle(place: Place, tmp_path: Path) -> None:
    def packed(folder: Path) -> ReleaseId:
        manifest, bundle = pack(folder, place.desk, None)
        put(place.desk, manifest, bundle)
        return manifest.release

    assert proof_of(place.desk, packed(stand_in_model(tmp_path / "model", b"x"))) == (
        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    )
    assert proof_of(place.desk, TWO) == ""
    plain = deb_folder(tmp_path / "deb", b"x")
    with pytest.raises(ReleaseError, match=r"has no poleagent_VERSION_ARCH\.deb"):
        proof_of(place.desk, packed(plain))
    (plain / "poleagent.deb").rename(plain / "poleagent_0.3.0-1_all.deb")
    assert proof_of(place.desk, packed(plain)) == "0.3.0"


def test_why_says_it_in_one_sentence(place: Place) -> None:
    place.start()
    (inside,) = place.current.named
    outside = next(pole for pole in place.city.said if pole != inside)

    def said(pole: str) -> str:
        return why(place.city.said[pole], place.current, place.city.now)

    turn = said(outside)
    assert turn.startswith(f"{outside} has not settings/street/2: its turn has not come: the group one is open, and it")
    assert said(inside) == f"{inside} has not settings/street/2: it has not begun; poles look once an hour."
    place.city.step(inside, "shadow", "begun", "next to it")
    assert said(inside).endswith("shadow begun: next to it.")
    place.city.keep(inside)
    place.city.after(hours=2)
    assert said(inside) == f"{inside} has settings/street/2: it runs it since 2026-11-30 12:00 UTC."
    place.city.step(inside, "roll_back", "done", "camera street worked and is crashed")
    assert said(inside).endswith("it did not keep it: camera street worked and is crashed.")
    place.rollouts.be(TWO, "aborted", "smoke")
    assert said(outside) == f"{outside} has not settings/street/2: the rollout was aborted: smoke."
    other = new_rollout(TWO, ("GZ-*",), Rollout(begun=NOW, opened=NOW))
    assert why(place.city.said[inside], other, NOW).endswith("the rollout is for GZ-*.")


def test_a_plan_and_a_status_are_shown_with_numbers(place: Place) -> None:
    lines = list(planned(place.wanted, place.city.poles(), NOW))
    assert lines[0] == "settings/street/2: 30 poles, messages come from 30"
    assert "  all: 30 poles" in lines
    place.start()
    place.city.go(place.current, lambda _: False)
    status = "\n".join(shown(place.current, place.city.poles(), place.city.now))
    assert "1 failed: it did not keep it: camera street worked and is crashed" in status
    assert "test: +1.61 (good below -4.60)" in status


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--group", "some"], "Expected `str` matching regex"),
        (["--hours", "soon"], "'soon' are no hours; write 1-5"),
        (["--soak", "long"], "'long' is no time; write 30min, 6h or 2d"),
        (["--batch", "0"], "Expected `int` >= 1"),
    ],
)
def test_a_rollout_that_cannot_be_is_refused_in_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--platform", "http://localhost:1", "--token-file", "/nowhere"]
    assert main(["rollout", "plan", "settings/street/2", *given, *words]) == 1
    assert sentence in capsys.readouterr().err
