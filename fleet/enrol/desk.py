"""Claims and certificates, and the access rules of the broker that follow from them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Never

import msgspec

from contract.enrol import ClaimAnswer, ClaimLink, ClaimRequest, RenewRequest
from fleet.broker.run import FleetBroker
from fleet.errors import FleetError
from fleet.pki import Authority
from fleet.register import brokers, claims
from fleet.store.database import Database
from fleet.store.writer import StoreWriter

FOLLOW_S = 30.0
"""How long the broker of one process may admit what another process has revoked, where its word got lost."""
log = logging.getLogger(__name__)


class PublicAddress(msgspec.Struct, frozen=True, kw_only=True):
    """How a pole reaches the platform: the pages' address, the broker's host and port, the prefix of the topics."""

    server: str
    host: str
    port: int
    prefix: str


class EnrolDesk:
    """What a person may do with the identity of a pole, and what a pole may ask.

    ``broker`` is that of this process, where it has one; those of other processes ``follow`` what the store says.
    """

    def __init__(
        self,
        writer: StoreWriter,
        authority: Authority,
        broker: FleetBroker | None,
        address: PublicAddress,
        now: Callable[[], datetime],
    ) -> None:
        self._writer = writer
        self._authority = authority
        self._broker = broker
        self._address = address
        self._now = now
        self._shut: dict[str, str] = {}
        self._banned: list[str] = []
        self._changed = asyncio.Event()

    @property
    def ca(self) -> str:
        return self._authority.pem

    async def make(self, pole: str, valid: timedelta, cell: str = "") -> ClaimLink:
        """A claim of ``pole``, for a cell; one that was made before counts no more. Raises ``FleetError``."""
        if self._broker is not None and not self._broker.encrypted:
            raise FleetError(self._broker.health.text)
        token = await self._writer.do(lambda db: claims.make(db, pole, self._now(), valid, cell))
        plain = self._address.server.startswith("http:")
        return ClaimLink(
            server=self._address.server, pole=pole, token=token, ca="" if plain else self._authority.fingerprint
        )

    async def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Raises ``EnrolRefused``. Who is connected with an earlier certificate of the pole is so no more."""
        answer, others = await self._writer.do(lambda db: self._claimed(db, request))
        await self.allow()
        if others and self._broker is not None:
            await self._broker.end(request.pole)
        return answer

    def _claimed(self, db: Database, request: ClaimRequest) -> tuple[ClaimAnswer, int]:
        """The answer, and how many other certificates it has revoked."""
        before = claims.revocations(db, request.pole)
        answer = self._granted(db, request.pole, claims.use(db, self._authority, request, self._now()))
        return answer, claims.revocations(db, request.pole) - before

    async def renew(self, request: RenewRequest) -> ClaimAnswer:
        """Raises ``EnrolRefused``."""
        return await self._writer.do(
            lambda db: self._granted(db, request.pole, claims.renew(db, self._authority, request, self._now()))
        )

    async def revoke(self, pole: str) -> int:
        """Revokes all certificates of ``pole`` and shuts it out of the broker; how many there were."""
        count = await self._writer.do(lambda db: claims.revoke(db, pole, self._now()))
        await self.allow()
        if self._broker is not None:
            await self._broker.end(pole)
        return count

    async def allow(self) -> None:
        """Brings the broker's access rules to what the store says."""
        if self._broker is not None:
            self._broker.allow(*await self.shut_out())

    async def shut_out(self) -> tuple[Iterable[str], Iterable[str]]:
        """Serials that nobody may use, and poles that may do nothing."""
        revoked, banned = await self._writer.do(lambda db: (claims.revoked(db, self._now()), list(claims.banned(db))))
        self._shut, self._banned = revoked, banned
        return revoked, banned

    def look(self) -> None:
        """Another process may have revoked something."""
        self._changed.set()

    async def follow(self) -> Never:
        """Brings the broker of this process to what others have written into the store. Ends by cancellation only."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_S):
                    await self._changed.wait()
            self._changed.clear()
            known, banned = self._shut, self._banned
            try:
                await self.shut_out()
            except sqlite3.Error as reason:
                log.warning("revoked certificates cannot be read: %s; it is tried again", reason)
                continue
            if self._broker is not None and (known, banned) != (self._shut, self._banned):
                self._broker.allow(self._shut, self._banned)
                for pole in {pole for serial, pole in self._shut.items() if serial not in known}:
                    await self._broker.end(pole)

    def _granted(self, db: Database, pole: str, certificate: str) -> ClaimAnswer:
        row = db.execute("SELECT name, latitude, longitude FROM register WHERE pole = ?", (pole,)).fetchone()
        name, latitude, longitude = row or ("", None, None)
        host, port = brokers.assigned(db, pole, self._now()) or (self._address.host, self._address.port)
        return ClaimAnswer(
            pole=pole,
            certificate=certificate,
            ca=self._authority.pem,
            host=host,
            port=port,
            prefix=self._address.prefix,
            name=name,
            latitude=latitude,
            longitude=longitude,
        )
