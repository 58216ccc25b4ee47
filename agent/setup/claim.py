"""The claim: from a link to a generation of the pole's identity with key, certificate and CA.

Each step is on disk before the next, so a claim that was cut off goes on with the same key when it is asked for again:
the platform gives the same answer to the same request, and what was answered is not asked for a second time.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent.config.settings import UplinkSettings
from agent.setup import exchange
from agent.setup import sentences as say
from agent.setup.key import make_key, request_for
from agent.system.certificates import examine
from agent.system.clock import BUILT
from agent.system.identity import ANSWER, CA, CERT, CLAIM, CSR, CURRENT, KEY, SERVER, Identity
from contract.enrol import CLAIM as CLAIM_PATH
from contract.enrol import BadLink, ClaimAnswer, ClaimLink, ClaimRequest, read_link
from contract.types import Stamp

STICK_FILE = "poleagent.claim"
"""Name of the file with the claim link on a stick."""
MOUNTS = (Path("/media"), Path("/run/media"), Path("/mnt"))
LARGEST = 64 * 1024
_LINK = re.compile(r"https?://[^\s/]+/claim/[^\s/#]+#[\w-]+\.(?:[0-9a-f]{64}|[\w-]*)")


def link_of(text: str) -> ClaimLink:
    """The one claim link in ``text``: what a person pasted, or what a reader of QR codes gave. ``SetupError``."""
    found = set(_LINK.findall(text))
    try:
        return read_link(found.pop() if len(found) == 1 else text)
    except BadLink as reason:
        raise say.SetupError(say.BAD_LINK, why=str(reason)) from reason


def link_on_stick(path: Path | None, mounts: tuple[Path, ...] = MOUNTS) -> ClaimLink:
    """The link in the file ``path``, in its folder, or on a mounted stick. Raises ``SetupError``."""
    file = _stick_file(path, mounts)
    if file.exists() and not file.is_file():
        raise say.SetupError(say.STICK_UNREADABLE, file=file, why="it is no plain file")
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST).decode("utf-8-sig", "replace")
    except OSError as reason:
        why = (reason.strerror or str(reason)).lower()
        raise say.SetupError(say.STICK_UNREADABLE, file=file, why=why) from reason
    links = set(_LINK.findall(text))
    if len(links) > 1:
        raise say.SetupError(say.SEVERAL_LINKS, file=file, count=len(links))
    return link_of(text)


def _stick_file(path: Path | None, mounts: tuple[Path, ...]) -> Path:
    if path is not None:
        return path / STICK_FILE if path.is_dir() else path
    for mount in mounts:
        for depth in ("", "*/", "*/*/"):
            for file in sorted(mount.glob(f"{depth}{STICK_FILE}")):
                return file
    raise say.SetupError(say.NO_STICK, name=STICK_FILE)


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform answered, where it is asked for a renewal, and the digest of the link.

    ``digest`` is empty where the certificate is in use already.
    """

    answer: ClaimAnswer
    server: str
    digest: bytes = b""


def claim(link: ClaimLink, identity: Identity, now: Stamp) -> Claimed:
    """Gets the certificate into ``identity.next``, or finds that the same link has been used here. ``SetupError``."""
    if now.utc < BUILT:
        raise say.SetupError(say.BAD_CLOCK, now=now.utc)
    digest = hashlib.sha256(str(link).encode()).hexdigest().encode()
    with writing(identity.home), identity.locked():
        there = _answered(identity, digest)
        if there is not None:
            return Claimed(answer=there, server=link.server, digest=digest)
        if _read(identity.next / CLAIM) != digest or not _read(identity.next / CSR):
            identity.begin()
            key = identity.put(KEY, make_key())
            identity.put(CSR, request_for(key, link.pole))
            identity.put(CLAIM, digest)
        csr = (identity.next / CSR).read_text(encoding="ascii")
        ca = exchange.trusted_ca(link.server, link.ca) if link.ca else ""
        request = ClaimRequest(pole=link.pole, token=link.token, csr=csr)
        accept(exchange.ask(link.server, CLAIM_PATH, request, ca), link.pole, link.server, identity, now)
    there = _answered(identity, digest)
    assert there is not None
    return Claimed(answer=there, server=link.server, digest=digest)


