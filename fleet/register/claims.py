"""Claims and certificates of poles: made, used once, renewed, revoked. Each function is part of one transaction."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from contract.enrol import POLE_ID, ClaimRequest, RenewRequest
from fleet.broker.files import PLATFORM
from fleet.errors import FleetError
from fleet.pki import Authority, BadRequest, Issued
from fleet.register.brokers import check
from fleet.store.database import Database

TOKEN_BYTES = 16
VALID = timedelta(hours=72)
"""How long a claim waits for its pole."""
AGAIN = timedelta(hours=1)
"""How long the same request gets its answer again: the pole may not have received it."""


class EnrolRefused(ValueError):
    """A request of a pole that is not granted; ``str()`` says why, and nothing that helps to guess a token."""


def make(db: Database, pole: str, now: datetime, valid: timedelta = VALID, cell: str = "") -> str:
    """A token for ``pole``, which goes to ``cell``; an earlier one counts no more. Raises ``FleetError``."""
    check(db, cell)
    if not re.match(POLE_ID, pole) or pole == PLATFORM:
        raise FleetError(f"{pole!r} cannot be a pole's id: letters, digits, '.', '_' and '-', at most 63")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.execute(
        "INSERT INTO claim (pole, hash, expires, cell) VALUES (?, ?, ?, ?) ON CONFLICT (pole) DO UPDATE SET "
        "hash = excluded.hash, expires = excluded.expires, used = NULL, csr = NULL, cell = excluded.cell",
        (pole, _hash(token), (now + valid).timestamp(), cell),
    )
    db.execute("INSERT INTO register (pole) VALUES (?) ON CONFLICT DO NOTHING", (pole,))
    return token


def use(db: Database, authority: Authority, request: ClaimRequest, now: datetime) -> str:
    """The certificate for ``request``, as PEM; raises ``EnrolRefused``.

    A claim is used up by the first request. The same request again, within an hour, gets the same certificate. The
    certificates that the pole had before are revoked: who claims a pole is the pole.
    """
    row = db.execute("SELECT hash, expires, used, csr FROM claim WHERE pole = ?", (request.pole,)).fetchone()
    known, expires, used, csr = row or (_hash(""), 0.0, None, None)
    fits = hmac.compare_digest(known, _hash(request.token))
    if not row or not fits:
        raise EnrolRefused("this claim is not known: make a new one with 'polefleet claim'")
    if used is not None:
        if csr == request.csr and now.timestamp() < used + AGAIN.total_seconds():
            return newest(db, request.pole)
        raise EnrolRefused("this claim has been used: make a new one with 'polefleet claim'")
    if now.timestamp() > expires:
        raise EnrolRefused("this claim has expired: make a new one with 'polefleet claim'")
    issued = _issue(db, authority, request.csr, request.pole, now, revoke_others=True)
    db.execute("UPDATE claim SET used = ?, csr = ? WHERE pole = ?", (now.timestamp(), request.csr, request.pole))
    return issued.pem


def renew(db: Database, authority: Authority, request: RenewRequest, now: datetime) -> str:
    """A further certificate of a pole that has a good one, as PEM; the old one stays good until it expires."""
    query = "SELECT pem FROM certificate WHERE pole = ? AND revoked IS NULL AND not_after > ?"
    rows = db.execute(query, (request.pole, now.timestamp())).fetchall()
    if not any(_signed(pem, request) for (pem,) in rows):
        raise EnrolRefused("the request is not signed by the key of a certificate that is good: claim the pole anew")
    return _issue(db, authority, request.csr, request.pole, now, revoke_others=False).pem


def _signed(pem: str, request: RenewRequest) -> bool:
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        signature = base64.b64decode(request.signature, validate=True)
        key.verify(signature, request.csr.encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _issue(db: Database, authority: Authority, csr: str, pole: str, now: datetime, *, revoke_others: bool) -> Issued:
    try:
        issued = authority.sign(csr, pole)
    except BadRequest as reason:
        raise EnrolRefused(str(reason)) from reason
    if revoke_others:
        revoke(db, pole, now)
    db.execute(
        "INSERT INTO certificate VALUES (?, ?, ?, ?, NULL, ?)",
        (issued.serial, pole, now.timestamp(), issued.not_after.timestamp(), issued.pem),
    )
    return issued


def newest(db: Database, pole: str) -> str:
    """The newest certificate of ``pole`` that is not revoked; raises ``EnrolRefused``."""
    query = "SELECT pem FROM certificate WHERE pole = ? AND revoked IS NULL ORDER BY issued DESC LIMIT 1"
    row = db.execute(query, (pole,)).fetchone()
    if row is None:
        raise EnrolRefused("the certificate has been revoked: make a new claim with 'polefleet claim'")
    return str(row[0])


def revoke(db: Database, pole: str, now: datetime) -> int:
    """Revokes all certificates of ``pole``; how many."""
    query = "UPDATE certificate SET revoked = ? WHERE pole = ? AND revoked IS NULL"
    db.wake()
    return db.execute(query, (now.timestamp(), pole)).rowcount


def revocations(db: Database, pole: str) -> int:
    """How many certificates of ``pole`` are revoked."""
    query = "SELECT count(*) FROM certificate WHERE pole = ? AND revoked IS NOT NULL"
    (count,) = db.execute(query, (pole,)).fetchone()
    return int(count)


def revoked(db: Database, now: datetime) -> dict[str, str]:
    """The serials that nobody may use any more and that have not expired, with their poles."""
    query = "SELECT serial, pole FROM certificate WHERE revoked IS NOT NULL AND not_after > ? ORDER BY serial"
    return dict(db.execute(query, (now.timestamp(),)).fetchall())


def banned(db: Database) -> Iterator[str]:
    """Poles that had certificates and have none that is good: the broker lets them do nothing."""
    query = "SELECT pole FROM certificate GROUP BY pole HAVING count(*) = count(revoked) ORDER BY pole"
    yield from (pole for (pole,) in db.execute(query))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
