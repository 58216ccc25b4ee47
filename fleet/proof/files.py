"""Files to evidence: folders, ZIP files and messages in any number, cut and ordered in any way."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from cryptography import x509

from contract.receive import BadMessage, decode
from fleet.errors import FleetError, NoSuch
from fleet.proof.evidence import PoleEvidence
from fleet.proof.keys import certificates

FILE_BYTES = 64 * 1024 * 1024
"""Largest file that is read: a message has at most a quarter of it."""


class EvidenceFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence by pole, and the certificates that lay with it."""

    poles: dict[str, PoleEvidence]
    certificates: tuple[x509.Certificate, ...]


def read_evidence(paths: Iterable[Path], pole: str = "") -> EvidenceFiles:
    """All that lies in ``paths``; only of ``pole`` where one is named. Raises ``FleetError``.

    Files in whose name ``.pem`` comes last hold certificates, ``.md`` and ``about.json`` are left out, all others hold
    messages: gzip frames or JSON, as poles send them.
    """
    found: dict[str, PoleEvidence] = {}
    pems: list[x509.Certificate] = []
    damaged: list[tuple[str, bytes]] = []
    for name, content in _files(paths):
        if name.endswith(".pem"):
            pems += _pem(name, content)
        elif not name.endswith((".md", "about.json")):
            owner = _owner(content)
            if owner is None:
                damaged.append((name, content))
            elif pole in {"", owner}:
                found.setdefault(owner, PoleEvidence(owner)).take(content, name)
    most = max(found, key=lambda name: sum(map(len, found[name].leaves.values())), default=pole)
    for name, content in damaged:
        found.setdefault(most, PoleEvidence(most)).take(content, name)
    return EvidenceFiles(poles=found, certificates=tuple(pems))


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            if path.is_dir():
                yield from _files(sorted(each for each in path.rglob("*") if each.is_file()))
            elif zipfile.is_zipfile(path):
                yield from _members(path)
            elif path.stat().st_size > FILE_BYTES:
                raise FleetError(f"{path} has more than {FILE_BYTES // 1024**2} MiB: no message is so large")
            else:
                yield str(path), path.read_bytes()
        except FileNotFoundError:
            raise NoSuch(f"{path} is not there") from None
        except OSError as reason:
            raise FleetError(f"{path} cannot be read: {reason.strerror}") from reason


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each by itself: one that is damaged is a finding, and hides none of the others."""
    with zipfile.ZipFile(path) as archive:
        for each in archive.infolist():
            name = f"{path}/{each.filename}"
            if each.is_dir():
                continue
            if each.file_size > FILE_BYTES:
                raise FleetError(f"{name} has more than {FILE_BYTES // 1024**2} MiB: no message is so large")
            try:
                yield name, archive.read(each)
            except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as reason:
                yield name, f"damaged: {reason}".encode()


def _pem(name: str, content: bytes) -> list[x509.Certificate]:
    try:
        return certificates(content)
    except ValueError:
        raise FleetError(f"{name} holds no certificate in PEM") from None


def _owner(content: bytes) -> str | None:
    """The pole whose events a message holds: the one that most of them name."""
    try:
        names = Counter(event.id.rsplit("/", 2)[0] for event in decode(content))
    except BadMessage:
        return None
    return names.most_common(1)[0][0] if names else None
