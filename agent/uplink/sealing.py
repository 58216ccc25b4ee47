"""Once a day the pole seals what it has numbered: the head of the tree over its events, signed with its TLS key.

The first seal of a run comes after a minute and closes the epochs before it; it carries their last numbers. The
signature is made by the ``openssl`` program, since Python's ``ssl`` cannot sign.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Never, Protocol

import msgspec

from agent.config.files import path_of
from agent.config.settings import TlsSettings
from agent.errors import AgentError, Retry
from agent.system.clock import Clock
from agent.system.openssl import OpensslFailed, openssl
from agent.uplink import sentences as say
from contract.events import Seal, SealHead
from contract.events.seal import SealDraft
from contract.types import Body

log = logging.getLogger(__name__)

FIRST_S = 60.0
EVERY_S = 86_400.0
MOST_AT_ONCE = 64
"""Seals of one day; what is left waits for the next."""


class SealedStore(Protocol):
    """What sealing needs of the store."""

    async def hash_events(self) -> None: ...

    async def draft_seal(self) -> SealDraft | None: ...

    async def sealed(self, draft: SealDraft) -> None: ...


async def sign(key: Path, data: bytes) -> bytes:
    """The signature (SHA-256; of an EC key ECDSA in DER) of ``data``. Raises ``Retry``."""
    try:
        return await openssl("dgst", "-sha256", "-sign", str(key), data=data)
    except OpensslFailed as reason:
        raise Retry(say.SEAL_NO_OPENSSL() if reason.missing else say.SEAL_NOT_SIGNED(why=reason)) from reason


class PoleSealer:
    """``tls`` gives the settings of the link in force, ``keep`` takes an event and returns once it is on disk.

    A pole without a certificate of its own seals nothing, and its store hashes nothing.
    """

    def __init__(
        self,
        pole: str,
        store: SealedStore,
        *,
        tls: Callable[[], TlsSettings | None],
        keep: Callable[[Body], Awaitable[None]],
        clock: Clock,
        sign: Callable[[Path, bytes], Awaitable[bytes]] = sign,
    ) -> None:
        self._pole = pole
        self._store = store
        self._tls = tls
        self._keep = keep
        self._clock = clock
        self._sign = sign
        self.trouble = ""

    async def run(self) -> Never:
        await self._clock.sleep(FIRST_S)
        while True:
            try:
                await self.seal()
                self.trouble = ""
            except AgentError as reason:
                if str(reason) != self.trouble:
                    self.trouble = str(reason)
                    log.warning("%s", reason)
            await self._clock.sleep(EVERY_S)

    async def seal(self) -> int:
        """Seals all that is committed by now; how many seals that took. Raises ``AgentError``."""
        files = own_files(self._tls())
        if files is None:
            return 0
        await self._store.hash_events()
        for count in range(MOST_AT_ONCE):
            draft = await self._store.draft_seal()
            if draft is None:
                return count
            await self._keep(await self._signed(draft, *files))
            await self._store.sealed(draft)
        return MOST_AT_ONCE

    async def _signed(self, draft: SealDraft, certificate: Path, key: Path) -> Seal:
        now = self._clock.now()
        try:
            name = fingerprint_of(certificate)
        except (OSError, ValueError) as reason:
            raise Retry(say.SEAL_NOT_SIGNED(why=f"{certificate}: {reason}")) from reason
        head = SealHead(
            pole=self._pole,
            at=now.utc,
            synced=now.synced,
            certificate=name,
            ranges=draft.ranges,
            corrections=draft.corrections,
        )
        text = msgspec.json.encode(head)
        signature = base64.b64encode(await self._sign(key, text)).decode()
        return Seal(head=text.decode(), signature=signature, gone=draft.gone)


def own_files(tls: TlsSettings | None) -> tuple[Path, Path] | None:
    """The pole's certificate and key, of one generation even while they are being renewed; None: it has none."""
    cert, key = (tls.cert_file, tls.key_file) if tls is not None else (None, None)
    found = path_of(cert) if cert else None, path_of(key) if key else None
    if found[0] is None or found[1] is None:
        return None
    if found[0].parent != found[1].parent:
        return found[0], found[1]
    folder = found[0].parent.resolve()
    return folder / found[0].name, folder / found[1].name


def fingerprint_of(file: Path) -> str:
    """SHA-256 of the first certificate of a file: the others of a chain stand behind it.

    ``OSError``, ``ValueError``: there is none.
    """
    pem = file.read_text("ascii")
    begin, end = pem.find(ssl.PEM_HEADER), pem.find(ssl.PEM_FOOTER)
    if begin < 0 or end < begin:
        raise ValueError(file)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem[begin : end + len(ssl.PEM_FOOTER)] + "\n")).hexdigest()
