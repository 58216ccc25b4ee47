"""``python -m agent.setup.renew HOME POLE SERVER``: one renewal, as a process of its own that the daemon starts.

It makes a new key and a request, signs it with the old key, and leaves the answer as a generation of the identity that
is not yet in use. Its last line is JSON, see ``agent.uplink.renewal.Renewed``.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import msgspec

from agent.errors import AgentError
from agent.setup import exchange
from agent.setup.claim import accept, writing
from agent.setup.key import make_key, request_for, sign
from agent.setup.sentences import BUSY, SetupError
from agent.system.clock import SystemClock, always_synced
from agent.system.identity import ANSWER, CA, CLAIM, CSR, KEY, Identity
from agent.uplink.renewal import Renewed
from contract.enrol import RENEW, RenewRequest
from contract.types import Stamp

RENEWAL = "renewal"
"""Marks ``next`` as a renewal, so that one that was cut off goes on with its key."""
CLAIM_S = 3600.0
"""A claim that was cut off goes on with the same link for so long."""


def renew(identity: Identity, pole: str, server: str, now: Stamp) -> int:
    """The number of the generation with the new certificate. Raises ``SetupError``; the one in use stays in use.

    A claim in ``next`` is left alone: the platform has taken the one in use for void, or is about to.
    """
    with writing(identity.home), identity.locked():
        if _claiming(identity, now):
            raise SetupError(BUSY)
        if not (identity.next / RENEWAL).exists():
            identity.begin()
            key = identity.put(KEY, make_key())
            identity.put(CSR, request_for(key, pole))
            identity.put(RENEWAL, b"")
        if not (identity.next / ANSWER).exists():
            csr = (identity.next / CSR).read_text(encoding="ascii")
            signature = base64.b64encode(sign(identity.file(KEY), csr.encode())).decode()
            ca = identity.file(CA).read_text(encoding="ascii")
            request = RenewRequest(pole=pole, csr=csr, signature=signature)
            accept(exchange.ask(server, RENEW, request, ca), pole, server, identity, now)
        return identity.adopt()


def _claiming(identity: Identity, now: Stamp) -> bool:
    try:
        began = (identity.next / CLAIM).stat().st_mtime
    except FileNotFoundError:
        return False
    return (identity.next / ANSWER).exists() or abs(now.utc.timestamp() - began) < CLAIM_S


def main(home: str, pole: str, server: str) -> int:
    now = SystemClock(always_synced).now()
    try:
        outcome = Renewed(generation=renew(Identity(Path(home)), pole, server, now))
    except AgentError as reason:
        outcome = Renewed(error=str(reason))
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
