"""Everything around the daemon, real where it is real on a pole: broker, link, serial devices, and a platform.

The demo tells its story on this stage; the long tests tell theirs on the same one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from agent.errors import AgentError
from demo.broker import Broker, run_broker
from demo.camera import Street, drawn_street
from demo.daemon import Daemon
from demo.fleet import PLAIN, DemoFleet
from demo.platform import Platform
from demo.proof import Proof, prove
from simulator.emulated_pole import EmulatedWire, emulated_pole
from simulator.link import SimulatedLink, open_link
from simulator.modbus import Numbered, Slave
from simulator.pole import numbered, numbered_settings, reference_pole, reference_settings
from simulator.wire import SimulatedWire, running

POLE = "demo-pole"
CAUGHT_UP_S = 10.0
"""How long the platform may take to receive what the broker has; a busy machine needs it."""
REGISTERS = 20
"""Registers of the numbered device, each 16 bits; two make one 32-bit count of its own reads."""

_HEAD = """[pole]
id = "{pole}"

[clock]
trust = "always"

[store]
path = "{state}/pole.db"
commit_s = 0.5
ring_block_s = 10.0

[uplink]
host = "127.0.0.1"
port = {port}
ack = "{ack}"
ack_timeout_s = {patience_s}
keepalive_s = 5
retry_max_s = 2.0
{uplink}
[report]
window_s = {window_s}

[local]
socket = "{folder}/control.sock"
"""

_NUMBERED_REPORT = """timeout_s = 2.0

[device.numbered.report]
mode = "raw"
batch_s = 0.5
"""


Wires = dict[str, SimulatedWire | EmulatedWire]


class Rig:
    """The stage; made by ``open_rig``."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        link: SimulatedLink,
        platform: Platform,
        wires: Wires,
        *,
        street: Street | None,
        uplink: str = PLAIN,
    ) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.broker = broker
        self.link = link
        self.platform = platform
        self.wires = wires
        self.street = street
        self._uplink = uplink
        self.settings = folder / "poleagent.toml"
        self.daemon = Daemon(self.settings, folder / "control.sock", folder / "daemon.log")

    def produced(self) -> dict[str, int]:
        """How often each count of the numbered device was read: what the readings of it must show without a hole."""
        wire = self.wires["numbered"]
        assert isinstance(wire, SimulatedWire)
        device = wire.devices["numbered"]
        assert isinstance(device, Slave)
        assert isinstance(device.bank, Numbered)
        reads = device.bank.reads
        return {f"count_{pair}": reads[4, pair] for pair in range(REGISTERS // 2)}

    def write_settings(self, *, devices: bool = True, every_s: float = 0.1, window_s: float = 5.0) -> None:
        """The settings file; without ``devices`` the daemon only delivers what it still has."""
        text = _HEAD.format(
            pole=POLE,
            folder=self.folder,
            state=self.state,
            port=self.link.port,
            ack="platform" if self.platform.acknowledge else "broker",
            patience_s=2.0,
            window_s=window_s,
            uplink=self._uplink,
        )
        if devices:
            text += reference_settings(self.folder)
            text += numbered_settings(self.folder, count=REGISTERS, every_s=every_s, kind="u32") + _NUMBERED_REPORT
            text += self.street.settings if self.street else ""
        self.settings.write_text(text, encoding="utf-8")

    async def settle(self, within_s: float = 60.0) -> Proof:
        """The end of every story: stop, start again without devices, deliver all that is left, and count."""
        await self.daemon.stop()
        produced = self.produced()
        self.write_settings(devices=False)
        await self.daemon.start()
        await self.drained(within_s)
        status = await self.daemon.status()
        await self.daemon.stop()
        committed = status.store.next_seq - 1  # numbers go on in the file from one epoch to the next
        await self.platform.caught_up(committed, CAUGHT_UP_S)
        return prove(
            self.platform,
            committed=committed,
            produced=produced,
            bytes_upstream=self.link.bytes_up,
            broker=f"{self.broker.program}, {status.uplink.protocol if status.uplink else ''}",
            starts=self.daemon.starts,
            cars=(self.street.sure, self.street.unsure) if self.street else None,
        )

    async def drained(self, within_s: float) -> None:
        """Wait until the daemon has nothing unsent; AgentError past ``within_s``."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    with contextlib.suppress(AgentError):
                        store = (await self.daemon.status()).store
                        if not store.waiting and not any(lane.unsent for lane in store.lanes.values()):
                            return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AgentError(f"the daemon still has events to deliver after {within_s:.0f} s") from None


@contextlib.asynccontextmanager
async def open_rig(
    folder: Path,
    *,
    acknowledge: bool = False,
    firmware: bool = False,
    camera: bool = False,
    fleet: DemoFleet | None = None,
) -> AsyncIterator[Rig]:
    """Broker, link, platform and devices are up, the daemon is not yet started; all is stopped on leaving.

    The platform is ``fleet``, where there is one, with the broker that it runs. With ``firmware`` the pole's devices
    are those of firmware_stubs, real C on this machine; with ``camera`` it looks at a drawn street.
    """
    platform = fleet.platform if fleet else Platform(POLE, acknowledge=acknowledge)
    counted = numbered(folder, count=REGISTERS)
    twins = {} if firmware else reference_pole(folder)
    async with contextlib.AsyncExitStack() as stack:
        emulated = stack.enter_context(emulated_pole(folder)) if firmware else {}
        if fleet:
            broker = Broker(program=fleet.program, port=fleet.port)
        else:
            broker = await stack.enter_async_context(run_broker(folder))
        link = await stack.enter_async_context(open_link(broker.port))
        await stack.enter_async_context(running(counted, *twins.values()))
        street = await stack.enter_async_context(drawn_street()) if camera else None
        wires: Wires = {**twins, **emulated, "numbered": counted}
        uplink = fleet.uplink if fleet else PLAIN
        rig = Rig(folder, broker, link, platform, wires, street=street, uplink=uplink)
        rig.state.mkdir(exist_ok=True)
        rig.write_settings()
        subscribed = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(platform.listen(broker.port, subscribed))
            try:
                await subscribed.wait()
                yield rig
            finally:
                listening.cancel()
                await rig.daemon.kill()
