"""The bundle of a release, from its source to the disk, as far as link, hour, allowance and disk let us."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agent.config.update import UpdateSettings
from agent.errors import Retry
from agent.update import sentences as say
from agent.update.bundles import fetch, is_whole, may_fetch
from agent.update.moment import Moments
from agent.update.progress import UpdateProgress
from agent.update.record import Job
from agent.update.source import Download, ReleaseSource
from agent.update.trust import Trust, Untrusted
from contract.release import ReleaseId


class BundleDownload:
    """Of one source; what came counts in ``progress``."""

    def __init__(
        self, folder: Path, source: ReleaseSource, moments: Moments, options: UpdateSettings, progress: UpdateProgress
    ) -> None:
        self._folder = folder
        self._moments = moments
        self._options = options
        self._progress = progress
        self._download = Download(source, moments, options.bytes_per_s)

    def path(self, job: Job) -> Path:
        """Where its bundle lies."""
        return self._folder / f"{job.sha256}.zip"

    def tidy(self, waiting: Iterable[ReleaseId], trust: Trust) -> None:
        """Of what was fetched only bundles of these releases stay: they go on later."""
        if left := list(self._folder.glob("*")):
            known = {trust.target(release).hashes["sha256"] for release in waiting}
            for path in left:
                if path.stem not in known:
                    path.unlink()

    def fetch(self, job: Job, trust: Trust) -> None:
        """Go on with its bundle until it is whole. Retry: another time; Untrusted: it is not what was signed."""
        path = self.path(job)
        target = trust.target(job.release)
        if target.hashes["sha256"] != job.sha256:
            raise Untrusted(say.SIGNED_ANOTHER_CONTENT_BEFORE(release=job.release))
        path.parent.mkdir(parents=True, exist_ok=True)

        def came(have: int, new: int) -> None:
            now = self._moments.now().utc
            self._progress.save(self._progress.record.with_bytes(now, new))
            used = self._progress.record.month_bytes
            if have < target.length and (
                why := may_fetch(self._options, now, size=target.length, have=have, used=used, folder=path.parent)
            ):
                raise Retry(why)

        came(path.stat().st_size if path.is_file() else 0, 0)
        fetch(self._download, trust.address(target), path, size=target.length, moments=self._moments, came=came)
        if not is_whole(path, target.length, job.sha256):
            path.unlink()
            raise Untrusted(say.WHAT_FETCHED_NOT_WHAT(release=job.release))
        self._progress.tell(
            str(job.release), "verify", "done", say.BYTES_THEY_WERE_SIGNED(length=target.length), job.sha256
        )
