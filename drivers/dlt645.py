"""Electricity meters that speak DL/T 645-2007, the rule in China: energy, voltage, current, power, per phase.

DL/T 645-2007, section 5 (frames), annex A (data identifiers); 2,400 baud 8E1 by default. One question, one answer:

    FE FE FE FE  68 AA AA AA AA AA AA 68 CC LL DD ... KK 16

    FE  wake-up, 1 to 4 of them before a frame, none from some meters
    AA  address, 12 BCD digits, lowest byte first; AA in every byte: anybody receives it
    CC  control: 11 read, 13 tell your address; an answer has the highest bit set, a refusal the next one too
    LL  number of data bytes
    DD  data, each byte + 33: the identifier, lowest byte first, then the value in BCD, lowest byte first;
        the highest bit of a signed value says minus; FF in all bytes: no value; a refusal has one byte of reasons
    KK  sum of all bytes from the first 68 on

Phases of one quantity are read as a block (FF in the identifier's second byte), and one by one where the meter has no
such block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from agent.api import Annotated, Codec, Driver, Fault, FaultCode, Found, Item, Meta, Options, Probe, Reading, Stamp
from drivers import _sentences as say
from drivers import _sentences_options as about
from drivers._dlt645 import (
    ANSWER,
    ANYONE,
    HEAD,
    LONGEST,
    OLD_READ,
    READ,
    REFUSED,
    ROWS,
    TELL_ADDRESS,
    WAKE_UP,
    MeterFrame,
    MeterItem,
    encode,
    frames,
)

OTHER_ITEM = say.METER_COUNTS_ITEM_OTHERWISE()
OLD_METER = say.DRIVER_READS_VERSION_CHECK()
NO_SUCH_DATA = 2
REASONS = (say.ANOTHER_ERROR(), say.NO_SUCH_DATA(), say.WRONG_PASSWORD(), say.BAUD_RATE_CANNOT_CHANGED())

Name = Literal[
    "active_energy",
    "active_energy_combined",
    "active_energy_reverse",
    "voltage_a",
    "voltage_b",
    "voltage_c",
    "current_a",
    "current_b",
    "current_c",
    "active_power",
    "reactive_power",
    "apparent_power",
    "power_factor",
    "frequency",
]


class MeterOptions(Options, frozen=True, kw_only=True):
    """Without an address the meter is asked for it, which needs it to be alone on its line."""

    address: Annotated[
        Annotated[str, Meta(pattern=r"^[0-9]{1,12}$")] | None,
        Meta(description=about.NUMBER_METER_PLATE_SAYS()),
    ] = None
    read: Annotated[tuple[Name, ...], Meta(min_length=1, description=about.WHAT_READ())] = (
        "active_energy",
        "voltage_a",
        "current_a",
        "active_power",
    )
    wake_up: Annotated[int, Meta(ge=0, le=8, description=about.BYTES_FE_BEFORE_QUESTION())] = 4


class MeterQuestion(msgspec.Struct, frozen=True):
    """``rows`` that one question reads; none: the question for the address."""

    control: int
    item: int
    rows: tuple[MeterItem, ...]

    @property
    def answer_bytes(self) -> int:
        data = 4 + sum(row.size for row in self.rows) if self.rows else 6
        return HEAD + data + 2

    @property
    def block(self) -> bool:
        return len(self.rows) > 1

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(row.measures.name for row in self.rows)


def questions(options: MeterOptions) -> list[MeterQuestion]:
    """One per item; the phases of a quantity share one where more than one is read."""
    wanted = [ROWS[name] for name in dict.fromkeys(options.read)]
    found: dict[int, MeterQuestion] = {}
    for row in wanted:
        phases = tuple(other for other in ROWS.values() if row.block and other.block == row.block)
        shared = len(phases) > 1 and sum(other in wanted for other in phases) > 1
        item = row.block if shared else row.item
        found.setdefault(item, MeterQuestion(READ, item, phases if shared else (row,)))
    return list(found.values())


class Meter(Codec):
    """One meter. The phases that nobody wants are read with their block, and not reported."""

    def __init__(self, device: str, options: MeterOptions) -> None:
        self._device = device
        self._given = options.address.zfill(12) if options.address else None
        self._address = self._given  # or the one that the meter reported
        self._wake_up = bytes((WAKE_UP,)) * options.wake_up
        self._wanted = frozenset(options.read)
        self._questions = questions(options)
        self._round = list(self._questions)
        self._find = MeterQuestion(TELL_ADDRESS, 0, ())
        self._finding = False
        self._question: MeterQuestion | None = None
        self._received = b""

    def ask(self, step: int) -> bytes:
        if step == 0:
            self._finding = self._address is None
            self._round = list(self._questions)
        place = step - self._finding
        self._received = b""
        self._question = None
        if place < 0:
            self._question = self._find
            return self._wake_up + encode(ANYONE, TELL_ADDRESS)
        if place >= len(self._round):
            return b""
        self._question = self._round[place]
        item = self._question.item.to_bytes(4, "little")
        return self._wake_up + encode(self._address or ANYONE, READ, item)

    @property
    def waiting(self) -> bool:
        return self._question is not None

    @property
    def mark(self) -> None:
        """Address and item stand in each answer."""

    @property
    def missing_bytes(self) -> int:
        return max(0, self._question.answer_bytes - len(self._received)) if self._question else 0

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        question = self._question
        if question is None:
            return ()
        if not data:
            self._question = None
            fault = self._silence(question, now)
            if fault.code is not FaultCode.BAD_FRAME:  # a meter in its place has another number: ask for it again
                self._address = self._given
            return (fault,)
        self._received = (self._received + data)[-LONGEST:]
        for frame in frames(self._received):
            if frame.control & 0x1F != question.control or not frame.control & ANSWER:
                continue  # our own echo, or somebody else's conversation
            if self._address is not None and frame.address != self._address:
                continue
            if frame.control & REFUSED:
                self._question = None
                return () if self._split(question, frame) else (self._refused(question, frame, now),)
            if question is self._find:
                self._question = None
                reported = frame.data[::-1].hex().upper()  # some meters leave the question's address in the frame
                self._address = reported if frame.address == ANYONE and len(reported) == len(ANYONE) else frame.address
                return ()
            if frame.data[:4] == question.item.to_bytes(4, "little"):
                self._question = None
                return self._decode(question, frame.data[4:], now)
        return ()

    def _decode(self, question: MeterQuestion, data: bytes, now: Stamp) -> list[Item]:
        """Readings of an answer whose length is right: all of it, or of a block the first phases."""
        sizes = [sum(row.size for row in question.rows[:count]) for count in range(len(question.rows) + 1)]
        if len(data) not in sizes:
            text = say.ITEM_BYTES_CAME(item=question.item, data=len(data), sizes=sizes[-1])
            return [self._fault(FaultCode.OUT_OF_RANGE, text, now, self._reported(question), advice=OTHER_ITEM)]
        items: list[Item] = []
        for row in question.rows:
            raw, data = data[: row.size], data[row.size :]
            if row.measures.name in self._wanted:
                items.append(self._item(row, raw, now))
        return items

    def _item(self, row: MeterItem, raw: bytes, now: Stamp) -> Item:
        name = row.measures.name
        if len(raw) < row.size or raw == b"\xff" * row.size:
            return self._fault(FaultCode.NOT_AVAILABLE, say.METER_NO_VALUE(name=name), now, (name,))
        number = int.from_bytes(raw, "little")
        sign_bit = 1 << (8 * row.size - 1)
        minus = row.signed and bool(number & sign_bit)
        digits = f"{number & ~sign_bit if minus else number:x}"
        if not digits.isdecimal():
            return self._fault(FaultCode.OUT_OF_RANGE, say.NO_BCD_NUMBER(name=name, raw=raw.hex()), now, (name,))
        value = int(digits) * row.scale / 10**row.decimals * (-1 if minus else 1)
        if not row.low <= value <= row.high:
            return self._fault(FaultCode.OUT_OF_RANGE, say.CANNOT_2(name=name, value=value), now, (name,))
        return Reading(device=self._device, quantity=name, value=value, unit=row.measures.unit, at=now)

    def _split(self, question: MeterQuestion, frame: MeterFrame) -> bool:
        """Read phases one by one, now and from now on, where the meter has no block of them; whether that can be."""
        no_such_data = bool(frame.data) and bool(frame.data[0] & NO_SUCH_DATA)
        if not no_such_data or question not in self._questions or not question.block:
            return False
        parts = [MeterQuestion(READ, row.item, (row,)) for row in question.rows if row.measures.name in self._wanted]
        for plan in (self._questions, self._round):
            place = plan.index(question)
            plan[place : place + 1] = parts if plan is self._questions else [question, *parts]
        return True

    def _refused(self, question: MeterQuestion, frame: MeterFrame, now: Stamp) -> Fault:
        bits = frame.data[0] if frame.data else 0
        why = ", ".join(text for number, text in enumerate(REASONS) if bits >> number & 1) or f"error {bits:02X}"
        return self._fault(FaultCode.EXCEPTION, f"item {question.item:08X}: {why}", now, self._reported(question))

    def _silence(self, question: MeterQuestion, now: Stamp) -> Fault:
        received = [frame for frame in frames(self._received) if frame.control & ANSWER]
        old = [frame for frame in received if frame.control & 0x1F == OLD_READ and frame.address == self._address]
        if old:
            text = say.SPEAKS_DL_T_CONTROL(what=self._who(), control=old[-1].control)
            return self._fault(FaultCode.WRONG_DEVICE, text, now, self._reported(question), advice=OLD_METER)
        rest = self._received.replace(bytes((WAKE_UP,)), b"")
        names = self._reported(question)
        if received:
            who = (
                f"meter {received[-1].address}"
                if received[-1].address != self._address
                else say.ANSWER_ANOTHER_QUESTION()
            )
            return self._fault(FaultCode.WRONG_DEVICE, say.ASKED_CAME(what=self._who(), who=who), now, names)
        if not rest or any(True for _ in frames(self._received)):
            return self._fault(FaultCode.NO_ANSWER, say.DOES_NOT_ANSWER(what=self._who()), now, names)
        text = say.BYTES_CAME_NO_WHOLE(what=self._who(), received=len(self._received))
        return self._fault(FaultCode.BAD_FRAME, text, now, names)

    def _reported(self, question: MeterQuestion) -> tuple[str, ...]:
        return tuple(name for name in question.names if name in self._wanted)

    def _who(self) -> str:
        return f"meter {self._address}" if self._address else "a meter"

    def _fault(self, code: FaultCode, text: str, now: Stamp, names: tuple[str, ...], advice: str = "") -> Fault:
        return Fault(device=self._device, code=code, text=text, at=now, quantities=names, advice=advice)


def _meters(_question: bytes, received: bytes) -> list[Found]:
    """The meter that reported its number; where there are several, their answers collide."""
    reported = [frame.address for frame in frames(received) if frame.control == TELL_ADDRESS | ANSWER]
    return [Found(options={"address": address}) for address in sorted(reported)]


DRIVER = Driver(
    name="dlt645",
    summary=say.ELECTRICITY_METERS_SPEAK_DL(),
    options=MeterOptions,
    codec=Meter,
    quantities=lambda options: tuple(ROWS[name].measures for name in options.read),
    sample={"address": "202611230001"},
    every_s=10.0,
    label=lambda options: f"meter {options.address}" if options.address else say.METER(),
    probe=Probe(
        addresses=(0,),
        question=lambda _: bytes((WAKE_UP,)) * 4 + encode(ANYONE, TELL_ADDRESS),
        answers=_meters,
        timeout_s=0.6,  # section 5.1: an answer begins within 500 ms
    ),
)
