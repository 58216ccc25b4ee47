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
    kept = [each for each in plan_of(desk).assignments if not _same_place(each, assignment)]
    put_plan(desk, Plan(assignments=(*kept, assignment)), online)


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


def _same_place(one: Assignment, other: Assignment) -> bool:
    return (one.release.kind, one.release.name, one.poles) == (other.release.kind, other.release.name, other.poles)


def publish(desk: ReleaseDesk, site: Path, online: CryptoSigner, say: Say, *, dry: bool = False) -> bool:
    """Bring the desk's state to ``site``; whether anything was new. ReleaseError: nothing was published, and why.

    ``dry``: only say what would be done.
    """
    _check(desk)
    if not _young(desk, PLAN_ROLE):
        say(f"{PLAN_ROLE} is given a new term")
        if not dry:
            _sign_anew(desk, PLAN_ROLE, desk.draft(PLAN_ROLE), online)
    published = desk.published()
    news = [role for role in (ROOT, *LISTED) if desk.read(role).signed.version > published.get(role, 0)]
    for role in news:
        say(f"{role} version {desk.read(role).signed.version} is new")
    if dry:
        return bool(news)
    if _renew(desk, SNAPSHOT, online, {f"{role}.json": desk.read(role).signed.version for role in LISTED}):
        news.append(SNAPSHOT)
    if _renew(desk, TIMESTAMP, online, {"snapshot.json": desk.read(SNAPSHOT).signed.version}):
        news.append(TIMESTAMP)
    changed = _write_site(desk, site)
    for number in range(1, desk.root().version + 1):
        if not desk.numbered_root(number).is_file() and number == desk.root().version:
            write(desk.numbered_root(number), desk.page(ROOT).read_bytes())
    desk.mark_published({role: desk.read(role).signed.version for role in (ROOT, *LISTED, SNAPSHOT, TIMESTAMP)})
    return bool(news) or changed


def _check(desk: ReleaseDesk) -> None:
    for role in OFFLINE:
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
    for role, path, target in desk.targets():
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


def _write_site(desk: ReleaseDesk, site: Path) -> bool:
    changed = False
    for _, path, target in desk.targets():
        folder, _, name = path.rpartition("/")
        changed |= _once(
            site / "targets" / folder / f"{target.hashes['sha256']}.{name}", desk.bundle(path).read_bytes()
        )
    for number in range(1, desk.root().version):
        changed |= _once(site / "metadata" / f"{number}.root.json", desk.numbered_root(number).read_bytes())
    for role in (ROOT, *LISTED, SNAPSHOT):
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
