"""The daemon's part of carrying: rows for a stick, and the platform's marks from one. It touches no stick."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import msgspec

from agent.errors import AgentError
from agent.system.openssl import OpensslFailed, openssl
from agent.uplink import sentences as say
from contract.carry import PLATFORM_NAME, CarriedMarks
from contract.envelope import LANES, pack
from contract.ranges import Ranges
from contract.requests import CarryRowsArgs, CarryRowsResult
from contract.types import Key, Lane, Row, key

MESSAGE_BYTES = 192 * 1024
"""Bodies of one message, about; it is one line of the control socket."""


class CarriedStore(Protocol):
    """What carrying needs of the store."""

    async def unsent(self, lane: Lane, *, after: int = 0, max_bytes: int = 0) -> list[Row]: ...

    def acknowledge(self, keys: Iterable[Key]) -> None: ...

    async def flush(self) -> None: ...


async def rows_for(store: CarriedStore, pole: str, args: CarryRowsArgs) -> CarryRowsResult:
    """The next message of a lane; its rows stay as they are."""
    rows = await store.unsent(Lane(LANES.index(args.lane)), after=args.after, max_bytes=MESSAGE_BYTES)
    if not rows:
        return CarryRowsResult(payload="", events=0, last=args.after)
    payload = base64.b64encode(pack(pole, rows).payload).decode()
    return CarryRowsResult(payload=payload, events=len(rows), last=rows[-1].seq)


async def take_marks(store: CarriedStore, pole: str, ca: Path, signed: str) -> int:
    """How many waiting rows the platform has; they are delivered now. Raises ``AgentError``."""
    try:
        plain = await signed_by(PLATFORM_NAME, ca, base64.b64decode(signed, validate=True))
        marks = msgspec.json.decode(plain, type=CarriedMarks)
    except (ValueError, msgspec.MsgspecError) as reason:
        raise AgentError(say.MARKS_NOT_READ()) from reason
    if marks.pole != pole:
        raise AgentError(say.MARKS_FOREIGN(pole=marks.pole))
    stored: dict[str, Ranges] = {}
    for mark in marks.marks:
        for first, last in mark.ranges:
            stored.setdefault(mark.epoch, Ranges()).add(min(first, last), max(first, last))
    return sum([await _acknowledge(store, lane, stored) for lane in Lane])


async def _acknowledge(store: CarriedStore, lane: Lane, stored: dict[str, Ranges]) -> int:
    count = after = 0
    while rows := await store.unsent(lane, after=after, max_bytes=MESSAGE_BYTES):
        after = rows[-1].seq
        names = [key(row) for row in rows if row.epoch in stored and row.seq in stored[row.epoch]]
        store.acknowledge(names)
        count += len(names)
    await store.flush()
    return count


async def signed_by(name: str, ca: Path, signed: bytes) -> bytes:
    """The content of a CMS signature by the certificate of ``name``, which the CA signed. Raises ``AgentError``.

    Dates do not count: a pole that needs a stick may have no true clock.
    """
    with tempfile.TemporaryDirectory(prefix="poleagent-carry-") as folder:
        signer = f"{folder}/signer.pem"
        trust = ("-CAfile", str(ca), "-no-CApath", "-no-CAstore", "-purpose", "any", "-no_check_time")
        try:
            plain = await openssl(
                *("cms", "-verify", "-binary", "-inform", "DER", *trust, "-signer", signer), data=signed
            )
            found = await subject(Path(signer))
        except OpensslFailed as reason:
            raise AgentError(say.CARRY_NO_OPENSSL() if reason.missing else say.NOT_SIGNED_BY_PLATFORM()) from reason
    if found != name:
        raise AgentError(say.NOT_SIGNED_BY_PLATFORM())
    return plain


async def subject(certificate: Path) -> str:
    """The common name of a certificate that has nothing else in its subject; raises ``OpensslFailed``."""
    text = await openssl("x509", "-in", str(certificate), "-noout", "-subject", "-nameopt", "RFC2253")
    return text.decode("utf-8", "replace").strip().removeprefix("subject=").removeprefix("CN=")


async def certified(certificate: Path, ca: Path, name: str) -> bool:
    """Whether the CA signed the certificate of ``name``. Raises ``OpensslFailed`` where there is no such program."""
    trust = ("-CAfile", str(ca), "-no-CApath", "-no-CAstore", "-purpose", "any", "-no_check_time")
    try:
        await openssl("verify", *trust, str(certificate))
        return await subject(certificate) == name
    except OpensslFailed as reason:
        if reason.missing:
            raise
        return False
