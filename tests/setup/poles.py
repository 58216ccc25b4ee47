"""A pole that was claimed at a platform of the test's: its settings, its identity, its daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.config.settings import UplinkSettings
from agent.setup import exchange
from agent.setup.claim import claim, link_of, uplink_of
from agent.setup.text import table
from agent.system.identity import Identity
from contract.enrol import ClaimAnswer, ClaimLink, ClaimRequest, RenewRequest
from contract.types import Stamp
from demo.daemon import Daemon
from fleet.app import Serving
from fleet.control import ask
from fleet.pki import Authority


def now() -> Stamp:
    return Stamp(utc=datetime.now(UTC), boot_s=0.0, synced=True)  # noqa: TID251  # certificates are good for real time


def utc() -> datetime:
    return now().utc


def platform_in_one_function(
    folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], datetime] = utc
) -> None:
    """Every claim and renewal is answered by a CA in ``folder``, without a connection."""
    (folder / "ca").mkdir()
    authority = Authority(folder / "ca", clock)
    ca = authority.pem

    def ask(_: str, __: str, request: ClaimRequest | RenewRequest, ___: str) -> ClaimAnswer:
        pem = authority.sign(request.csr, request.pole).pem
        return ClaimAnswer(pole=request.pole, certificate=pem, ca=ca, host="h", port=1, prefix="sp/v2")

    monkeypatch.setattr(exchange, "ask", ask)


def link_with(token: str) -> ClaimLink:
    """A link of pole p1 to a platform in one function; ``token``: one letter."""
    return ClaimLink(server="http://127.0.0.1:1", pole="p1", token=token * 22, ca="")


async def link_from(running: Serving, pole: str, valid_s: float = 3600) -> ClaimLink:
    args = {"pole": pole, "valid_s": valid_s}
    return link_of(await asyncio.to_thread(ask, running.folder / "control.sock", "claim", args, str))


async def claimed_daemon(running: Serving, folder: Path, pole: str) -> tuple[Identity, Daemon]:
    """A pole without devices, claimed and not yet started."""
    identity = Identity(folder / "state" / "identity")
    claimed = await asyncio.to_thread(claim, await link_from(running, pole), identity, now())
    identity.use(identity.adopt())
    settings = folder / "poleagent.toml"
    head = f"""[pole]
id = "{pole}"

[clock]
trust = "always"

[store]
path = "{folder}/state/pole.db"
commit_s = 0.2

[local]
socket = "{folder}/control.sock"

"""
    uplink = uplink_of(claimed, identity) | {"trial_s": 60.0, "retry_max_s": 2.0}
    settings.write_text(head + table("uplink", UplinkSettings, uplink), encoding="utf-8")
    return identity, Daemon(settings, folder / "control.sock", folder / "daemon.log")
