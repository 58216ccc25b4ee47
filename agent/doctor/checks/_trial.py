"""One line tried by the doctor itself, while no daemon owns it: each device asked a few times, in turn."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from agent.acquire.plan import gap_s
from agent.acquire.transport import Transport, open_transport
from agent.acquire.tty import character_s
from agent.acquire.turn import Timing, ask
from agent.api import Codec, Driver, Fault, FaultCode, Item, Reading
from agent.config.settings import Device, LineSettings
from agent.doctor import sentences_checks as say
from agent.errors import Retry
from agent.system.clock import Clock

LISTEN_S = 0.6
"""A device that must be asked is silent for so long; a babbling one is not, at any usual period."""
STREAM_S = 3.0
"""How long a device that talks by itself may be silent; GNSS receivers and our board send each second."""
ROUNDS = 8
ROUNDS_S = 5.0
GRACE_S = 1.0
"""So much longer for those that were not asked once; of many silent devices the last are not asked at all."""
ENOUGH = 3
"""Questions without any good answer after which more of them say nothing new."""
PATIENT_S = 2.0
"""Time-out of the last question to a silent device: a busy box makes an answer look late."""
NOISE_BYTES = 8
"""Fewer bytes than these are what a plug or a relay leaves on a line."""


class TrialTally(msgspec.Struct):
    """What the questions to one device brought."""

    good: int = 0
    failed: Counter[FaultCode] = msgspec.field(default_factory=Counter)
    text: str = ""
    echoed: bool = False

    @property
    def worst(self) -> FaultCode | None:
        return self.failed.most_common(1)[0][0] if self.failed else None


class LineTrial:
    """``tallies`` by device; ``lost`` why the port could not be used, with ``code`` where the kernel gave one."""

    def __init__(
        self, name: str, settings: LineSettings, devices: Iterable[Device], drivers: Mapping[str, Driver], clock: Clock
    ) -> None:
        self.name = name
        self.settings = settings
        self.devices = tuple(devices)
        self.drivers = drivers
        self.clock = clock
        self.tallies = {device.name: TrialTally() for device in self.devices}
        self.noise = 0
        self.lost = ""
        self.code: int | None = None

    @property
    def answers(self) -> bool:
        """Whether any device answers, be it with a refusal."""
        return any(tally.good or tally.failed[FaultCode.EXCEPTION] for tally in self.tallies.values())

    @property
    def busy(self) -> bool:
        return self.code in {errno.EBUSY, errno.EAGAIN}

    def streams(self, device: Device) -> bool:
        return not self.drivers[device.common.driver].codec(device.name, device.options).ask(0)

    def elsewhere(self, device: Device) -> bool:
        """Whether it may be looked for under other settings than its own: not where a round writes."""
        codec = self.drivers[device.common.driver].codec(device.name, device.options)
        return bool(codec.ask(0)) and not codec.writes

    async def run(self) -> None:
        """Ask everybody; never raises for what is wrong with the line."""
        try:
            async with open_transport(self.settings) as port:
                await self._listen(port)
                if not self.noise:
                    await self._rounds(port)
        except Retry as reason:
            self.lost = str(reason)
            self.code = getattr(reason.__cause__, "errno", None)

    async def _listen(self, port: Transport) -> None:
        """Those who talk by themselves; where there are none, anybody who does."""
        talkers = [device for device in self.devices if self.streams(device)]
        codecs = {each.name: self._listener(each) for each in talkers}
        end = self.clock.monotonic() + (STREAM_S if talkers else LISTEN_S)
        received = 0
        while (left_s := end - self.clock.monotonic()) > 0:
            data = await port.receive(left_s)
            received += len(data)
            for name, codec in codecs.items():
                self._count(name, codec.feed(data, self.clock.now()) if data else [])
                if said := codec.say():
                    await port.send(said)
            if talkers and all(self.tallies[device.name].good for device in talkers):
                return
        for device in talkers:
            tally = self.tallies[device.name]
            if not (tally.good or tally.failed[FaultCode.NOT_AVAILABLE]):
                tally.failed[FaultCode.BAD_FRAME if received else FaultCode.NO_ANSWER] += 1
                tally.text = say.NOTHING_READABLE(received=received, seconds=STREAM_S)
        self.noise = received if not talkers and received >= NOISE_BYTES else 0

    def _listener(self, device: Device) -> Codec:
        """It asks what it must know, and thanks for nothing: who thanks for a report has it deleted."""
        driver = self.drivers[device.common.driver]
        listen = driver.probe.listen if driver.probe else None
        return driver.codec(device.name, replace(device.options, **(listen or {})))

    async def _rounds(self, port: Transport) -> None:
        end = self.clock.monotonic() + ROUNDS_S
        asked = [device for device in self.devices if not self.streams(device)]
        for _ in range(ROUNDS):
            for device in asked:
                if self.clock.monotonic() > end + GRACE_S:
                    return
                tally = self.tallies[device.name]
                silent = tally.failed[FaultCode.NO_ANSWER]
                known = tally.good or tally.failed.total() >= ENOUGH
                if (known and not tally.good) or (self.clock.monotonic() > end and (tally.good or tally.failed)):
                    continue
                await self.once(port, device, timeout_s=PATIENT_S if silent == 2 else None)

    async def once(
        self, port: Transport, device: Device, *, timeout_s: float | None = None, count: bool = True
    ) -> Sequence[Item]:
        """The first question of a round, and what came. Raises Retry where the line is lost."""
        codec = self.drivers[device.common.driver].codec(device.name, device.options)
        request = codec.ask(0)
        timing = Timing(
            character_s=character_s(self.settings),
            timeout_s=timeout_s or min(device.common.timeout_s, 1.0),
            echo=self.settings.echo,
        )
        port.waiting()
        result = await ask(port, codec, request, timing, self.clock)
        await port.pause(max(gap_s(self.settings), 0.005))
        if count:
            self._count(device.name, result.items)
            self.tallies[device.name].echoed |= result.data[: len(request)] == request
        return result.items

    async def answer_at(self, settings: LineSettings, devices: Iterable[Device], timeout_s: float) -> str:
        """The first of ``devices`` that answers on a line that is set so; empty where none does."""
        other = LineTrial(self.name, settings, devices, self.drivers, self.clock)
        try:
            async with open_transport(settings) as port:
                for device in other.devices:
                    if other.elsewhere(device):
                        await other.once(port, device, timeout_s=timeout_s)
                    if other.answers:
                        return device.name
        except Retry:
            return ""
        return ""

    def at(self, baud: int, parity: str) -> LineSettings:
        return replace(self.settings, baud=baud, parity=parity)

    def _count(self, name: str, items: Iterable[Item]) -> None:
        tally = self.tallies[name]
        faults = [item for item in items if isinstance(item, Fault)]
        if any(isinstance(item, Reading) for item in items) or any(
            fault.code is FaultCode.NOT_AVAILABLE and not fault.advice for fault in faults
        ):
            tally.good += 1
        elif faults:
            tally.failed[faults[0].code] += 1
            tally.text = ". ".join(filter(None, (faults[0].text, faults[0].advice)))
