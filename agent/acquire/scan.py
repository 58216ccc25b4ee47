"""``poleagent scan``: what hangs on a line, and how it is set. It only reads and never writes to a device.

First it listens; where bytes come by themselves it looks for the speed at which they make sense. Else it asks: each
usual speed with the question for a DL/T 645 meter's address and the first Modbus addresses, then all 247 where
something answered, and if nothing did, all 247 at each speed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from agent.acquire import sentences as say
from agent.acquire.fingerprint import families
from agent.acquire.listen import LineFinding, Listener
from agent.acquire.plan import gap_s
from agent.acquire.speeds import USUAL, Parity
from agent.acquire.transport import Transport, open_transport
from agent.acquire.tty import character_s
from agent.acquire.turn import SLACK_S, Timing, ask
from agent.api import Driver, Fault, FaultCode, Found, Item, Probe
from agent.config.settings import LineSettings
from agent.errors import Retry
from agent.system.clock import Clock

LISTEN_S = 1.3
RECOGNISE_S = 2.6
QUIET_S = 1.2
"""Silence after which the first bytes were noise, as of a plug, and no streaming device."""
FIRST_UNITS = 16
LAST_UNIT = 247
ANSWER_CHARACTERS = 260
NOTHING = say.NOTHING_ANSWERS_CHECK_POWER()
UNKNOWN = say.SOMETHING_TALKS_LINE_BUT()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """``line`` is how the line is set, None where nothing was found; ``hints`` are sentences."""

    line: LineSettings | None
    devices: tuple[LineFinding, ...] = ()
    hints: tuple[str, ...] = ()


class Scan:
    """One scan of ``port``. ``tell`` is given what is being done, and how many steps of how many are."""

    def __init__(
        self,
        port: LineSettings,
        drivers: Mapping[str, Driver],
        clock: Clock,
        tell: Callable[[str, int, int], None],
        *,
        timeout_s: float = 0.1,
        thorough: bool = True,
        usual: Sequence[tuple[int, Parity]] = USUAL,
        last: int = LAST_UNIT,
    ) -> None:
        self._port = port
        self._drivers = drivers
        self._clock = clock
        self._tell = tell
        self._timeout_s = timeout_s
        self._thorough = thorough
        self._usual = usual
        self._last = last
        asked = [(name, driver.probe) for name, driver in drivers.items() if driver.probe and driver.probe.question]
        self._probes = sorted(asked, key=lambda row: len(row[1].addresses))
        self._opened = False
        self._damaged: set[tuple[int, Parity, int]] = set()

    async def run(self) -> Result:
        """All that can be found out. Raises Retry where the port cannot be opened."""
        received = await self._listen()
        if received.devices or received.hints:
            return received
        most = max((len(self._addresses(probe)) for _, probe in self._probes), default=0)
        for count in (FIRST_UNITS, most) if self._thorough and most > FIRST_UNITS else (FIRST_UNITS,):
            for number, setting in enumerate(self._usual):
                self._tell(
                    say.ASKING_ADDRESSES(setting=_name(setting), count=min(count, most)), number, len(self._usual)
                )
                result = await self._ask_all(setting, count)
                if result is not None:
                    return result
        return Result(line=None, hints=(*self._hints(None), NOTHING))

    def _addresses(self, probe: Probe) -> list[int]:
        return [address for address in probe.addresses if address <= self._last]

    async def _ask_all(self, setting: tuple[int, Parity], count: int) -> Result | None:
        """The devices that answer at ``setting``; None where none of the first ``count`` addresses does."""
        async with self._open(setting) as (line, port):
            if port is None:
                return None
            there = {name: await self.sweep(port, line, name, 0, count) for name, _ in self._probes}
            if not any(there.values()):
                return None
            self._tell(say.ASKING_ALL_ADDRESSES(setting=_name(setting)), 0, self._last)
            devices = []
            for name, _ in self._probes:
                there[name] |= await self.sweep(port, line, name, count, self._last)
                devices += [await self._recognise(port, line, name, found) for _, found in sorted(there[name].items())]
            return Result(line=line, devices=tuple(devices), hints=self._hints(setting))

    @asynccontextmanager
    async def _open(self, setting: tuple[int, Parity]) -> AsyncIterator[tuple[LineSettings, Transport | None]]:
        """The port at ``setting``; None where it does not know that setting. Raises Retry where it is not there."""
        line = msgspec.structs.replace(self._port, baud=setting[0], parity=setting[1])
        async with AsyncExitStack() as stack:
            try:
                port = await stack.enter_async_context(open_transport(line))
            except Retry:
                if not self._opened:
                    raise
                yield line, None
                return
            self._opened = True
            yield line, port

    async def _listen(self) -> Result:
        """Who talks by himself."""
        spoke = False
        for number, setting in enumerate(self._usual):
            self._tell(say.LISTENING(setting=_name(setting)), number, len(self._usual))
            async with self._open(setting) as (line, port):
                if port is None:
                    continue
                listener = Listener(self._drivers)
                received_at = now = self._clock.monotonic()
                end = now + (RECOGNISE_S if spoke else LISTEN_S)
                while (now := self._clock.monotonic()) < end:
                    data = await port.receive(end - now)
                    if data:
                        received_at = self._clock.monotonic()
                        end = end if spoke else received_at + RECOGNISE_S
                        spoke = True
                    said = listener.feed(data, self._clock.now()) if data else b""
                    if said:
                        await port.send(said)
                if listener.found is not None:
                    return Result(line=line, devices=(listener.found,))
            if (
                number == 0 and end - received_at > QUIET_S
            ):  # a streaming device is received at any speed, though not decoded
                return Result(line=None)
        return Result(line=None, hints=(UNKNOWN,))

    async def sweep(self, port: Transport, line: LineSettings, name: str, begin: int, end: int) -> dict[str, Found]:
        """The devices of a driver that answer at its addresses ``begin`` to ``end``, by what tells them apart."""
        probe = self._drivers[name].probe
        there: dict[str, Found] = {}
        if probe is None or probe.question is None or probe.answers is None:
            return there
        addresses = self._addresses(probe)
        asked: tuple[int, bytes] | None = None
        for number, address in enumerate(addresses[begin:end]):
            if number % 16 == 15:
                self._tell(say.BAUD_ASKING_ADDRESSES(baud=line.baud), number, len(addresses[begin:end]))
            late = port.waiting()
            if asked and late and any(_key(found) in there for found in probe.answers(asked[1], late)):
                self._damaged.add((line.baud, line.parity, asked[0]))  # a second answer, after that of the first
            question = probe.question(address)
            asked = address, question
            received = await self._exchange(port, line, question, probe.timeout_s or self._timeout_s)
            answers = [(_key(found), found) for found in probe.answers(question, received)]
            there.update(answers)
            doubtful = received and not answers and received != question
            if len(addresses) > 1 and (doubtful or len({key for key, _ in answers}) < len(answers)):
                self._damaged.add((line.baud, line.parity, address))
        return there

    async def _exchange(self, port: Transport, line: LineSettings, question: bytes, timeout_s: float) -> bytes:
        """What comes after ``question``, until it is silent again."""
        each_s = character_s(line)
        await port.send(question)
        end = self._clock.monotonic() + len(question) * each_s + timeout_s
        received = b""
        while (now := self._clock.monotonic()) < end:
            data = await port.receive(end - now)
            if data and not received:
                end = now + timeout_s + ANSWER_CHARACTERS * each_s
            received += data
            if received and not data:
                break
            if data:  # a pause of a few characters ends an answer; another device of that address may begin later
                end = min(end, self._clock.monotonic() + max(16 * each_s, SLACK_S))
        if received:
            await port.pause(gap_s(line))
        return received

    async def _recognise(self, port: Transport, line: LineSettings, name: str, found: Found) -> LineFinding:
        driver = self._drivers[name]
        if driver.probe is None or driver.probe.candidates is None:
            return LineFinding(driver=name, options=found.options, text=found.text, complete=found.complete)
        self._tell(f"recognising {', '.join(f'{key} {value}' for key, value in found.options.items())}", 0, 1)

        async def answers(options: object) -> Sequence[Item] | None:
            return await self._round(port, line, driver, options)

        fits = await families(driver, driver.probe.candidates(found), answers)
        if not fits:
            return LineFinding(driver=name, options=found.options, text=say.FITS_NO_PROFILE(), complete=False)
        return LineFinding(driver=name, options=fits[0].options, others=tuple(fit.name for fit in fits[1:]))

    async def _round(
        self, port: Transport, line: LineSettings, driver: Driver, options: object
    ) -> Sequence[Item] | None:
        codec = driver.codec("x", options)
        timing = Timing(character_s=character_s(line), timeout_s=max(0.3, self._timeout_s), echo=line.echo)
        items: list[Item] = []
        step = 0
        while request := codec.ask(step):
            received = await ask(port, codec, request, timing, self._clock)
            await port.pause(gap_s(line))
            if any(isinstance(item, Fault) and item.code is not FaultCode.NOT_AVAILABLE for item in received.items):
                return None
            items += received.items
            step += 1
        return items

    def _hints(self, setting: tuple[int, Parity] | None) -> tuple[str, ...]:
        units = sorted(unit for baud, parity, unit in self._damaged if setting in {None, (baud, parity)})
        if not units:
            return ()
        named = ", ".join(map(str, units[:8])) + (" ..." if len(units) > 8 else "")
        return (say.DAMAGED_OR_DOUBLE_ANSWERS(named=named),)


def _key(found: Found) -> str:
    """What tells a device from others of its driver; addresses in their order."""
    return ", ".join(f"{value:5}" if isinstance(value, int) else str(value) for value in found.options.values())


def _name(setting: tuple[int, Parity]) -> str:
    return f"{setting[0]} 8{setting[1][0].upper()}1"
