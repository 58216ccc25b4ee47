"""What sealing costs a pole and its link, and checking an auditor: ``python -m bench.seal``.

The pole profile of bench.store (five device summaries a minute, 7,200 events a day) runs for some days of a clock of
its own, with one seal a day and two starts. CPU is that of this process while it hashes and of the ``openssl`` child
while it signs; bytes are those of the seals as messages on the wire. Target: at most .1 % of one core.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from agent.config.settings import MIB, StoreSettings, TlsSettings
from agent.setup.key import make_key, self_signed
from agent.store import Store, open_store
from agent.uplink.sealing import PoleSealer
from bench.store import DEVICES, FastClock, boot, summary
from contract.envelope import pack
from contract.types import Body, Event, Lane
from fleet.proof.evidence import PoleEvidence
from fleet.proof.judge import judge
from fleet.proof.keys import SealKeys, certificates

DAYS = 5
DAY_S = 86_400
TARGET = 0.001
POLE = "poleagent web"


class Costs:
    """Seconds of CPU, counts and bytes."""

    def __init__(self) -> None:
        self.own_s = self.child_s = 0.0
        self.seals = self.bytes = self.events = self.all_bytes = 0


def cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


async def day(store: Store, clock: FastClock, sealer: PoleSealer, costs: Costs) -> list[bytes]:
    chance = random.Random(costs.events)
    for _ in range(DAY_S // 60):
        clock.elapsed += 60
        store.put([summary(clock, device, chance) for device in range(DEVICES)])
    await store.flush()
    own, child = cpu(resource.RUSAGE_SELF), cpu(resource.RUSAGE_CHILDREN)
    costs.seals += await sealer.seal()
    costs.own_s += cpu(resource.RUSAGE_SELF) - own
    costs.child_s += cpu(resource.RUSAGE_CHILDREN) - child
    messages = []
    for lane in Lane:
        while rows := await store.unsent(lane):
            messages.append(pack(POLE, rows).payload)
            costs.events += len(rows)
            costs.all_bytes += len(messages[-1])
            costs.bytes += sum(len(pack(POLE, [row]).payload) for row in rows if row.kind == "seal")
            store.acknowledge((row.epoch, row.seq) for row in rows)
    await store.flush()
    return messages


async def lives(folder: Path, costs: Costs) -> list[bytes]:
    clock, messages = FastClock(), []
    tls = TlsSettings(ca_file="ca", cert_file=str(folder / "pole.pem"), key_file=str(folder / "pole.key"))
    for _ in range(2):
        settings = StoreSettings(path=str(folder / "pole.db"), max_bytes=64 * MIB)
        async with open_store(settings, clock, boot, pole=POLE) as store:

            async def keep(body: Body, store: Store = store) -> None:
                store.put([Event.of("agent", clock.now(), body)])
                await store.flush()

            sealer = PoleSealer(POLE, store, tls=lambda: tls, keep=keep, clock=clock)
            for _ in range(DAYS):
                messages += await day(store, clock, sealer, costs)
    return messages


def main() -> int:
    costs = Costs()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pole.key").write_bytes(make_key())
        (folder / "pole.pem").write_bytes(self_signed(folder / "pole.key", ("127.0.0.1",)))
        messages = asyncio.run(lives(folder, costs))
        keys = SealKeys(certificates((folder / "pole.pem").read_bytes()))
    began = time.process_time()
    evidence = PoleEvidence(POLE)
    for message in messages:
        evidence.take(message)
    proof = judge(evidence, keys)
    checking = time.process_time() - began
    share = (costs.own_s + costs.child_s) / (2 * DAYS * DAY_S)
    per_day = 2 * DAYS
    print(f"{DEVICES} devices, {costs.events / per_day:.0f} events a day, {costs.seals} seals in {per_day} days")
    print(
        f"hashing and drafting: {costs.own_s / costs.events * 1e6:.1f} us an event; signing: "
        f"{costs.child_s / costs.seals * 1e3:.1f} ms a seal"
    )
    print(f"share of one core: {share:.5%} (target {TARGET:.1%})")
    print(f"seals on the wire: {costs.bytes / per_day:.0f} B a day, {costs.bytes / costs.all_bytes:.2%} of all")
    print(
        f"checking: {checking / costs.events * 1e6:.1f} us an event; {proof.state}: {proof.proven} of "
        f"{costs.events} proven, {len(proof.findings)} findings"
    )
    return int(share > TARGET or bool(proof.findings))


if __name__ == "__main__":
    sys.exit(main())
