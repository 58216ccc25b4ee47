"""The newest acceptance report of a pole, and whether the key of one of its certificates has signed it."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Meta

from contract.envelope import Envelope
from contract.events.acceptance import Acceptance, AcceptanceReport
from fleet.ledger import body_of
from fleet.store.archive import readable
from fleet.store.database import Database

MOST_SEGMENTS = 3000
"""Segments that are searched, the newest first; packed, a day is one."""
_TYPE = f"poleagent.{Acceptance.kind}."


class AcceptanceShown(msgspec.Struct, frozen=True, kw_only=True):
    """What was found when the pole was set up."""

    at: datetime
    passed: bool
    failed: tuple[str, ...]
    signature: Annotated[
        Literal["good", "bad", "none"],
        Meta(description="whether it was signed by the key of a certificate of the pole"),
    ]
    report: AcceptanceReport | None


def newest_acceptance(db: Database, pole: str) -> AcceptanceShown | None:
    query = "SELECT id, body FROM segment WHERE pole = ? AND lane = 'event' ORDER BY t1 DESC LIMIT ?"
    for number, body in db.scan(query, (pole, MOST_SEGMENTS)):
        found = [event for event in readable(number, body) or () if event.type.startswith(_TYPE)]
        for event in sorted(found, key=lambda event: event.time, reverse=True):
            shown = _shown(db, pole, event)
            if shown is not None:
                return shown
    return None


def _shown(db: Database, pole: str, event: Envelope) -> AcceptanceShown | None:
    body = body_of(event, Acceptance)
    if body is None:
        return None
    try:
        report = msgspec.json.decode(body.report, type=AcceptanceReport)
    except (msgspec.DecodeError, msgspec.ValidationError):
        report = None
    signature: Literal["good", "bad", "none"] = "none"
    if body.signature:
        own = report is not None and report.pole == pole
        signature = "good" if own and _signed(db, pole, body) else "bad"
    return AcceptanceShown(at=event.time, passed=body.passed, failed=body.failed, signature=signature, report=report)


def _signed(db: Database, pole: str, body: Acceptance) -> bool:
    for (pem,) in db.execute("SELECT pem FROM certificate WHERE pole = ?", (pole,)):
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        try:
            signature = base64.b64decode(body.signature, validate=True)
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, body.report.encode(), ec.ECDSA(hashes.SHA256()))
                return True
        except (ValueError, InvalidSignature):
            continue
    return False
