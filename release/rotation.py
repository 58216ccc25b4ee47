"""Another key in the place of one that was lost or stolen, and new terms for metadata that would expire."""

from __future__ import annotations

from collections.abc import Iterable

from securesystemslib.signer import Key
from tuf.api.metadata import Role, Root

from release.desk import OFFLINE, ONLINE, ROOT, TARGETS, ReleaseDesk
from release.errors import ReleaseError

PERSON = "x-person"


def people(root: Root) -> dict[str, str]:
    """Person -> id of the key; the online key is called ``online``."""
    trusted = root.roles[ROOT].keyids
    named = {str(root.keys[keyid].unrecognized_fields.get(PERSON, keyid[:8])): keyid for keyid in trusted}
    return named | {"online": root.roles["timestamp"].keyids[0]}


def replace_key(desk: ReleaseDesk, person: str, key: Key) -> tuple[str, ...]:
    """``key`` in the place of the one of ``person`` ("online": of the publishing machine); the roles to be signed.

    Every role that the old key may sign is drafted anew, so that nothing counts that only it has signed. It is the
    same for a lost and for a stolen key: poles that have seen the new root refuse the old key.
    """
    page = desk.draft(ROOT)
    known = people(page.signed)
    if person not in known:
        raise ReleaseError(f"nobody is called '{person}'; there are {', '.join(sorted(known))}")
    old = known[person]
    if person != "online":
        key.unrecognized_fields[PERSON] = person
    _swap(page.signed.keys, page.signed.roles.values(), old, key)
    targets = desk.draft(TARGETS)
    _swap(targets.signed.delegations.keys, targets.signed.delegations.roles.values(), old, key)
    roles = OFFLINE if person != "online" else (*OFFLINE, *ONLINE)
    drafts = {role: desk.draft(role) for role in roles if role not in {ROOT, TARGETS}}
    for role, draft in {**drafts, ROOT: page, TARGETS: targets}.items():
        desk.save(role, draft)
    return roles


def renew(desk: ReleaseDesk) -> tuple[str, ...]:
    """Every role that people sign with a new term; the roles to be signed."""
    for role in OFFLINE:
        desk.save(role, desk.draft(role))
    return OFFLINE


def _swap(keys: dict[str, Key], roles: Iterable[Role], old: str, new: Key) -> None:
    keys[new.keyid] = new
    keys.pop(old, None)
    for role in roles:
        role.keyids = [new.keyid if keyid == old else keyid for keyid in role.keyids]
