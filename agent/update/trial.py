"""A release that runs on trial: it is given its time, then all must work that worked before it."""

from __future__ import annotations

from collections.abc import Callable

from agent.errors import Retry
from agent.system.slots import Slots
from agent.update import sentences as say
from agent.update.bundles import weights_of
from agent.update.judge import Pole, broken, loaded
from agent.update.moment import Moments
from agent.update.record import Job

LOOK_S = 5.0
"""How often the pole is looked at."""
ASK_S = 120.0
"""How often the plan of a rollout is asked for during a trial: two small requests."""
LOOKS, GOOD = 6, 2
"""Looks at the end of a trial, and how many in a row must be good: what is away for a moment condemns nothing."""
TELLS = 6
"""How often a daemon that does not answer gets a change offered, LOOK_S apart."""


def tell(pole: Pole, moments: Moments) -> str:
    """Have the daemon take what changed; why it did not, or nothing."""
    reason = ""
    for turn in range(TELLS):
        if turn:
            moments.sleep(LOOK_S)
        try:
            return pole.reload()
        except Retry as exc:
            reason = say.AGENT_DID_NOT_TAKE(exc=exc)
    return reason


class RunningTrial:
    """One trial in one run of ``poleagent update``."""

    def __init__(
        self, job: Job, slots: Slots, pole: Pole, moments: Moments, aborted: Callable[[], str] = lambda: ""
    ) -> None:
        """``aborted``: why the release is not to run here any more, or nothing; it may be slow."""
        self._job = job
        self._slots = slots
        self._pole = pole
        self._moments = moments
        self._aborted = aborted
        self.aborted = ""
        """Why its rollout was aborted while it ran."""
        self.where, self.weights = "", ""
        """Which cameras have loaded a model, as a part of a sentence, and its SHA-256."""

    def wait(self, seconds: float) -> str:
        """Have the daemon take the release, and give it ``seconds``; why the trial is over before, or nothing."""
        reason = tell(self._pole, self._moments)
        until = self._moments.monotonic() + seconds
        asked = self._moments.monotonic()
        while not (reason or self.aborted or self._ended()) and self._moments.monotonic() < until:
            self._moments.sleep(min(LOOK_S, max(0.1, until - self._moments.monotonic())))
            if self._moments.monotonic() - asked >= ASK_S:
                asked = self._moments.monotonic()
                self.aborted = self._aborted()
        if not self.aborted:
            self.aborted = self._aborted()
        return self._ended() or self.aborted or reason

    def broken(self) -> str:
        """What worked and works no more, as a sentence; empty: all of it does, in several looks in a row."""
        good, reason = 0, ""
        for look in range(LOOKS):
            if look:
                self._moments.sleep(LOOK_S)
            found = self._look()
            good, reason = (0, found) if found else (good + 1, reason)
            if good == GOOD:
                return ""
            if self._ended():
                break
        return self._ended() or reason

    def _look(self) -> str:
        """What works no more in this moment."""
        status = self._pole.status()
        if reason := self._ended() or broken(self._job.baseline, status):
            return reason
        if self._job.release.kind == "model":
            place = self._slots.place(self._job.release)
            self.weights = weights_of(place)
            cameras = loaded(self.weights, str(place), status)
            if cameras is None:
                return say.NO_CAMERA_LOADED()
            self.where = say.LOADED(cameras=", ".join(cameras)) if cameras else ""
        return ""

    def _ended(self) -> str:
        """Why the trial is over before its time: the daemon took the release back; empty while it goes on."""
        release, trial = self._job.release, self._slots.trial()
        if trial is not None and trial.release == release and trial.failed:
            return trial.failed
        if (
            trial is None
            or trial.release != release
            or self._slots.current(release.kind, release.name) != release.number
        ):
            return say.TRIAL_ENDED_FROM_OUTSIDE()
        return ""
