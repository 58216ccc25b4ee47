"""The steps of an update, each to be done again from its beginning after a power cut. What a release did wrong is kept,
and it is not tried again; what the world did wrong is tried again with the next run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from agent.config.update import UpdateSettings
from agent.errors import Retry
from agent.system.slots import Slots, Trial
from agent.update import sentences as say
from agent.update.bundles import is_whole, manifest_of, unpack
from agent.update.course import PlanDesk
from agent.update.downloading import BundleDownload
from agent.update.fit import (
    MOST_SLOW,
    ReleaseRefused,
    TooSlow,
    check_model,
    check_needs,
    check_settings,
    names_platform,
    try_golden,
)
from agent.update.install import INSTALLER, ask_root, is_idle, result_of, waits_for, withdraw
from agent.update.judge import Pole, baseline
from agent.update.moment import Moments
from agent.update.progress import UpdateProgress
from agent.update.record import Job, Stage, UpdateRecord
from agent.update.series_shadow import ShadowPlace, any_shadow
from agent.update.shadow import MOST_RESTLESS, Restless, ShadowRun
from agent.update.source import ReleaseSource
from agent.update.trial import RunningTrial, tell
from agent.update.trust import Trust, Untrusted
from contract.events import UpdateOutcome, UpdateStage
from contract.release import ReleaseId, ReleaseKind


class Updater:
    """One run. ``state`` is the pole's state folder, ``settings`` the file of its settings."""

    def __init__(
        self,
        *,
        pole_id: str,
        settings: Path,
        state: Path,
        options: UpdateSettings,
        source: ReleaseSource,
        pole: Pole,
        moments: Moments,
        installer: Path = INSTALLER,
    ) -> None:
        self._installer = installer
        self._settings = settings
        self._home = state / "update"
        self._options = options
        self._source = source
        self._pole = pole
        self._moments = moments
        self.slots = Slots(state)
        self._progress = UpdateProgress(self._home / "record.json", pole)
        self._desk = PlanDesk(self._home, pole_id, options=options, source=source, moments=moments, runs=self._runs)
        self._bundles = BundleDownload(self._home / "download", source, moments, options, self._progress)
        self._waits = ""

    @property
    def record(self) -> UpdateRecord:
        """What is known."""
        return self._progress.record

    def run(self) -> None:
        """All that can be done now. Retry: the source cannot be had; Untrusted: it must not be used."""
        self._settle()
        try:
            while (job := self.record.job or self._next_job()) is not None:
                self._go_on(job)
        except (Retry, Untrusted) as exc:
            self._progress.save(replace(self.record, trouble=str(exc)))
            raise
        else:
            self._progress.save(replace(self.record, trouble="", waits=self._waits))
        finally:
            self._progress.hand_over()

    def forgive(self) -> UpdateRecord:
        """ReleaseRefused releases are tried once more; what is then known."""
        self._progress.save(replace(self.record, refused={}, tries=self.record.tries + 1))
        return self.record

    def _next_job(self) -> Job | None:
        """The first release that the plan wants here and that does not run and was not refused."""
        trust = self._desk.trust()
        try:
            plan = self._desk.plan(trust)
        except Untrusted as exc:
            if self.record.trouble != str(exc):
                self._progress.tell("", "check", "refused", str(exc))
            raise
        self._progress.save(replace(self.record, checked=self._moments.now().utc))
        closed = dict(plan.waiting())
        self._waits = next(iter(closed.values()), "")
        self._bundles.tidy((*closed, *(each.release for each in plan.news())), trust)
        for each in plan.news():
            if str(release := each.release) in self.record.refused or release in closed:
                continue
            target, rollout = trust.target(release), each.rollout is not None
            job = Job(release=release, sha256=target.hashes["sha256"], tries=self.record.tries, rollout=rollout)
            self._progress.tell(str(release), "download", "begun", f"{target.length} bytes")
            self._progress.save(replace(self.record, job=job))
            return job
        return None

    def _runs(self, release: ReleaseId) -> bool:
        return self.slots.current(release.kind, release.name) == release.number

    def _go_on(self, job: Job) -> None:
        """The next step of ``job``. Retry: another time."""
        try:
            _STEPS[job.stage](self, job)
        except ReleaseRefused as exc:
            self._refuse(job, str(exc))

    def _refuse(self, job: Job, why: str) -> None:
        """The release is not tried again, and nothing of it stays."""
        stage: UpdateStage = "trial" if job.stage == "switch" else job.stage
        reported = self.record.with_report(str(job.release), stage, "refused", why, job.sha256)
        self._progress.put(reported.with_refusal(str(job.release), why))
        self._forget(job)

    def _forget(self, job: Job, *, waits: bool = False) -> None:
        if not waits:
            self._bundle(job).unlink(missing_ok=True)
        if not self._runs(job.release):
            shutil.rmtree(self.slots.place(job.release), ignore_errors=True)

    def _bundle(self, job: Job) -> Path:
        return self._bundles.path(job)

    def _fetch(self, job: Job) -> None:
        """Download, as far as link, hour, allowance and disk let us."""
        trust = self._desk.trust()
        if self._is_dropped(job, trust):
            return
        self._bundles.fetch(job, trust)
        self._progress.stage(job, "unpack")

    def _unpack(self, job: Job) -> None:
        unpack(self._bundle(job), job.release, self.slots.place(job.release))
        self._progress.tell(str(job.release), "unpack", "done", "", job.sha256)
        self._progress.stage(job, "fit")

    def _fit(self, job: Job) -> None:
        check_needs(manifest_of(self.slots.place(job.release)).needs)
        if job.release.kind == "model":
            check_model(self.slots.place(job.release))
        self._progress.stage(job, _AFTER_FIT[job.release.kind])

    def _golden(self, job: Job) -> None:
        manifest = manifest_of(self.slots.place(job.release))
        try:
            try_golden(self.slots.place(job.release), manifest)
        except TooSlow as exc:
            slow = replace(job, slow=job.slow + 1)
            if slow.slow >= MOST_SLOW:
                raise ReleaseRefused(say.GOLDEN_TOO_SLOW_TIMES(reason=exc, times=slow.slow)) from exc
            self._progress.save(replace(self.record, job=slow))
            raise
        self._progress.tell(
            str(job.release), "golden", "done", say.SAMPLES_FIT(golden=len(manifest.golden)), job.sha256
        )
        self._progress.stage(job, "shadow")

    def _shadow(self, job: Job) -> None:
        """Let it look next to the model that runs."""
        release, place = str(job.release), self.slots.place(job.release)
        try:
            where = ShadowPlace(self._pole, self._moments, self._settings, self.slots, self._options)
            run = any_shadow(job.release, place, where)
        except Restless as exc:
            job = replace(job, restless=job.restless + 1)
            self._progress.save(replace(self.record, job=job))
            if job.restless < MOST_RESTLESS:
                raise
            run = ShadowRun(str(exc))
        if run.text:
            reported = self.record.with_report(release, "shadow", "done", run.text, job.sha256, figures=run.figures)
            self._progress.put(replace(reported, shadow=f"{release}: {run.text}"))
        self._progress.stage(job, "switch")

    def _switch(self, job: Job) -> None:
        """What works is written down first, then how to go back, then the link is moved."""
        release = job.release
        if not self._runs(release):
            if job.rollout and self._is_dropped(job, self._desk.trust()):
                return
            before = self.slots.current(release.kind, release.name)
            works = baseline(self._pole.status(), uplink=names_platform(self._settings))
            job = replace(job, before=before, baseline=works)
            self._progress.save(replace(self.record, job=job))
            self.slots.begin(Trial(release=release, before=before))
            self.slots.switch(release.kind, release.name, release.number)
        if release.kind == "settings":
            try:
                check_settings(self._settings, uplink=job.baseline.uplink)
            except ReleaseRefused as exc:
                self._take_back(job, str(exc))
                return
        self._progress.tell(str(release), "switch", "done", f"before: {job.before or 'none'}", job.sha256)
        self._progress.stage(job, "trial")

    def _install(self, job: Job) -> None:
        """A unit of root installs the agent itself, and goes back where it is not healthy. Retry: it is at work."""
        release, path = job.release, self._bundle(job)
        result = result_of(self._installer, job.attempt)
        if result is None:
            if is_idle(self._installer):
                if self._is_dropped(job, self._desk.trust()):
                    return
                if not (path.is_file() and is_whole(path, path.stat().st_size, job.sha256)):
                    path.unlink(missing_ok=True)
                    self._progress.stage(job, "download")
                    return
                ask_root(self._home, job, Path(self._options.root_file), self._source, self._moments)
            if why := waits_for(self._installer):
                raise Retry(say.INSTALL_SERVICE_TRIES_AGAIN(release=release, why=why))
            raise Retry(say.WAITS_POLEAGENT_INSTALL_SERVICE(release=release))
        withdraw(self._home)
        kept, reason = result
        if not kept:
            raise ReleaseRefused(reason)
        self.slots.switch(release.kind, release.name, release.number)
        self._progress.done(job, "commit", "done", reason)
        path.unlink(missing_ok=True)
        self.slots.tidy(release.kind, release.name, {release.number})

    def _is_dropped(self, job: Job, trust: Trust) -> bool:
        """Whether the plan does not want the release here, or not now; then the job is over."""
        waits, why = self._desk.plan(trust).course(job.release)
        if waits or why:
            self._progress.done(job, job.stage, "waits" if waits else "withdrawn", waits or why)
            withdraw(self._home)
            self._forget(job, waits=bool(waits))
        return bool(waits or why)

    def _try(self, job: Job) -> None:
        """Let it run for its time; then it is kept where all works that worked, else taken back."""
        trial = RunningTrial(job, self.slots, self._pole, self._moments, lambda: self._desk.aborted(job))
        reason = trial.wait(self._options.trial_s) or trial.broken()
        if reason:
            self._take_back(job, reason, withdrawn=bool(trial.aborted))
        else:
            text = say.ALL_WORKS_WORKED_BEFORE(where=trial.where, what=job.before or "none")
            self._keep(job, text, trial.weights)

    def _take_back(self, job: Job, reason: str, *, withdrawn: bool = False) -> None:
        """``withdrawn``: not for what it did, so that it may come again."""
        release = job.release
        self.slots.take_back(reason)
        self.slots.switch(release.kind, release.name, job.before)
        outcome: UpdateOutcome = "withdrawn" if withdrawn else "done"
        reported = self.record.with_report(str(release), "roll_back", outcome, reason, job.sha256)
        self._progress.put(replace(reported, job=None) if withdrawn else reported.with_refusal(str(release), reason))
        self.slots.end()
        self._forget(job)
        tell(self._pole, self._moments)

    def _keep(self, job: Job, why: str, weights: str) -> None:
        release = job.release
        self._progress.done(job, "commit", "done", why, weights)
        self.slots.end()
        self._bundle(job).unlink(missing_ok=True)
        self.slots.tidy(release.kind, release.name, {release.number, job.before})

    def _settle(self) -> None:
        """What a run before this one, a power cut, or the daemon has left behind."""
        trial, job = self.slots.trial(), self.record.job
        if trial is not None and (job is None or job.release != trial.release):
            if trial.failed:
                self._progress.save(self.record.with_refusal(str(trial.release), trial.failed))
                self._progress.tell(str(trial.release), "roll_back", "done", trial.failed)
            self.slots.end()


_STEPS: dict[Stage, Callable[[Updater, Job], None]] = {
    "download": Updater._fetch,  # noqa: SLF001 - the table of its own steps
    "unpack": Updater._unpack,  # noqa: SLF001
    "fit": Updater._fit,  # noqa: SLF001
    "golden": Updater._golden,  # noqa: SLF001
    "shadow": Updater._shadow,  # noqa: SLF001
    "switch": Updater._switch,  # noqa: SLF001
    "trial": Updater._try,  # noqa: SLF001
    "install": Updater._install,  # noqa: SLF001
}
_AFTER_FIT: dict[ReleaseKind, Stage] = {"model": "golden", "settings": "switch", "software": "install"}
