"""What the plan says to this pole: which releases may begin now, and whether one that has begun may go on.

| state of a rollout | before the download | before the switch | in the trial | kept |
|---|---|---|---|---|
| running | begins, in its hours | switches, in its hours | goes on | stays |
| paused | waits | waits; what was fetched stays | goes on to its verdict, which is evidence | stays |
| aborted | is dropped | is dropped | is taken back | what the plan says otherwise takes its place |
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from agent.config.update import UpdateSettings
from agent.errors import Retry
from agent.update import sentences as say
from agent.update.moment import Moments
from agent.update.record import Job
from agent.update.source import ReleaseSource
from agent.update.trust import Trust, Untrusted
from contract.plan import Assignment, Plan, Rollout
from contract.release import ReleaseId


class PlanAnswer(NamedTuple):
    """Of one release: at most one of the two is said, as a sentence; neither: it goes on."""

    waits: str = ""
    withdrawn: str = ""


class PolePlan:
    """``plan`` as the pole with this id and these tags has to take it at ``now`` (UTC)."""

    def __init__(
        self, plan: Plan, pole: str, tags: Collection[str], runs: Callable[[ReleaseId], bool], now: datetime
    ) -> None:
        self._plan = plan
        self._pole = pole
        self._tags = tags
        self._runs = runs
        self._now = now

    def news(self) -> Iterator[Assignment]:
        """What is to run here and does not, in the order of the plan."""
        return (each for each in self._plan.wanted(self._pole, self._tags, self._runs) if not self._runs(each.release))

    def course(self, release: ReleaseId) -> PlanAnswer:
        """Whether a release that is on its way may go on."""
        own = self._plan.rollout(release)
        state = own.rollout if own is not None else None
        if state is not None and state.state == "aborted":
            return PlanAnswer(withdrawn=say.ROLLOUT_ABORTED(why=state.why or say.NO_REASON_GIVEN()))
        if why := dict(self.waiting()).get(release, ""):
            return PlanAnswer(waits=why)
        if any(each.release == release for each in self._plan.wanted(self._pole, self._tags, self._runs)):
            return PlanAnswer()
        return PlanAnswer(withdrawn=say.ASSIGNED_POLE_NO_MORE())

    def waiting(self) -> Iterator[tuple[ReleaseId, str]]:
        """Releases that are for this pole and may not begin now, and why."""
        for each in self._plan.assignments:
            held = each.rollout is not None and each.holds(self._pole, self._tags) and not self._runs(each.release)
            if held and each.rollout is not None and (why := self._closed(each.release, each.rollout)):
                yield each.release, why

    def _closed(self, release: ReleaseId, rollout: Rollout) -> str:
        if rollout.state == "paused":
            return say.ROLLOUT_PAUSED(release=release, why=rollout.why or say.NO_REASON_GIVEN())
        if rollout.state != "aborted" and rollout.hours is not None and not rollout.is_open_at(self._now):
            first, last = rollout.hours
            return say.ROLLOUT_HOURS(release=release, first=first, last=last, now=self._now)
        return ""


class PlanDesk:
    """The signed plan of one source, asked for anew each time."""

    def __init__(
        self,
        home: Path,
        pole: str,
        *,
        options: UpdateSettings,
        source: ReleaseSource,
        moments: Moments,
        runs: Callable[[ReleaseId], bool],
    ) -> None:
        self._home = home
        self._pole = pole
        self._options = options
        self._source = source
        self._moments = moments
        self._runs = runs

    def trust(self) -> Trust:
        """Untrusted: there is no usable first root."""
        return Trust(self._home, Path(self._options.root_file), self._source, self._moments.now())

    def plan(self, trust: Trust) -> PolePlan:
        """Retry: the source cannot be had; Untrusted: it must not be used."""
        return PolePlan(trust.refresh(), self._pole, self._options.tags, self._runs, self._moments.now().utc)

    def aborted(self, job: Job) -> str:
        """Why the plan has ``job`` taken back in its trial, or nothing; a source that cannot be had decides nothing."""
        if not job.rollout:
            return ""
        try:
            return self.plan(self.trust()).course(job.release).withdrawn
        except (Retry, Untrusted):
            return ""
