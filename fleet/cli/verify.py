"""``polefleet verify``: are the events as their poles sealed them?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography import x509

from fleet.cli._command import FAILED, OK, Commands, add_folder
from fleet.cli._show import moment_of
from fleet.errors import FleetError, NoSuch, Wrong
from fleet.folder import Folder
from fleet.proof.evidence import PoleEvidence
from fleet.proof.files import read_evidence
from fleet.proof.judge import PoleProof, judge
from fleet.proof.keys import SealKeys, certificates
from fleet.query.reader import reading

LONGEST_S = 3600.0
MOST_FINDINGS = 20
"""Findings of a pole that are printed for people; --json has all."""


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    text = (
        "Checks events against the seals that their poles signed: an altered, missing, added or exchanged event is "
        "found, and named by pole, epoch and numbers. Without files it checks what this platform holds. With files "
        "(of `polefleet export --evidence`, or messages as they came) it needs nothing else, no platform and no "
        "network: --trust names the certificates that you believe, of the poles or of the CA that signed theirs."
    )
    command = commands.add_parser("verify", help="check events against the seals of their poles", description=text)
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="folders, ZIP files, messages")
    command.add_argument("--trust", nargs="+", type=Path, default=[], metavar="PEM", help="certificates you believe")
    command.add_argument("--pole", default="", metavar="POLE", help="only this pole")
    command.add_argument(
        "--until", metavar="TIME", help="a seal of this moment or later must be there, so that no end was cut off"
    )
    command.add_argument("--json", action="store_true", help="print one JSON object a pole")
    add_folder(command)
    command.set_defaults(do=_verify)


def _verify(options: argparse.Namespace) -> int:
    if options.files and not options.trust:
        raise Wrong("say with --trust whose certificates you believe: ca.pem of the platform, or those of the poles")
    until = moment_of(options.until) if options.until else None
    whole = True
    for evidence, keys in _offline(options) if options.files else _held(options):
        proof = judge(evidence, keys, until)
        sys.stdout.write(f"{msgspec.json.encode(proof).decode()}\n" if options.json else shown(proof))
        whole = whole and proof.state in {"verified", "waiting"} and proof.seals > 0
    return OK if whole else FAILED


def shown(proof: PoleProof) -> str:
    """What was found, for a person."""
    counts = [f"{proof.proven} events proven"]
    counts += [f"{proof.explained} deleted by the pole"] if proof.explained else []
    counts += [f"{proof.unsealed} not sealed yet"] if proof.unsealed else []
    counts += [f"{proof.unproven} that cannot be proven"] if proof.unproven else []
    until = f", newest seal {proof.sealed_at:%Y-%m-%d %H:%M} UTC" if proof.sealed_at else ", no seal that counts"
    lines = [f"{proof.pole}: {proof.state.upper()}: {', '.join(counts)}{until}"]
    for finding in proof.findings[:MOST_FINDINGS]:
        numbers = f"{finding.first}" if finding.first == finding.last else f"{finding.first} to {finding.last}"
        lines.append(f"  {finding.what}: epoch {finding.epoch or '?'}, {numbers}: {finding.text}")
    if len(proof.findings) > MOST_FINDINGS:
        lines.append(f"  and {len(proof.findings) - MOST_FINDINGS} more: --json has all")
    return "\n".join(lines) + "\n"


def _offline(options: argparse.Namespace) -> Iterator[tuple[PoleEvidence, SealKeys]]:
    found = read_evidence(options.files, options.pole)
    if not found.poles:
        raise NoSuch("there is no event in these files")
    keys = SealKeys((each for path in options.trust for each in _certificates(path)), found.certificates)
    for _, evidence in sorted(found.poles.items()):
        yield evidence, keys


def _certificates(path: Path) -> Iterator[x509.Certificate]:
    try:
        yield from certificates(path.read_bytes())
    except OSError as reason:
        raise FleetError(f"{path} cannot be read: {reason.strerror}") from reason
    except ValueError:
        raise FleetError(f"{path} holds no certificate in PEM") from None


def _held(options: argparse.Namespace) -> Iterator[tuple[PoleEvidence, SealKeys]]:
    """What this platform holds, pole by pole."""
    authority = Folder(options.folder).identity / "ca.pem"
    anchors = list(_certificates(authority)) if authority.exists() else []
    with reading(*Folder(options.folder).read, longest_s=LONGEST_S) as db:
        query = "SELECT pole FROM pole WHERE ? = '' OR pole = ? ORDER BY pole"
        poles = [pole for (pole,) in db.execute(query, (options.pole, options.pole))]
        if not poles:
            raise NoSuch(f"there is no pole {options.pole}" if options.pole else "no pole has sent anything yet")
        for pole in poles:
            issued = [pem for (pem,) in db.execute("SELECT pem FROM certificate WHERE pole = ?", (pole,))]
            others = [each for pem in issued for each in certificates(pem.encode())]
            evidence = PoleEvidence(pole)
            for number, body in db.scan("SELECT id, body FROM segment WHERE pole = ? ORDER BY t0, id", (pole,)):
                evidence.take(body, f"segment {number}")
            extra = [each for path in options.trust for each in _certificates(path)]
            yield evidence, SealKeys([*anchors, *extra], others)
