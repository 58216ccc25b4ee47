"""What an auditor needs to check a pole's seals offline: the archive as it lies, and the certificates."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import msgspec

from fleet.errors import NoSuch
from fleet.export.whole import whole_archive
from fleet.store.database import Database

ABOUT = """\
Evidence of one street pole, as its platform received it.

segments/      the events of the pole as it sent them: CloudEvents in JSON, gzip
certificates/  certificates of the pole by their serial number; ca.pem is the one that signed them

Check it with:  polefleet verify FILE.zip --trust ca.pem
Take ca.pem, or the pole's certificates, from somebody else than who gave you this file. How the check works, and how to
write one of your own, stands in docs/platform.md of poleagent, under "Seals".
"""


class EvidenceArchive(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive says of itself, in ``about.json``."""

    pole: str
    made: datetime
    segments: int
    events: int
    certificates: int


def write_evidence(db: Database, path: Path, pole: str, ca: bytes | None, now: datetime) -> EvidenceArchive:
    """Writes a ZIP file, whole or not at all. Raises ``NoSuch`` where nothing is held of the pole, ``FleetError``."""
    segments = events = issued = 0
    with whole_archive(path, zipfile.ZIP_STORED) as archive:
        archive.writestr("README.md", ABOUT)
        query = "SELECT id, count, body FROM segment WHERE pole = ? ORDER BY t0, id"
        for number, count, body in db.scan(query, (pole,)):
            archive.writestr(f"segments/{number:010d}", body)
            segments, events = segments + 1, events + count
        for serial, pem in db.execute("SELECT serial, pem FROM certificate WHERE pole = ?", (pole,)):
            archive.writestr(f"certificates/{serial}.pem", pem)
            issued += 1
        if ca is not None:
            archive.writestr("certificates/ca.pem", ca)
        about = EvidenceArchive(pole=pole, made=now, segments=segments, events=events, certificates=issued)
        archive.writestr("about.json", msgspec.json.format(msgspec.json.encode(about)))
        if not segments:
            raise NoSuch(f"nothing is held of a pole {pole}: `polefleet poles` lists all")
    return about
