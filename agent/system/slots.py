"""Slots: which release of each model and of each revision of settings runs, and the one that is on trial.

``slots/models/crops/3`` is an unpacked release, ``slots/models/crops/current`` a symbolic link to the one that runs. A
switch is one rename. ``trial.json`` says what to go back to; the daemon counts its starts there and goes back by itself
where they are too many, so a release that keeps it from running cannot stay.

Every change is on disk before the next one begins. The daemon and ``poleagent update`` share this module.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.system.peek import peek
from contract.release import ROLES, ReleaseId, ReleaseKind

MOST_STARTS = 3
"""Starts of the daemon during one trial; one more, and the release is taken back. A technician may restart it once or
twice, a power cut comes once; a daemon that dies of a release starts every two seconds."""
CURRENT = "current"
SLOT = "slot:"
"""Prefix of a model's folder in the settings: ``slot:crops`` is the release of that name that runs."""
USUAL_STORE = "/var/lib/poleagent/pole.db"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A release that runs and is not yet kept; ``before`` is what ran before it, None: nothing of that name."""

    release: ReleaseId
    before: int | None
    starts: int = 0
    failed: str = ""
    """Why it was taken back by the daemon, as a sentence."""


class Slots:
    """The slots under the folder ``state``, which need not be there yet."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "slots"

    def models(self, *, make: bool) -> Path:
        """The folder of all models; where ``make`` says so it is there, if the disk lets us."""
        folder = self.folder / ROLES["model"]
        if make:
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
        return folder

    def place(self, release: ReleaseId) -> Path:
        """Where the release lies when it is unpacked."""
        return self._home(release.kind, release.name) / str(release.number)

    def current(self, kind: ReleaseKind, name: str) -> int | None:
        """The number of the release that runs; None: none."""
        try:
            return int(os.readlink(self._home(kind, name) / CURRENT))  # noqa: PTH115 - the text itself, not a path
        except (OSError, ValueError):
            return None

    def running(self, kind: ReleaseKind, name: str) -> Path | None:
        """The folder of the release that runs, by its number; None: none, or it is not there."""
        number = self.current(kind, name)
        folder = self._home(kind, name) / str(number)
        return folder if number is not None and folder.is_dir() else None

    def names(self, kind: ReleaseKind) -> tuple[str, ...]:
        """The names that have a release that runs, in the order of the alphabet."""
        try:
            found = sorted(each.name for each in (self.folder / ROLES[kind]).iterdir())
        except OSError:
            return ()
        return tuple(name for name in found if self.running(kind, name) is not None)

    def switch(self, kind: ReleaseKind, name: str, number: int | None) -> None:
        """Have ``number`` run from now on, or none. OSError: the disk refused, and all is as it was."""
        home = self._home(kind, name)
        link = home / CURRENT
        if number is None:
            link.unlink(missing_ok=True)
        else:
            fresh = home / ".current"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(str(number))
            fresh.replace(link)
        sync(home)

    def tidy(self, kind: ReleaseKind, name: str, keep: set[int | None]) -> None:
        """Remove all releases of a name but those."""
        for folder in self._home(kind, name).iterdir():
            if folder.name.isdecimal() and int(folder.name) not in keep:
                shutil.rmtree(folder, ignore_errors=True)

    def trial(self) -> Trial | None:
        """What is on trial; None: nothing. A file that cannot be read counts as nothing."""
        try:
            return msgspec.json.decode(self._page.read_bytes(), type=Trial)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return None

    def begin(self, trial: Trial) -> None:
        """On disk before anything is switched."""
        save(self._page, msgspec.json.encode(trial))

    def end(self) -> None:
        """The trial is over: what runs stays."""
        self._page.unlink(missing_ok=True)
        if self.folder.is_dir():
            sync(self.folder)

    def take_back(self, why: str) -> Trial | None:
        """Run what ran before the trial, and keep ``why`` for ``poleagent update``; None: nothing is on trial."""
        trial = self.trial()
        if trial is None or trial.failed:
            return None
        self.switch(trial.release.kind, trial.release.name, trial.before)
        failed = msgspec.structs.replace(trial, failed=why)
        self.begin(failed)
        return failed

    def count_start(self) -> Trial | None:
        """The daemon starts: the trial that was one start too many for it, and was taken back; None: go on."""
        trial = self.trial()
        if trial is None or trial.failed:
            return None
        if trial.starts >= MOST_STARTS:
            return self.take_back(f"the agent started {trial.starts + 1} times during its trial")
        self.begin(msgspec.structs.replace(trial, starts=trial.starts + 1))
        return None

    @property
    def _page(self) -> Path:
        return self.folder / "trial.json"

    def _home(self, kind: ReleaseKind, name: str) -> Path:
        return self.folder / ROLES[kind] / name


def state_folder(settings: Path) -> Path:
    """The folder of the store by the file ``settings`` and ``conf.d`` next to it, whatever else is wrong in them."""
    return Path(peek(settings, "store", "path", USUAL_STORE)).parent


def save(path: Path, data: bytes) -> None:
    """``path`` with ``data``, on disk, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """The names in ``folder`` on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
