"""``poleagent scan``: what hangs on a line, and how it is set. It only reads and never writes to a device.

First it listens; where bytes come by themselves it looks for the speed at which they make sense. Else it asks: each
usual speed with the question for a DL/T 645 meter's address and the first Modbus addresses, then all 247 where
something answered, and if nothing did, all 247 at each speed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

import msgspec

from agent.acquire.fingerprint import profiles_of
from agent.acquire.listen import Found, Listener
from agent.acquire.plan import gap_s
from agent.acquire.transport import Transport, open_transport
from agent.acquire.tty import character_s
from agent.acquire.turn import Timing, ask
from agent.api import Driver, Fault, FaultCode, Item, crc16_modbus
from agent.config.settings import LineSettings
from agent.errors import Retry
from agent.system.clock import Clock
from drivers._dlt645 import ANSWER, ANYONE, TELL_ADDRESS, WAKE_UP, encode, frames

LISTEN_S = 1.3
RECOGNISE_S = 2.6
QUIET_S = 1.2
"""Silence after which what was heard at first was noise, as of a plug, and nobody who talks."""
METER_S = 0.6  # DL/T 645-2007, 5.1: an answer begins within 500 ms
FIRST_UNITS = 16
LAST_UNIT = 247
ANSWER_CHARACTERS = 260
Parity = Literal["none", "even", "odd"]
USUAL: tuple[tuple[int, Parity], ...] = (
    (9600, "none"),
    (2400, "even"),
    (115200, "none"),
    (4800, "none"),
    (19200, "none"),
    (19200, "even"),
    (9600, "even"),
    (38400, "none"),
    (57600, "none"),
    (1200, "even"),
    (4800, "even"),
    (2400, "none"),
    (9600, "odd"),
)
"""Baud rate and parity, the most usual first."""
NOTHING = "nothing answers. Check power, the A/B wires (swapped?) and that the port is the right one."
UNKNOWN = (
    "something talks on this line, but in no language that is known here. Unplug its devices one by one until it is "
    "silent, then scan again."
)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """``line`` is how the line is set, None where nothing was found; ``hints`` are sentences."""

    line: LineSettings | None
    devices: tuple[Found, ...] = ()
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
        self._units = range(1, last + 1)
        self._opened = False
        self._damaged: set[tuple[int, Parity, int]] = set()

    async def run(self) -> Result:
        """All that can be found out. Raises Retry where the port cannot be opened."""
        heard = await self._listen()
        if heard.devices or heard.hints:
            return heard
        first = self._units[:FIRST_UNITS]
        for units in (first, self._units) if self._thorough and len(first) < len(self._units) else (first,):
            for number, setting in enumerate(self._usual):
                self._tell(f"{_name(setting)}: asking {len(units)} addresses", number, len(self._usual))
                result = await self._ask_all(setting, units)
                if result is not None:
                    return result
        return Result(line=None, hints=(*self._hints(None), NOTHING))

    async def _ask_all(self, setting: tuple[int, Parity], units: Sequence[int]) -> Result | None:
        """Who answers at ``setting``; None where nobody does."""
        async with self._open(setting) as (line, port):
            if port is None:
                return None
            meters = await self._meters(port, line)
            there = await self.sweep(port, line, units)
            if not meters and not there:
                return None
            self._tell(f"{_name(setting)}: asking all addresses", 0, len(self._units))
            there |= await self.sweep(port, line, [unit for unit in self._units if unit not in units])
            devices = [*meters, *[await self._recognise(port, line, unit) for unit in sorted(there)]]
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
            self._tell(f"{_name(setting)}: listening", number, len(self._usual))
            async with self._open(setting) as (line, port):
                if port is None:
                    continue
                listener = Listener(self._drivers)
                heard_at = now = self._clock.monotonic()
                end = now + (RECOGNISE_S if spoke else LISTEN_S)
                while (now := self._clock.monotonic()) < end:
                    data = await port.receive(end - now)
                    if data:
                        heard_at = self._clock.monotonic()
                        end = end if spoke else heard_at + RECOGNISE_S
                        spoke = True
                    said = listener.feed(data, self._clock.now()) if data else b""
                    if said:
                        await port.send(said)
                if listener.found is not None:
                    return Result(line=line, devices=(listener.found,))
            if number == 0 and end - heard_at > QUIET_S:  # whoever talks is heard at any speed, though not understood
                return Result(line=None)
        return Result(line=None, hints=(UNKNOWN,))

    async def _meters(self, port: Transport, line: LineSettings) -> list[Found]:
        """The DL/T 645 meter, if one is there; of several the answers collide."""
        question = bytes((WAKE_UP,)) * 4 + encode(ANYONE, TELL_ADDRESS)
        heard = await self._exchange(port, line, question, METER_S)
        addresses = sorted({frame.address for frame in frames(heard) if frame.control == TELL_ADDRESS | ANSWER})
        return [Found(driver="dlt645", options={"address": address}) for address in addresses]

    async def sweep(self, port: Transport, line: LineSettings, units: Sequence[int]) -> set[int]:
        """Which of ``units`` answer."""
        there: set[int] = set()
        for number, unit in enumerate(units):
            if number % 16 == 15:
                self._tell(f"{line.baud} baud: asking addresses", number, len(units))
            question = bytes((unit, 3, 0, 0, 0, 1))
            question += crc16_modbus(question).to_bytes(2, "little")
            heard = await self._exchange(port, line, question, self._timeout_s)
            answered = units_in(heard.removeprefix(question))
            there.update(answered)
            if (heard and not answered and heard != question) or len(set(answered)) < len(answered):
                self._damaged.add((line.baud, line.parity, unit))
        return there

    async def _exchange(self, port: Transport, line: LineSettings, question: bytes, timeout_s: float) -> bytes:
        """What comes after ``question``, until it is silent again."""
        each_s = character_s(line)
        port.waiting()  # what came too late for the question before is lost
        await port.send(question)
        end = self._clock.monotonic() + len(question) * each_s + timeout_s
        heard = b""
        while (now := self._clock.monotonic()) < end:
            data = await port.receive(end - now)
            if data and not heard:
                end = now + timeout_s + ANSWER_CHARACTERS * each_s
            heard += data
            if heard and not data:
                break
            if data:  # a pause of a few characters ends an answer
                end = min(end, self._clock.monotonic() + max(16 * each_s, 0.01))
        if heard:
            await port.pause(gap_s(line))
        return heard

    async def _recognise(self, port: Transport, line: LineSettings, unit: int) -> Found:
        self._tell(f"recognising unit {unit}", unit, self._units[-1])
        driver = self._drivers["modbus_rtu"]

        async def answers(options: object) -> Sequence[Item] | None:
            return await self._round(port, line, driver, options)

        profiles = await profiles_of(unit, driver, answers)
        if not profiles:
            return Found(driver="modbus_rtu", options={"unit": unit}, text="fits no profile", complete=False)
        options = {"unit": unit, "profile": profiles[0]}
        return Found(driver="modbus_rtu", options=options, others=tuple(profiles[1:]))

    async def _round(
        self, port: Transport, line: LineSettings, driver: Driver, options: object
    ) -> Sequence[Item] | None:
        codec = driver.codec("x", options)
        timing = Timing(character_s=character_s(line), timeout_s=max(0.3, self._timeout_s), echo=line.echo)
        items: list[Item] = []
        step = 0
        while request := codec.ask(step):
            heard = await ask(port, codec, request, timing, self._clock)
            await port.pause(gap_s(line))
            if any(isinstance(item, Fault) and item.code is not FaultCode.NOT_AVAILABLE for item in heard.items):
                return None
            items += heard.items
            step += 1
        return items

    def _hints(self, setting: tuple[int, Parity] | None) -> tuple[str, ...]:
        units = sorted(unit for baud, parity, unit in self._damaged if setting in {None, (baud, parity)})
        if not units:
            return ()
        named = ", ".join(map(str, units[:8])) + (" ..." if len(units) > 8 else "")
        return (f"damaged or double answers came for unit {named}: two devices with one address, or a bad cable.",)


def units_in(heard: bytes) -> list[int]:
    """The unit of each whole answer or exception to a question for one holding register."""
    found = []
    for at in range(len(heard) - 4):
        size = {3: 7, 0x83: 5}.get(heard[at + 1])
        if size and 1 <= heard[at] <= 247 and at + size <= len(heard) and not crc16_modbus(heard[at : at + size]):
            found.append(heard[at])
    return found


def _name(setting: tuple[int, Parity]) -> str:
    return f"{setting[0]} 8{setting[1][0].upper()}1"
