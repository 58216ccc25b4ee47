"""What a person or a timer does with a rollout at the desk. Each step may be killed and done again."""

from __future__ import annotations

import fcntl
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import TargetFile

from contract.bundle import BundleError, open_bundle
from contract.plan import PLAN_PATH, PLAN_ROLE, Assignment, Plan, Rollout, RolloutState
from contract.release import ROLES, ReleaseId
from contract.standing import PoleSaid
from release.desk import ReleaseDesk
from release.errors import ReleaseError
from release.publishing import busy_with, plan_of, publish, put_plan, same_place
from release.rollout.deciding import decide, opened

_PACKAGE = re.compile(r"poleagent_([0-9][0-9.]*)[^_]*_[a-z0-9]+\.deb")
PolesOf = Callable[[ReleaseId], Sequence[PoleSaid]]


class RolloutDesk:
    """The rollouts of a desk. ``online`` signs plans; it can sign no release."""

    def __init__(self, desk: ReleaseDesk, site: Path, online: CryptoSigner) -> None:
        self._desk = desk
        self._site = site
        self._online = online

    def start(self, wanted: Assignment, poles: Sequence[PoleSaid]) -> str:
        """A new rollout, or one that was paused goes on. ReleaseError: it ended, another runs, or no such release."""
        release, rollout = wanted.release, wanted.rollout
        assert rollout is not None
        with self._locked():
            plan = plan_of(self._desk)
            before = plan.rollout(release)
            if before is not None and before.rollout is not None:
                if before.rollout.state == "aborted":
                    raise ReleaseError(f"the rollout of {release} is aborted: publish another number")
                if before.rollout.state != "paused":
                    return f"it is {before.rollout.state} already"
                self._put(plan, replace(before, rollout=replace(before.rollout, state="running", why="")))
                return "it goes on"
            busy_with(self._desk, release)
            if release.path not in self._desk.read(ROLES[release.kind]).signed.targets:
                raise ReleaseError(f"there is no release {release} on the desk; 'polerelease pack' makes one")
            if self._desk.read(ROLES[release.kind]).signed.version > self._desk.published().get(ROLES[release.kind], 0):
                raise ReleaseError(f"{release} is not published yet: run 'polerelease publish' first")
            fleet = sum(wanted.fits(said.pole) for said in poles)
            if not fleet:
                raise ReleaseError(
                    f"the platform knows no pole of {', '.join(wanted.poles)}: there is nothing to begin"
                )
            rollout = replace(rollout, proof=proof_of(self._desk, release), fleet=fleet)
            begun = replace(wanted, share=0.0, rollout=rollout)
            self._put(plan, opened(begun, poles, self._desk.now))
            return f"the group {rollout.groups[0]} is open"

    def widen(self, release: ReleaseId, poles: PolesOf, *, onward: bool = False) -> str:
        """One step by what the poles have said; why it went as it did. ``onward``: the next group, at once."""
        with self._locked():
            plan = plan_of(self._desk)
            current = self._running(plan, release)
            decided = decide(current, poles(release), self._desk.now, onward=onward)
            if decided.assignment != current:
                self._put(plan, decided.assignment)
            return decided.why

    def be(self, release: ReleaseId, state: RolloutState, why: str) -> None:
        """Paused or aborted, at once. ReleaseError: it has ended, so there is nothing to pause."""
        with self._locked():
            plan = plan_of(self._desk)
            current = self._running(plan, release)
            assert current.rollout is not None
            if state != "aborted" and current.rollout.state == "done":
                raise ReleaseError(f"the rollout of {release} is finished; assign the release that is to run instead")
            if state != "aborted" and current.rollout.state == "aborted":
                raise ReleaseError(f"the rollout of {release} is aborted, which ends it: publish another number")
            self._put(plan, replace(current, rollout=replace(current.rollout, state=state, why=why[:1000])))

    @staticmethod
    def _running(plan: Plan, release: ReleaseId) -> Assignment:
        found = plan.rollout(release)
        if found is None:
            raise ReleaseError(f"there is no rollout of {release}: 'polerelease rollout start' begins one")
        return found

    def _put(self, plan: Plan, new: Assignment) -> None:
        """In the plan and at the site; a finished rollout takes the place of what was assigned to its poles before."""
        others = [each for each in plan.assignments if each.release != new.release or each.rollout is None]
        if new.rollout is not None and new.rollout.state == "done":
            others = [each for each in others if not same_place(each, new)]
        if (changed := Plan(assignments=(*others, new))) != plan_of(self._desk):
            put_plan(self._desk, changed, self._online)
        self._publish()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One step at a time; what an earlier one left unfinished is finished first."""
        with (self._desk.folder / "rollout.lock").open("w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise ReleaseError("another step of a rollout is at work at this desk; try again") from exc
            page, data = self._desk.read(PLAN_ROLE), self._desk.bundle(PLAN_PATH).read_bytes()
            if page.signed.targets[PLAN_PATH].hashes != TargetFile.from_data(
                PLAN_PATH, data
            ).hashes or self._desk.missing(PLAN_ROLE):
                put_plan(self._desk, plan_of(self._desk), self._online)
            self._publish()
            yield

    def _publish(self) -> None:
        publish(self._desk, self._site, self._online, lambda _: None, only=(PLAN_ROLE,))


def proof_of(desk: ReleaseDesk, release: ReleaseId) -> str:
    """What a pole must name to be done. ReleaseError: the bundle does not say it."""
    try:
        with open_bundle(desk.bundle(release.path)) as bundle:
            if release.kind == "model":
                return str(tomllib.loads(bundle.read("model.toml").decode())["sha256"])
            if release.kind == "software":
                for name in bundle.manifest.files:
                    if found := _PACKAGE.fullmatch(name):
                        return found[1]
                raise ReleaseError(f"{release} has no poleagent_VERSION_ARCH.deb, by whose version poles are known")
    except (BundleError, KeyError, ValueError) as exc:
        raise ReleaseError(f"{desk.bundle(release.path)}: {exc}") from exc
    return ""


def new_rollout(release: ReleaseId, poles: Sequence[str], rollout: Rollout) -> Assignment:
    """A rollout that has not begun."""
    return Assignment(release=release, poles=tuple(poles) or ("*",), share=0.0, rollout=rollout)
