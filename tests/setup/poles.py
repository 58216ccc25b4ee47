"""A pole that was claimed at a platform of the test's: its settings, its identity, its daemon."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from agent.config.settings import UplinkSettings
from agent.setup.claim import claim, link_of, uplink_of
from agent.setup.text import table
from agent.system.identity import Identity
from contract.enrol import ClaimLink
from contract.types import Stamp
from demo.daemon import Daemon
from fleet.app import Serving
from fleet.control import ask


def now() -> Stamp:
    return Stamp(utc=datetime.now(UTC), boot_s=0.0, synced=True)  # noqa: TID251  # certificates are good for real time


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
