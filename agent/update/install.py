"""The agent's own package: asked for by ``poleagent update``, accepted and installed by a unit of root.

Who can write what the daemon's user can write must not become root by it. So root looks the release up by itself, with
metadata of its own; of the other user's folder it takes a copy of the bundle, and checks the copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

from agent.errors import AgentError, Retry
from agent.system.slots import save, sync
from agent.update import sentences as say
from agent.update.bundles import is_whole
from agent.update.moment import Moments
from agent.update.source import ReleaseSource
from agent.update.trust import Trust, Untrusted
from contract.bundle import BundleError, open_bundle
from contract.release import ReleaseId

PACKAGE = "poleagent"
ADDED = ("poleagent-vision",)
"""Packages of the same version, which a pole may have in addition."""
INSTALLER = Path("/var/lib/poleagent-install")
"""Root's own folder; anybody may read ``result``."""
_KEPT, _BACK, _REFUSED = "kept", "back", "refused"


def ask_root(home: Path, release: ReleaseId) -> None:
    """Have the unit of root look for this release."""
    save(home / "install", f"{release}\n".encode())


def result_of(installer: Path, release: ReleaseId) -> tuple[bool, str] | None:
    """Whether root has kept this release, and why or why not; None: it is not done yet."""
    try:
        said = (installer / "result").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    name, _, rest = said.partition(" ")
    outcome, _, reason = rest.partition(" ")
    if name != str(release) or outcome not in {_KEPT, _BACK, _REFUSED}:
        return None
    return outcome == _KEPT, reason


def accept(
    pole_id: str, root_file: Path, home: Path, source: ReleaseSource, moments: Moments, *, installer: Path = INSTALLER
) -> str:
    """Root's part: packages in ``new`` of the installer's folder, and the release that they are; empty: nothing is due.

    Raises Untrusted, Retry, or AgentError where the packages are not ours.
    """
    asked = _read(home / "install")
    trust = Trust(installer / "trust", root_file, source, moments.now())
    for release in trust.refresh().wanted(pole_id):
        if release.kind != "software" or str(release) != asked or result_of(installer, release) is not None:
            continue
        target = trust.target(release)
        digest = target.hashes["sha256"]
        copy = installer / "bundle.zip"
        try:
            with _plain(home / "download" / f"{digest}.zip") as theirs, copy.open("wb") as ours:
                shutil.copyfileobj(theirs, ours)
            if not is_whole(copy, target.length, digest):
                raise Untrusted(say.BUNDLE_NOT_WHAT_SIGNED(release=release))
            save(installer / "release", f"{release}\n".encode())
            _unpack(copy, installer / "new")
        except OSError as exc:
            raise Retry(say.BUNDLE_CANNOT_READ(release=release, strerror=exc.strerror)) from exc
        finally:
            copy.unlink(missing_ok=True)
        return str(release)
    return ""


def _unpack(copy: Path, folder: Path) -> None:
    """The packages of the bundle that this pole has, each as NAME.deb. AgentError: they are not what it can take."""
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
        raise AgentError(say.PACKAGES_CANNOT_UNPACKED(exc=exc)) from exc
    if missing := sorted(wanted - {path.stem for path in fresh.iterdir()}):
        raise AgentError(say.POLE_PACKAGE_RELEASE_BRINGS(missing=missing[0]))
    sync(fresh)
    fresh.rename(folder)
    sync(folder.parent)


def _installed(name: str) -> bool:
    return _ask("dpkg-query", "-W", "-f", "${Status}", name).endswith(" installed")


def _ask(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _plain(path: Path) -> IO[bytes]:
    """A file of another user, never through a link."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")


def _read(path: Path) -> str:
    try:
        with _plain(path) as file:
            return file.read(200).decode("utf-8", "replace").strip()
    except OSError:
        return ""
