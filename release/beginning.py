"""A new desk: the roles, who signs each, and how many must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from contract.plan import PLAN_PATH, PLAN_ROLE, Plan
from contract.release import ROLES
from release.desk import LASTS, OFFLINE, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, ReleaseDesk, write
from release.errors import ReleaseError


def begin(
    folder: Path, people: Mapping[str, CryptoSigner], online: CryptoSigner, threshold: int, now: datetime
) -> ReleaseDesk:
    """A desk in ``folder``, signed by all ``people``. ReleaseError: there is one already, or too few people."""
    if not 1 <= threshold <= len(people):
        raise ReleaseError(f"{threshold} signatures of {len(people)} people cannot be had")
    if (folder / "metadata").exists():
        raise ReleaseError(f"{folder} is a desk already; nothing was changed")
    keys = {person: signer.public_key for person, signer in people.items()}
    pages = _pages(keys, online.public_key, threshold, now)
    for role, signed in pages.items():
        page: Metadata[Any] = Metadata(signed)
        for signer in people.values() if role in OFFLINE else [online]:
            page.sign(signer, append=True)
        write(folder / "metadata" / f"{role}.json", page.to_bytes())
    write(folder / "targets" / PLAN_PATH, msgspec.json.encode(Plan()))
    return ReleaseDesk(folder, now)


def _pages(people: Mapping[str, Key], online: Key, threshold: int, now: datetime) -> dict[str, Signed]:
    trusted = [key.keyid for key in people.values()]
    known = {key.keyid: key for key in (*people.values(), online)}
    for person, key in people.items():
        key.unrecognized_fields["x-person"] = person
    until = {role: (now + lasts).replace(microsecond=0) for role, lasts in LASTS.items()}
    root = Root(
        version=1,
        expires=until[ROOT],
        keys=known,
        roles={
            ROOT: Role(trusted, threshold),
            TARGETS: Role(trusted, threshold),
            SNAPSHOT: Role([online.keyid], 1),
            TIMESTAMP: Role([online.keyid], 1),
        },
        consistent_snapshot=True,
    )
    delegated = {
        role: DelegatedRole(role, trusted, threshold, terminating=True, paths=[f"{role}/*/*"])
        for role in sorted(ROLES.values())
    }
    delegated[PLAN_ROLE] = DelegatedRole(PLAN_ROLE, [online.keyid], 1, terminating=True, paths=[PLAN_PATH])
    targets = Targets(version=1, expires=until[TARGETS], delegations=Delegations(known, delegated))
    plan = TargetFile.from_data(PLAN_PATH, msgspec.json.encode(Plan()))
    pages: dict[str, Signed] = {ROOT: root, TARGETS: targets}
    for role in ROLES.values():
        pages[role] = Targets(version=1, expires=until[role])
    pages[PLAN_ROLE] = Targets(version=1, expires=until[PLAN_ROLE], targets={PLAN_PATH: plan})
    listed: Sequence[str] = (TARGETS, *ROLES.values(), PLAN_ROLE)
    pages[SNAPSHOT] = Snapshot(
        version=1, expires=until[SNAPSHOT], meta={f"{role}.json": MetaFile(1) for role in listed}
    )
    pages[TIMESTAMP] = Timestamp(version=1, expires=until[TIMESTAMP], snapshot_meta=MetaFile(1))
    return pages
