"""The agent's own package: asked for by ``poleagent update``, accepted and installed by a unit of root.

Who can write what the daemon's user can write must not become root by it. So root looks the release up by itself, with
metadata of its own; of the other user's folder it takes a copy of the bundle, and checks the copy.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from agent.errors import Retry
from agent.system.slots import save, sync
from agent.update import sentences as say
from agent.update.bundles import is_whole
from agent.update.fit import ReleaseRefused
from agent.update.moment import Moments
from agent.update.record import Job
from agent.update.source import FolderSource, ReleaseSource
from agent.update.trust import Trust, Untrusted
from contract.bundle import BundleError, open_bundle
from contract.release import ReleaseId

PACKAGE = "poleagent"
ADDED = ("poleagent-vision",)
"""Packages of the same version, which a pole may have in addition."""
INSTALLER = Path("/var/lib/poleagent-install")
"""Root's own folder; anybody may read ``result``."""
_KEPT, _BACK, _REFUSED = "kept", "back", "refused"
_REQUEST, _OFFER = "install", "offer"
"""In the other user's folder: which attempt root is asked for, and what the source says of it."""
_ATTEMPT = re.compile(r"[a-z0-9/_-]{1,100}#[0-9]{1,9}")


class _Copying:
    """A source, and a folder that gets all that is read from it."""

    def __init__(self, source: ReleaseSource, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def read(self, path: str, most: int) -> bytes:
        data = self._source.read(path, most)
        save(self._folder / path, data)
        return data

    def pieces(self, path: str, start: int) -> Iterator[bytes]:
        return self._source.pieces(path, start)


def ask_root(home: Path, job: Job, root_file: Path, source: ReleaseSource, moments: Moments) -> None:
    """Have the unit of root look for the job's release, in a copy of what ``source`` says of it: root may not reach it.

    Retry: the source cannot be had; Untrusted: it must not be used.
    """
    offer, fresh = home / _OFFER, home / f".{_OFFER}"
    for old in (fresh, offer):
        shutil.rmtree(old, ignore_errors=True)
    trust = Trust(fresh / "trust", root_file, _Copying(source, fresh), moments.now())
    trust.refresh()
    trust.target(job.release)
    shutil.rmtree(fresh / "trust")
    fresh.replace(offer)
    save(home / _REQUEST, f"{job.attempt}\n".encode())


def withdraw(home: Path) -> None:
    """Ask root for nothing any more."""
    (home / _REQUEST).unlink(missing_ok=True)
    shutil.rmtree(home / _OFFER, ignore_errors=True)


def is_idle(installer: Path) -> bool:
    """Whether root is between two installations."""
    try:
        return (installer / "step").read_text(encoding="ascii").strip() == "idle"
    except (OSError, UnicodeDecodeError):
        return True


def waits_for(installer: Path) -> str:
    """What root waits for to go on with an installation, as a sentence; empty: it is at work."""
    return _read(installer / "waits")


def result_of(installer: Path, attempt: str) -> tuple[bool, str] | None:
    """Whether root has kept the release of this attempt, and why or why not; None: it is not done yet."""
    try:
        said = (installer / "result").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    name, _, rest = said.partition(" ")
    outcome, _, reason = rest.partition(" ")
    if name != attempt or outcome not in {_KEPT, _BACK, _REFUSED}:
        return None
    return outcome == _KEPT, reason


def accept(
    pole_id: str,
    root_file: Path,
    home: Path,
    moments: Moments,
    *,
    tags: Collection[str] = (),
    installer: Path = INSTALLER,
) -> str:
    """Root's part: packages in ``new`` of the installer's folder, and the release that they are; empty: nothing is due.

    Packages that this pole cannot take are refused in ``result``. Raises Untrusted, and Retry: another time.
    """
    asked = _read(home / _REQUEST)
    if _ATTEMPT.fullmatch(asked) is None or result_of(installer, asked) is not None:
        return ""
    trust = Trust(installer / "trust", root_file, FolderSource(home / _OFFER), moments.now())
    for release in (each.release for each in trust.refresh().wanted(pole_id, tags)):
        if release.kind == "software" and str(release) == asked.partition("#")[0]:
            return str(release) if _take(release, asked, trust, home, installer) else ""
    return ""


def _take(release: ReleaseId, asked: str, trust: Trust, home: Path, installer: Path) -> bool:
    """Whether the packages of the release are in ``new``; else ``result`` says why not."""
    target = trust.target(release)
    digest = target.hashes["sha256"]
    copy = installer / "bundle.zip"
    try:
        with _plain(home / "download" / f"{digest}.zip") as theirs, copy.open("wb") as ours:
            shutil.copyfileobj(theirs, ours)
        if not is_whole(copy, target.length, digest):
            raise Untrusted(say.BUNDLE_NOT_WHAT_SIGNED(release=release))
        save(installer / "release", f"{asked}\n".encode())
        try:
            _unpack(copy, installer / "new")
        except ReleaseRefused as reason:
            save(installer / "result", f"{asked} {_REFUSED} {reason}\n".encode())
            return False
    except OSError as exc:
        raise Retry(say.BUNDLE_CANNOT_READ(release=release, strerror=exc.strerror)) from exc
    finally:
        copy.unlink(missing_ok=True)
        shutil.rmtree(installer / ".new", ignore_errors=True)
    return True


def _unpack(copy: Path, folder: Path) -> None:
    """The packages of the bundle that this pole has, each as NAME.deb. ReleaseRefused: it cannot take them."""
    shutil.rmtree(folder, ignore_errors=True)
    fresh = folder.with_name(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    wanted = {name for name in (PACKAGE, *ADDED) if _installed(name)}
    try:
        with open_bundle(copy) as bundle:
            for file in bundle.manifest.files:
                save(fresh / "package", bundle.read(file))
                name = _ask("dpkg-deb", "-f", str(fresh / "package"), "Package")
                (fresh / "package").rename(fresh / f"{name}.deb") if name in wanted else (fresh / "package").unlink()
    except BundleError as exc:
        raise ReleaseRefused(say.PACKAGES_CANNOT_UNPACKED(exc=exc)) from exc
    if missing := sorted(wanted - {path.stem for path in fresh.iterdir()}):
        raise ReleaseRefused(say.POLE_PACKAGE_RELEASE_BRINGS(missing=missing[0]))
    sync(fresh)
    fresh.rename(folder)
    sync(folder.parent)


def _installed(name: str) -> bool:
    return _ask("dpkg-query", "-W", "-f", "${Status}", name).endswith(" installed")


def _ask(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _plain(path: Path) -> IO[bytes]:
    """A file of another user, never through a link, and never a pipe that somebody keeps empty."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return file


def _read(path: Path) -> str:
    try:
        with _plain(path) as file:
            return file.read(200).decode("utf-8", "replace").strip()
    except OSError:
        return ""
