"""Who may say what runs here: The Update Framework, with floors of our own under it.

The library checks signatures, thresholds, versions and terms. Ours are: the first root comes from the pole's own file,
never from the cache; versions and time never go below what was seen, although the cache is lost; and a clock that was
not set cannot hide a freeze nor refuse everything: what counts then is the latest moment that was certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import msgspec
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import TargetFile
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from agent.errors import AgentError, Retry
from agent.system.clock import BUILT
from agent.system.slots import save
from agent.update import sentences as say
from agent.update.source import NotPublished, ReleaseSource
from contract.plan import MOST_PLAN_BYTES, PLAN_PATH, Plan
from contract.release import ReleaseId
from contract.types import Stamp

_MOST_ROOT = 512_000
_LIMITS = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=8,
    root_max_length=64 * 1024,
    timestamp_max_length=8 * 1024,
    snapshot_max_length=64 * 1024,
    targets_max_length=2 * 1024 * 1024,
)
_SITE = "site:///"


class Untrusted(AgentError):
    """What the source says is not signed as it must be, is older than what was seen, or has expired."""


class Floor(msgspec.Struct, frozen=True):
    """What was seen at the last good check: nothing older counts. Versions count for the keys that signed them."""

    time: datetime = BUILT
    versions: dict[str, tuple[str, int]] = {}


class _Fetcher(FetcherInterface):
    """The library's door to the source; it bounds what it takes by itself."""

    def __init__(self, source: ReleaseSource) -> None:
        self._source = source

    def _fetch(self, url: str) -> Iterator[bytes]:
        raise NotImplementedError(url)

    def download_bytes(self, url: str, max_length: int) -> bytes:
        try:
            return self._source.read(url.removeprefix(_SITE), max_length)
        except NotPublished as exc:
            raise DownloadHTTPError(str(exc), 404) from exc
        except Retry as exc:
            raise DownloadError(str(exc)) from exc


class Trust:
    """The signed repository of one source. ``folder`` keeps its metadata from one run to the next."""

    def __init__(self, folder: Path, root_file: Path, source: ReleaseSource, now: Stamp) -> None:
        """Untrusted: there is no usable first root."""
        self._folder = folder
        self._source = source
        self._now = now
        self._floor = self._read_floor()
        (folder / "metadata").mkdir(parents=True, exist_ok=True)
        try:
            with root_file.open("rb") as file:
                root = file.read(_MOST_ROOT)
            self._updater = Updater(
                str(folder / "metadata"), f"{_SITE}metadata/", fetcher=_Fetcher(source), config=_LIMITS, bootstrap=root
            )
        except (OSError, RepositoryError) as exc:
            raise Untrusted(say.CANNOT_USED_COPY_MAINTAINERS(root_file=root_file, exc=exc)) from exc
        self._trusted: Any = self._updater._trusted_set  # noqa: SLF001 - the library has no other way to be given a time
        self._trusted.reference_time = self.time

    @property
    def time(self) -> datetime:
        """The latest moment that is certain: never before the floor; the wall clock only once it was set."""
        return max(self._now.utc, self._floor.time) if self._now.synced else self._floor.time

    def refresh(self) -> Plan:
        """Two small requests where nothing is new. Retry: the source cannot be had; Untrusted: it must not be used."""
        try:
            self._updater.refresh()
            target = self._updater.get_targetinfo(PLAN_PATH)
        except DownloadError as exc:
            raise Retry(str(exc)) from exc
        except RepositoryError as exc:
            raise Untrusted(say.SOURCE_NOT_TRUSTED(exc=exc)) from exc
        except OSError as exc:
            raise Retry(say.CANNOT_WRITTEN_2(folder=self._folder, strerror=exc.strerror)) from exc
        self._raise_floor()
        if target is None:
            raise Untrusted(say.SOURCE_NO_PLAN())
        return self._plan(target)

    def target(self, release: ReleaseId) -> TargetFile:
        """The signed size and hash of a bundle. Untrusted: nobody who may has signed such a release."""
        try:
            target = self._updater.get_targetinfo(release.path)
        except DownloadError as exc:
            raise Retry(str(exc)) from exc
        except RepositoryError as exc:
            raise Untrusted(f"{release}: {exc}") from exc
        if target is None:
            raise Untrusted(say.ASSIGNED_NEVER_SIGNED(release=release))
        return target

    @staticmethod
    def address(target: TargetFile) -> str:
        """Of a target in the published folder."""
        folder, _, name = target.path.rpartition("/")
        return f"targets/{folder}/{target.hashes['sha256']}.{name}"

    def _plan(self, target: TargetFile) -> Plan:
        kept = self._folder / "plan.json"
        data = kept.read_bytes() if kept.is_file() else b""
        if not good(target, data):
            if target.length > MOST_PLAN_BYTES:
                raise Untrusted(say.PLAN_MORE_THAN_BYTES(most_plan_bytes=MOST_PLAN_BYTES))
            data = self._source.read(self.address(target), target.length)
            if not good(target, data):
                raise Untrusted(say.PLAN_NOT_FILE_SIGNED())
            save(kept, data)
        try:
            return msgspec.json.decode(data, type=Plan)
        except (msgspec.DecodeError, msgspec.ValidationError) as exc:
            raise Untrusted(say.PLAN_CANNOT_READ(exc=exc)) from exc

    def _raise_floor(self) -> None:
        """After a good check. Untrusted: a version is lower than one that the same keys have signed before."""
        root = self._trusted.root
        seen = {
            "root": ("", root.version),
            "timestamp": (_keys(root, "timestamp"), self._trusted.timestamp.version),
            "snapshot": (_keys(root, "snapshot"), self._trusted.snapshot.version),
        }
        for role, (keys, version) in seen.items():
            before = self._floor.versions.get(role)
            if before is not None and before[0] == keys and version < before[1]:
                raise Untrusted(say.SOURCE_NOT_TRUSTED_OLDER(role=role, version=version, before=before[1]))
        floor = Floor(self.time, seen)
        if floor != self._floor:
            self._floor = floor
            save(self._folder / "floor.json", msgspec.json.encode(floor))

    def _read_floor(self) -> Floor:
        try:
            return msgspec.json.decode((self._folder / "floor.json").read_bytes(), type=Floor)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return Floor()


def good(target: TargetFile, data: bytes | IO[bytes]) -> bool:
    """Whether ``data`` is what was signed."""
    try:
        target.verify_length_and_hashes(data)
    except RepositoryError:
        return False
    return True


def _keys(root: Any, role: str) -> str:
    return sha256(repr(sorted(root.roles[role].keyids)).encode()).hexdigest()[:16]
