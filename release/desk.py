"""The desk: a folder, kept in git, with the repository's metadata as drafts, and the bundles that they speak of.

``metadata/ROLE.json`` is the newest version of each role, signed or still to be signed; ``published.json`` says which
versions were published. A role whose draft is not yet published is edited in place and loses its signatures; else its
version grows. Private keys never lie on the desk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner, Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from contract.plan import PLAN_ROLE
from contract.release import ROLES
from release.errors import ReleaseError

ROOT, TARGETS, SNAPSHOT, TIMESTAMP = Root.type, Targets.type, Snapshot.type, Timestamp.type
OFFLINE = (ROOT, TARGETS, *sorted(ROLES.values()))
"""Roles that people sign, several together, with keys that are kept offline."""
ONLINE = (PLAN_ROLE, SNAPSHOT, TIMESTAMP)
"""Roles that the publishing machine signs: they assign what people have made, and say what is newest."""
LASTS = {
    ROOT: timedelta(days=365),
    TARGETS: timedelta(days=365),
    **{role: timedelta(days=365) for role in ROLES.values()},
    PLAN_ROLE: timedelta(days=90),
    SNAPSHOT: timedelta(days=14),
    TIMESTAMP: timedelta(days=14),
}
"""How long each role's metadata is good for. 14 days is how long a pole can be kept from news without noticing."""


def write(path: Path, data: bytes) -> None:
    """``path`` with ``data``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class ReleaseDesk:
    """An existing desk. Nothing is kept in memory between calls: the files are the state."""

    def __init__(self, folder: Path, now: datetime) -> None:
        """ReleaseError: the folder is no desk."""
        self.folder = folder
        self.now = now
        if not self.page(ROOT).is_file():
            raise ReleaseError(f"{folder} is no desk; 'polerelease init {folder}' makes one")

    def page(self, role: str) -> Path:
        return self.folder / "metadata" / f"{role}.json"

    def bundle(self, path: str) -> Path:
        """Where the target ``path`` lies."""
        return self.folder / "targets" / path

    def read(self, role: str) -> Metadata[Any]:
        """The newest version of ``role``. ReleaseError: it cannot be read."""
        try:
            return Metadata.from_file(str(self.page(role)))
        except (OSError, RepositoryError) as exc:
            raise ReleaseError(f"{self.page(role)} cannot be read: {exc}") from exc

    def save(self, role: str, page: Metadata[Any]) -> None:
        write(self.page(role), page.to_bytes(JSONSerializer(compact=False)))

    def published(self) -> dict[str, int]:
        """Role -> the version that was published last."""
        try:
            return {str(role): int(version) for role, version in json.loads(self._list.read_bytes()).items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as exc:
            raise ReleaseError(f"{self._list} cannot be read: {exc}; take it from the last commit") from exc

    def mark_published(self, versions: dict[str, int]) -> None:
        write(self._list, json.dumps(versions, indent=1, sort_keys=True).encode() + b"\n")

    @property
    def _list(self) -> Path:
        return self.folder / "published.json"

    def root(self) -> Root:
        signed: Root = self.read(ROOT).signed
        return signed

    def draft(self, role: str) -> Metadata[Any]:
        """``role`` to be edited: a version that is not yet published, without signatures, good for its full time."""
        page = self.read(role)
        if page.signed.version <= self.published().get(role, 0):
            page.signed.version += 1
        page.signatures.clear()
        page.signed.expires = self.expires(role)
        return page

    def expires(self, role: str) -> datetime:
        return (self.now + LASTS[role]).astimezone(UTC).replace(microsecond=0)

    def signers(self, role: str) -> tuple[dict[str, Key], int]:
        """Who may sign ``role``: key id -> key; and how many must."""
        source: Any = self.root()
        if role not in source.roles:
            source = self.read(TARGETS).signed.delegations
        wanted = source.roles[role]
        return {keyid: source.keys[keyid] for keyid in wanted.keyids}, wanted.threshold

    def sign(self, role: str, signer: CryptoSigner) -> bool:
        """Add this key's signature to the newest version of ``role``; False: it may not sign it, or has."""
        keys = self.signers(role)[0]
        before = self.old_root() if role == ROOT else None
        if before is not None:  # poles that trust the old root take a new one only with signatures of the old keys
            keys |= {keyid: before.keys[keyid] for keyid in before.roles[ROOT].keyids}
        page = self.read(role)
        if signer.public_key.keyid not in keys or good(page, signer.public_key):
            return False
        page.sign(signer, append=True)
        self.save(role, page)
        return True

    def missing(self, role: str) -> int:
        """How many signatures the draft of ``role`` still needs."""
        page = self.read(role)
        if role == ROOT:
            both = page.signed.get_root_verification_result(self.old_root(), page.signed_bytes, page.signatures)
            return int(max(both.first.missing, both.second.missing))
        root = self.root()
        by = root if role in root.roles else self.read(TARGETS).signed
        return int(by.get_verification_result(role, page.signed_bytes, page.signatures).missing)

    def numbered_root(self, version: int) -> Path:
        return self.folder / "metadata" / f"{version}.root.json"

    def old_root(self) -> Root | None:
        """The root before the newest one; None: there is none."""
        before = self.numbered_root(self.root().version - 1)
        return Metadata[Root].from_file(str(before)).signed if before.is_file() else None

    def targets(self, only: Collection[str] | None = None) -> Iterator[tuple[str, str, TargetFile]]:
        """Role, path and entry of every target of every role that assigns bundles; ``only``: of these roles."""
        for role in (*sorted(ROLES.values()), PLAN_ROLE):
            if only is not None and role not in only:
                continue
            for path, target in sorted(self.read(role).signed.targets.items()):
                yield role, path, target

    def check_target(self, path: str, target: TargetFile) -> Path:
        """The file of a target, compared with its entry. ReleaseError: it is missing or another."""
        file = self.bundle(path)
        try:
            with file.open("rb") as source:
                target.verify_length_and_hashes(source)
        except (OSError, RepositoryError) as exc:
            raise ReleaseError(f"{file} is not the file that the metadata speaks of: {exc}") from exc
        return file


def good(page: Metadata[Any], key: Key) -> bool:
    """Whether ``page`` has a valid signature of ``key``."""
    signature = page.signatures.get(key.keyid)
    if signature is None:
        return False
    try:
        key.verify_signature(signature, page.signed_bytes)
    except Exception:  # noqa: BLE001 - whatever the library says of it, it is no good signature
        return False
    return True
