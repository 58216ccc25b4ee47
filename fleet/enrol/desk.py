"""Claims and certificates, and the access rules of the broker that follow from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from contract.enrol import ClaimAnswer, ClaimLink, ClaimRequest, RenewRequest
from fleet.broker.run import FleetBroker
from fleet.errors import FleetError
from fleet.pki import Authority
from fleet.register import claims
from fleet.store.database import Database
from fleet.store.writer import StoreWriter


class PublicAddress(msgspec.Struct, frozen=True, kw_only=True):
    """How a pole reaches the platform: the pages' address, the broker's host and port, the prefix of the topics."""

    server: str
    host: str
    port: int
    prefix: str


class EnrolDesk:
    """What a person may do with the identity of a pole, and what a pole may ask."""

    def __init__(
        self,
        writer: StoreWriter,
        authority: Authority,
        broker: FleetBroker,
        address: PublicAddress,
        now: Callable[[], datetime],
    ) -> None:
        self._writer = writer
        self._authority = authority
        self._broker = broker
        self._address = address
        self._now = now

    @property
    def ca(self) -> str:
        return self._authority.pem

    async def make(self, pole: str, valid: timedelta) -> ClaimLink:
        """A claim of ``pole``; one that was made before counts no more. Raises ``FleetError``."""
        if not self._broker.encrypted:
            raise FleetError(self._broker.health.text)
        token = await self._writer.do(lambda db: claims.make(db, pole, self._now(), valid))
        plain = self._address.server.startswith("http:")
        return ClaimLink(
            server=self._address.server, pole=pole, token=token, ca="" if plain else self._authority.fingerprint
        )

    async def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Raises ``EnrolRefused``. Who is connected with an earlier certificate of the pole is so no more."""
        answer, others = await self._writer.do(lambda db: self._claimed(db, request))
        await self.allow()
        if others:
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
        await self._broker.end(pole)
        return count

    async def allow(self) -> None:
        """Brings the broker's access rules to what the store says."""
        revoked, banned = await self._writer.do(
            lambda db: (list(claims.revoked(db, self._now())), list(claims.banned(db)))
        )
        self._broker.allow(revoked, banned)

    def _granted(self, db: Database, pole: str, certificate: str) -> ClaimAnswer:
        row = db.execute("SELECT name, latitude, longitude FROM register WHERE pole = ?", (pole,)).fetchone()
        name, latitude, longitude = row or ("", None, None)
        return ClaimAnswer(
            pole=pole,
            certificate=certificate,
            ca=self._authority.pem,
            host=self._address.host,
            port=self._address.port,
            prefix=self._address.prefix,
            name=name,
            latitude=latitude,
            longitude=longitude,
        )
