"""From the desk to the site: a static folder that any web server or stick can serve. Idempotent.

What is written is written in the order in which poles look it up from the other end: bundles first, the timestamp last.
So a pole that comes in between sees all of the old or all of the new.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, TargetFile

from contract.plan import MOST_PLAN_BYTES, PLAN_PATH, PLAN_ROLE, Assignment, Plan
from contract.release import ROLES, ReleaseId
from release.desk import LASTS, OFFLINE, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, ReleaseDesk, write
from release.errors import ReleaseError
from release.packing import verify

Say = Callable[[str], None]
LISTED = (TARGETS, *sorted(ROLES.values()), PLAN_ROLE)
"""The roles that a snapshot speaks of."""


def plan_of(desk: ReleaseDesk) -> Plan:
    try:
        return msgspec.json.decode(desk.bundle(PLAN_PATH).read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise ReleaseError(f"{desk.bundle(PLAN_PATH)} cannot be read: {exc}") from exc


def assign(desk: ReleaseDesk, assignment: Assignment, online: CryptoSigner) -> None:
    """Have poles run a release that is signed. It takes the place of an earlier line for the same poles."""
    release = assignment.release
    if release.path not in desk.read(ROLES[release.kind]).signed.targets:
        raise ReleaseError(f"there is no release {release} on the desk; 'polerelease pack' makes one")
    busy_with(desk, release)
    kept = [each for each in plan_of(desk).assignments if not same_place(each, assignment)]
    put_plan(desk, Plan(assignments=(*kept, assignment)), online)


def busy_with(desk: ReleaseDesk, release: ReleaseId) -> None:
    """ReleaseError: a rollout of this kind and name is under way."""
    for each in plan_of(desk).assignments:
        same = (each.release.kind, each.release.name) == (release.kind, release.name)
        if same and each.rollout is not None and each.rollout.state in {"running", "paused"}:
            raise ReleaseError(
                f"the rollout of {each.release} is {each.rollout.state}: 'polerelease rollout abort' ends it, "
                "or let it finish"
            )


def withdraw(desk: ReleaseDesk, release: ReleaseId, online: CryptoSigner) -> None:
    """Have no pole run ``release`` that does not already. ReleaseError: it is assigned to none."""
    kept = tuple(each for each in plan_of(desk).assignments if each.release != release)
    if len(kept) == len(plan_of(desk).assignments):
        raise ReleaseError(f"{release} is assigned to no pole")
    put_plan(desk, Plan(assignments=kept), online)


def put_plan(desk: ReleaseDesk, plan: Plan, online: CryptoSigner) -> None:
    data = msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n"
    if len(data) > MOST_PLAN_BYTES:
        raise ReleaseError(f"a plan has at most {MOST_PLAN_BYTES} bytes; use patterns of poles' ids")
    page = desk.draft(PLAN_ROLE)
    page.signed.targets = {PLAN_PATH: TargetFile.from_data(PLAN_PATH, data)}
    write(desk.bundle(PLAN_PATH), data)
    desk.save(PLAN_ROLE, page)
    if not desk.sign(PLAN_ROLE, online):
        raise ReleaseError("this key may not assign releases; it takes the online key")


def same_place(one: Assignment, other: Assignment) -> bool:
    return (one.release.kind, one.release.name, one.poles) == (other.release.kind, other.release.name, other.poles)


def publish(
    desk: ReleaseDesk,
    site: Path,
    online: CryptoSigner,
    say: Say,
    *,
    dry: bool = False,
    only: tuple[str, ...] = (ROOT, *LISTED),
) -> bool:
    """Bring the desk's state to ``site``; whether anything was new. ReleaseError: nothing was published, and why.

    ``dry``: only say what would be done. ``only`` these roles are brought, the others stay as they were published:
    a plan does not wait for a signature under something else.
    """
    published = desk.published()
    if not set(LISTED) <= published.keys() | set(only):
        raise ReleaseError(f"{desk.folder} was never published as a whole: run 'polerelease publish' first")
    _check(desk, only)
    if not _young(desk, PLAN_ROLE):
        say(f"{PLAN_ROLE} is given a new term")
        if not dry:
            _sign_anew(desk, PLAN_ROLE, desk.draft(PLAN_ROLE), online)
    news = [role for role in only if desk.read(role).signed.version > published.get(role, 0)]
    for role in news:
        say(f"{role} version {desk.read(role).signed.version} is new")
    if dry:
        return bool(news)
    versions = {role: desk.read(role).signed.version if role in only else published[role] for role in LISTED}
    if _renew(desk, SNAPSHOT, online, {f"{role}.json": version for role, version in versions.items()}):
        news.append(SNAPSHOT)
    if _renew(desk, TIMESTAMP, online, {"snapshot.json": desk.read(SNAPSHOT).signed.version}):
        news.append(TIMESTAMP)
    changed = _write_site(desk, site, only)
    if ROOT in only and not desk.numbered_root(desk.root().version).is_file():
        write(desk.numbered_root(desk.root().version), desk.page(ROOT).read_bytes())
    brought = (*only, SNAPSHOT, TIMESTAMP)
    desk.mark_published(published | {role: desk.read(role).signed.version for role in brought})
    return bool(news) or changed


def _check(desk: ReleaseDesk, only: tuple[str, ...]) -> None:
    for role in (role for role in OFFLINE if role in only):
        page = desk.read(role)
        if missing := desk.missing(role):
            raise ReleaseError(f"{role} lacks {missing} signatures: have another person run 'polerelease sign'")
        if page.signed.is_expired(desk.now):
            raise ReleaseError(f"{role} has expired: 'polerelease renew' makes a new version to be signed")
    if desk.missing(PLAN_ROLE):
        raise ReleaseError(
            f"{PLAN_ROLE} is not signed: look at {desk.bundle(PLAN_PATH)}, "
            "then run 'polerelease sign' with the online key"
        )
    seen = desk.published()
    for role, path, target in desk.targets(only):
        file = desk.check_target(path, target)
        if path != PLAN_PATH and desk.read(role).signed.version > seen.get(role, 0):
            manifest = verify(file)
            if manifest.release.path != path:
                raise ReleaseError(f"{file} is the bundle of {manifest.release}, not of {path}")


def _young(desk: ReleaseDesk, role: str) -> bool:
    """Whether more than half of its term is left."""
    expires: datetime = desk.read(role).signed.expires
    return expires - desk.now > LASTS[role] / 2


def _renew(desk: ReleaseDesk, role: str, online: CryptoSigner, wanted: dict[str, int]) -> bool:
    """A new version of snapshot or timestamp where it speaks of others, or half of its term is over."""
    signed = desk.read(role).signed
    said = signed.meta if role == SNAPSHOT else {"snapshot.json": signed.snapshot_meta}
    if {name: one.version for name, one in said.items()} == wanted and _young(desk, role) and not desk.missing(role):
        return False
    page = desk.draft(role)
    if role == SNAPSHOT:
        page.signed.meta = {name: MetaFile(version) for name, version in wanted.items()}
    else:
        page.signed.snapshot_meta = MetaFile(wanted["snapshot.json"])
    _sign_anew(desk, role, page, online)
    return True


def _sign_anew(desk: ReleaseDesk, role: str, page: Metadata[Any], online: CryptoSigner) -> None:
    desk.save(role, page)
    if not desk.sign(role, online):
        raise ReleaseError(f"this key may not sign {role}; it takes the online key")


def _write_site(desk: ReleaseDesk, site: Path, only: tuple[str, ...]) -> bool:
    changed = False
    for _, path, target in desk.targets(only):
        folder, _, name = path.rpartition("/")
        changed |= _once(
            site / "targets" / folder / f"{target.hashes['sha256']}.{name}", desk.bundle(path).read_bytes()
        )
    for number in range(1, desk.root().version if ROOT in only else 1):
        changed |= _once(site / "metadata" / f"{number}.root.json", desk.numbered_root(number).read_bytes())
    for role in (*only, SNAPSHOT):
        page: Metadata[Any] = desk.read(role)
        changed |= _once(site / "metadata" / f"{page.signed.version}.{role}.json", desk.page(role).read_bytes())
    stamp = desk.page(TIMESTAMP).read_bytes()
    last = site / "metadata" / "timestamp.json"
    if not last.is_file() or last.read_bytes() != stamp:
        write(last, stamp)
        changed = True
    return changed


def _once(path: Path, data: bytes) -> bool:
    """``path`` with ``data``, written once. ReleaseError: there is another file of that name."""
    if path.is_file():
        if path.read_bytes() == data:
            return False
        raise ReleaseError(f"{path} is there with another content; a published file is never changed")
    write(path, data)
    return True
