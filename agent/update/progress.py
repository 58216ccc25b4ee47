"""What one run of ``poleagent update`` finds out: on disk first, then to the daemon."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from agent.update.judge import Pole
from agent.update.record import Job, Stage, UpdateRecord, read_record, save_record
from contract.events import UpdateOutcome, UpdateStage


class UpdateProgress:
    """``record`` is what is known, as it is in the file ``page``; ``pole`` takes the steps that are to be reported."""

    def __init__(self, page: Path, pole: Pole) -> None:
        self._page = page
        self._pole = pole
        self.record = read_record(page)

    def done(self, job: Job, stage: UpdateStage, outcome: UpdateOutcome, text: str, weights: str = "") -> None:
        """The last step of a job, and the end of the job: one change on disk."""
        reported = self.record.with_report(str(job.release), stage, outcome, text, weights or job.sha256)
        self.put(replace(reported, job=None))

    def stage(self, job: Job, stage: Stage) -> None:
        """The job goes on with this step."""
        self.save(replace(self.record, job=replace(job, stage=stage)))

    def tell(self, release: str, stage: UpdateStage, outcome: UpdateOutcome, text: str, sha256: str = "") -> None:
        """One step."""
        self.put(self.record.with_report(release, stage, outcome, text, sha256))

    def put(self, record: UpdateRecord) -> None:
        """On disk first, then to the daemon."""
        self.save(record)
        self.hand_over()

    def hand_over(self) -> None:
        """The steps that the daemon has not taken yet; it may not run."""
        self.save(self._pole.report(self.record))

    def save(self, record: UpdateRecord) -> None:
        if record != self.record:
            self.record = record
            save_record(self._page, record)
