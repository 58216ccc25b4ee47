"""A candidate on the pole: fetched and checked as an update is, and laid out where nothing that runs looks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from agent.acquire.registry import find_drivers
from agent.config.load import examine
from agent.config.released import slots_instead
from agent.config.settings import Settings
from agent.errors import ConfigError
from agent.models.describe import describe
from agent.system.slots import CURRENT, Slots
from agent.update import sentences as say
from agent.update.bundles import fetch, is_whole, manifest_of, may_fetch, unpack
from agent.update.fit import ReleaseRefused, check_model, try_golden
from agent.update.moment import Moments
from agent.update.record import UpdateRecord
from agent.update.source import Download, ReleaseSource
from agent.update.trust import Trust, Untrusted
from contract.bundle import BundleError, open_bundle
from contract.release import ROLES, ReleaseId

HOME = "what-if"
"""The folder next to the store in which candidates and their own signed metadata lie."""


class CandidateDownload:
    """Bundles of releases that are published, assigned to this pole or not: signed by those who may, else refused."""

    def __init__(self, home: Path, root_file: Path, source: ReleaseSource, moments: Moments) -> None:
        self._home = home
        self._root_file = root_file
        self._source = source
        self._moments = moments
        self.received = 0
        """Bytes of bundles that came, whole or not."""

    def fetch(self, release: ReleaseId, settings: Settings, record: UpdateRecord) -> Path:
        """The bundle; nothing comes where it is the last one that was asked for, the rest where it broke off.

        Retry, Untrusted: as of an update.
        ``record`` says what updates have taken of this month's allowance.
        """
        options = settings.update
        trust = Trust(self._home, self._root_file, self._source, self._moments.now())
        trust.refresh()
        target = trust.target(release)
        sha256 = target.hashes["sha256"]
        path = self._home / f"{sha256}.zip"
        for other in self._home.glob("*.zip"):
            if other != path:
                other.unlink()
        if path.is_file() and is_whole(path, target.length, sha256):
            return path
        now = self._moments.now().utc
        used = record.month_bytes if record.month == f"{now:%Y-%m}" else 0
        have = path.stat().st_size if path.is_file() else 0
        if why := may_fetch(options, now, size=target.length, have=have, used=used, folder=self._home):
            raise ReleaseRefused(why)
        download = Download(self._source, self._moments, options.bytes_per_s)
        try:
            fetch(
                download,
                trust.address(target),
                path,
                size=target.length,
                moments=self._moments,
                came=lambda _have, _new: None,
            )
        finally:
            self.received += download.received
        if not is_whole(path, target.length, sha256):
            path.unlink()
            raise Untrusted(say.WHAT_FETCHED_NOT_WHAT(release=release))
        return path


def release_of(bundle: Path) -> ReleaseId:
    """What a bundle at hand says it is. ReleaseRefused: it is none."""
    try:
        with open_bundle(bundle) as opened:
            return opened.manifest.release
    except BundleError as exc:
        raise ReleaseRefused(str(exc)) from exc


@contextmanager
def laid_out(bundle: Path, release: ReleaseId, slots: Slots) -> Iterator[Slots]:
    """Slots as those that run, with the release of the bundle among them; gone when the block is left.

    ReleaseRefused: it is not for this box, is none that can be tried on series, or its golden samples do not fit.
    """
    if release.kind == "software":
        raise ReleaseRefused(say.NOT_TRIED_ON_SERIES(release=release))
    with _instead(slots, release.kind, release.name) as (other, home):
        place = home / str(release.number)
        unpack(bundle, release, place)
        if release.kind == "model":
            check_model(place)
            if describe(place, ("detect", "classify", "series")).about.task != "series":
                raise ReleaseRefused(say.SHADOW_TRIES_CAMERAS(release=release))
            try_golden(place, manifest_of(place))
        (home / CURRENT).symlink_to(str(release.number))
        yield other


@contextmanager
def laid_out_file(file: Path, slots: Slots) -> Iterator[Slots]:
    """The same with a file of settings that is on its way to become a release."""
    with _instead(slots, "settings", "candidate") as (other, home):
        (home / "1").mkdir(parents=True)
        try:
            shutil.copyfile(file, home / "1" / "settings.toml")
        except OSError as exc:
            raise ConfigError(say.CANNOT_READ(path=file, strerror=exc.strerror)) from exc
        (home / CURRENT).symlink_to("1")
        yield other


@contextmanager
def _instead(slots: Slots, kind: str, name: str) -> Iterator[tuple[Slots, Path]]:
    """Links to all releases that run but those of one name, whose folder is to be filled."""
    with TemporaryDirectory(prefix="poleagent-what-if-") as folder:
        other = Slots(Path(folder))
        for each in ROLES:
            (other.folder / ROLES[each]).mkdir(parents=True)
            for running in slots.names(each):
                if (each, running) != (kind, name):
                    (other.folder / ROLES[each] / running).symlink_to(slots.folder / ROLES[each] / running)
        home = other.folder / ROLES[kind] / name  # type: ignore[index]
        home.mkdir()
        yield other, home


def both_settings(path: Path, slots: Slots) -> tuple[Settings, Settings]:
    """Those of the file ``path`` as they are in force, and with the releases of ``slots``.

    ReleaseRefused: they have a problem with the candidate, or it changes nothing on this pole.
    """
    drivers = find_drivers()
    before, problems = examine(path, drivers)
    if before is None:
        raise ConfigError(str(next(problem for problem in problems if not problem.warning)))
    with slots_instead(slots):
        after, problems = examine(path, drivers)
    if after is None:
        wrong = [problem for problem in problems if not problem.warning]
        raise ReleaseRefused(say.SETTINGS_PROBLEMS(problems=len(wrong), problems_2=wrong[0]))
    if _content(before) == _content(after):
        raise ReleaseRefused(say.CHANGES_NOTHING(kept="; ".join(after.kept) or say.NOBODY_USES_IT()))
    return before, after


def _content(settings: Settings) -> bytes:
    return repr(msgspec.structs.replace(settings, revision="", kept=(), releases=())).encode()
