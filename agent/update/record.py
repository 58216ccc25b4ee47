"""What ``poleagent update`` knows from one run to the next: one small file, on disk before the next step begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from agent.system.slots import save
from contract.events import UpdateOutcome, UpdateStage
from contract.release import ReleaseId

Stage = Literal["download", "unpack", "fit", "golden", "shadow", "switch", "trial", "install"]
"""Where a job stands. Each step can be done again from its beginning."""
MOST_REFUSED = 200
MOST_REPORTS = 500


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What worked before the switch: it has to work after it as well."""

    devices: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    linked: bool = False
    uplink: bool = False
    """The settings named a platform."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The one release that is being taken."""

    release: ReleaseId
    stage: Stage = "download"
    sha256: str = ""
    """Of its bundle."""
    before: int | None = None
    baseline: Baseline = Baseline()
    tries: int = 0
    """How often refused releases were tried once more before this job began."""

    slow: int = 0
    """How often its golden samples took too long."""
    rollout: bool = False
    """It is of a rollout, whose state is asked again before the switch and in the trial."""
    restless: int = 0
    """Its shadow runs in which a camera ended that ended before as well."""

    @property
    def attempt(self) -> str:
        """Names this try of this release: a result of an earlier one does not count."""
        return f"{self.release}#{self.tries}"


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step as the daemon will put it into the pole's numbered stream."""

    number: int
    release: str
    stage: UpdateStage
    outcome: UpdateOutcome
    text: str
    sha256: str = ""
    figures: dict[str, float] = {}


class UpdateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    job: Job | None = None
    refused: dict[str, str] = {}
    """Release -> why it is not tried again, as a sentence."""
    tries: int = 0
    """How often a technician had refused releases tried once more."""
    reports: Annotated[tuple[StepReport, ...], Meta(description="steps that the daemon has not taken yet")] = ()
    reported: int = 0
    """The number of the newest step."""
    shadow: str = ""
    """The last shadow run, as a sentence."""
    checked: datetime | None = None
    trouble: str = ""
    """Why the last run did not get on; empty where it did."""
    waits: str = ""
    """Why a release that is for this pole may not begin yet; empty where none waits. No trouble: the plan says so."""
    month: str = ""
    month_bytes: int = 0

    def with_report(
        self,
        release: str,
        stage: UpdateStage,
        outcome: UpdateOutcome,
        text: str,
        sha256: str = "",
        *,
        figures: Mapping[str, float] | None = None,
    ) -> UpdateRecord:
        """One step more; of steps that nobody takes the oldest go."""
        step = StepReport(
            number=self.reported + 1,
            release=release,
            stage=stage,
            outcome=outcome,
            text=text[:1000],
            sha256=sha256,
            figures=dict(figures or {}),
        )
        return replace(self, reported=step.number, reports=(*self.reports, step)[-MOST_REPORTS:])

    def with_bytes(self, now: datetime, came: int) -> UpdateRecord:
        """So many bytes more in this month of UTC."""
        month = f"{now:%Y-%m}"
        return replace(self, month=month, month_bytes=(self.month_bytes if self.month == month else 0) + max(0, came))

    def with_refusal(self, release: str, why: str) -> UpdateRecord:
        """Not tried again."""
        kept = list(self.refused.items())[-MOST_REFUSED + 1 :]
        return replace(self, job=None, refused=dict(kept) | {release: why[:1000]})


def read_record(path: Path) -> UpdateRecord:
    """What was saved; of a file that cannot be read nothing is known, and the slots say what runs."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=UpdateRecord)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return UpdateRecord()


def save_record(path: Path, record: UpdateRecord) -> None:
    save(path, msgspec.json.encode(record))