def held(identity: Identity) -> Claimed | None:
    """What was claimed on this box: a claim that waits to be put into use, else the one in use; None: there is none."""
    if not identity.home.is_dir():
        return None
    with writing(identity.home):
        for folder in (*identity.pending(), identity.file(CLAIM).parent):
            used = folder.name == CURRENT
            digest = b"" if used else _read(folder / CLAIM)
            answer, server = _answer(folder), _read(folder / SERVER).decode("utf-8", "replace")
            if answer is not None and server and (used or digest):  # else it is a renewal, which the daemon tries
                return Claimed(answer=answer, server=server, digest=digest)
    return None


def take(claimed: Claimed, identity: Identity) -> None:
    """Puts the certificate of the claim into use. ``SetupError``: it is gone, or somebody else is at work on it."""
    if not claimed.digest:
        return
    with writing(identity.home), identity.locked():
        for folder in identity.pending():
            if _read(folder / CLAIM) == claimed.digest and (folder / ANSWER).exists():
                identity.end_trial(identity.adopt() if folder == identity.next else int(folder.name))
                return
        if _read(identity.file(CLAIM)) != claimed.digest:
            raise say.SetupError(say.CLAIM_GONE, pole=claimed.answer.pole)


def accept(answer: ClaimAnswer, pole: str, server: str, identity: Identity, now: Stamp) -> None:
    """Puts the platform's answer into ``identity.next``, where it fits the key there. Raises ``SetupError``."""
    if answer.pole != pole:
        raise say.SetupError(say.OTHER_POLE, server=server, found=answer.pole, pole=pole)
    ca, cert = identity.put(CA, answer.ca.encode()), identity.put(CERT, answer.certificate.encode())
    for one in examine(ca, cert, identity.next / KEY, now):
        if one.state not in {"ok", "expiring"}:
            raise say.SetupError(say.BAD_CERTIFICATE, server=server, why=one.text)
    identity.put(SERVER, server.encode())
    identity.put(ANSWER, msgspec.json.encode(answer))


def uplink_of(claimed: Claimed, identity: Identity) -> dict[str, object]:
    """The table ``[uplink]`` of a pole that was claimed: its options in the order of ``UplinkSettings``."""
    answer = claimed.answer
    tls = {"ca_file": CA, "cert_file": CERT, "key_file": KEY}
    values = {
        "host": answer.host,
        "port": answer.port,
        "tls": {name: str(identity.file(file)) for name, file in tls.items()},
        "prefix": answer.prefix,
        "ack": answer.ack,
        "enrol": claimed.server,
    }
    return {name: values[name] for name in UplinkSettings.__struct_fields__ if name in values}


def _answered(identity: Identity, digest: bytes) -> ClaimAnswer | None:
    """What the platform has answered to this claim."""
    for folder in (*identity.pending(), identity.file(CLAIM).parent):
        if _read(folder / CLAIM) == digest and (answer := _answer(folder)) is not None:
            return answer
    return None


def _answer(folder: Path) -> ClaimAnswer | None:
    try:
        return msgspec.json.decode(_read(folder / ANSWER), type=ClaimAnswer)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@contextmanager
def writing(what: Path) -> Iterator[None]:
    """What a disk refuses as one sentence."""
    try:
        yield
    except BlockingIOError as reason:
        raise say.SetupError(say.BUSY) from reason
    except PermissionError as reason:
        other = os.geteuid() != os.getuid()  # root, who acts as the owner of the state folder
        raise say.SetupError(say.NOT_ITS_OWN if other else say.NO_RIGHTS, file=reason.filename or what) from reason
    except OSError as reason:
        why = (reason.strerror or str(reason)).lower()
        raise say.SetupError(say.NO_ROOM, file=reason.filename or what, why=why) from reason
