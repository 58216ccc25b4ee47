"""A pole without a daemon, a site to take releases from, and a clock that tests own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from agent.config.update import UpdateSettings
from agent.update.record import StepReport, UpdateRecord
from agent.update.source import FolderSource, ReleaseSource
from agent.update.updater import Updater
from contract.health import BoxHealth, CameraHealth, ClockHealth, PoleStatus, StoreHealth
from contract.release import ReleaseId
from contract.requests import RingResult
from contract.types import Reading, Stamp
from tests.release.desks import NOW

BOOT = Stamp(NOW, 1000.0, synced=True)


class Moments:
    """Time that goes only when somebody sleeps."""

    def __init__(self, now: datetime = NOW, *, synced: bool = True) -> None:
        self.start, self.synced = now, synced
        self.gone_s = 0.0
        self.then: Callable[[], object] = lambda: None
        """What happens while somebody sleeps."""

    def now(self) -> Stamp:
        return Stamp(self.start + timedelta(seconds=self.gone_s), self.gone_s, self.synced)

    def monotonic(self) -> float:
        return self.gone_s

    def sleep(self, seconds: float) -> None:
        self.gone_s += seconds
        self.then()


def status(*cameras: CameraHealth, problems: tuple[str, ...] = ()) -> PoleStatus:
    return PoleStatus(
        pole="SZ-1",
        version="0.2.0",
        revision="0",
        uptime_s=1.0,
        devices=(),
        lines=(),
        store=StoreHealth(state="ok", epoch="e", next_seq=1, lanes={}, bytes=0, max_bytes=1, ring_bytes=0),
        uplink=None,
        clock=ClockHealth(now=BOOT),
        box=BoxHealth(resident_bytes=0, cpu_s=0, disk_free_bytes=0, disk_bytes=0),
        cameras=cameras,
        problems=problems,
    )


def camera(state: str, model: str = "") -> CameraHealth:
    known = {"ok": "ok", "crashed": "crashed", "no_signal": "no_signal"}[state]
    return CameraHealth(name="street", source="x", state=known, since=NOW, model=model)  # type: ignore[arg-type]


class FakePole:
    """Takes every step, and works as ``health`` says."""

    def __init__(self) -> None:
        self.steps: list[StepReport] = []
        self.health: Callable[[], PoleStatus | None] = status
        self.reloads = 0
        self.answer = ""
        self.listens = True
        self.watching: tuple[str, ...] = ()
        """The cameras that use the slot of a model."""
        self.shadows: list[float] = []
        self.held: Callable[[tuple[int, ...]], RingResult] = lambda _: RingResult(blocks=())
        """The ring."""
        self.live: Callable[[], tuple[Reading, ...]] = tuple
        """The readings of now."""

    def status(self) -> PoleStatus | None:
        return self.health()

    def reload(self) -> str:
        self.reloads += 1
        return self.answer

    def report(self, record: UpdateRecord) -> UpdateRecord:
        if not self.listens:
            return record
        self.steps += record.reports
        return replace(record, reports=())

    def shadow(self, release: ReleaseId, for_s: float) -> tuple[str, ...]:
        self.shadows.append(for_s)
        return self.watching

    def ring(self, ids: tuple[int, ...]) -> RingResult:
        return self.held(ids)

    def readings(self, after: datetime) -> tuple[Reading, ...]:
        return tuple(each for each in self.live() if each.at.utc > after)

    @property
    def story(self) -> list[str]:
        """The steps in short: ``models/crops/1 commit done``."""
        return [f"{step.release} {step.stage} {step.outcome}".strip() for step in self.steps]


class Box:
    """The files of one pole."""

    def __init__(self, folder: Path, desk: Path) -> None:
        self.state = folder / "state"
        self.state.mkdir(parents=True)
        self.root = folder / "root.json"
        self.root.write_bytes((desk / "metadata/root.json").read_bytes())
        self.settings = folder / "etc" / "poleagent.toml"
        self.settings.parent.mkdir()
        self.settings.write_text(f'[pole]\nid = "SZ-1"\n[store]\npath = "{self.state}/pole.db"\n', encoding="utf-8")
        self.pole = FakePole()
        self.moments = Moments()
        self.options = UpdateSettings(root_file=str(self.root), keep_free_bytes=0, trial_s=30)

    def updater(self, source: Path | ReleaseSource) -> Updater:
        return Updater(
            pole_id="SZ-1",
            settings=self.settings,
            state=self.state,
            options=self.options,
            source=FolderSource(source) if isinstance(source, Path) else source,
            pole=self.pole,
            moments=self.moments,
        )
