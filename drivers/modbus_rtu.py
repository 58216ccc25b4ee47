"""Modbus RTU: registers of any slave on RS-485 (or behind a gateway that passes RTU through TCP).

Modbus over Serial Line V1.02, section 2.5.1. Silence separates frames; we know what answer we wait for, so we
look for exactly that, anywhere in what comes:

    question    UU FF AA AA CC CC KK KK
    answer      UU FF NN  DD ...  KK KK
    exception   UU FF+80 EE       KK KK

    UU  unit, 1 to 247
    FF  function: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers; 6, 16 and 23 where a profile
        must write before it can read (drivers/_profile.py)
    AA  address, CC count, high byte first
    NN  number of data bytes, DD data
    EE  exception code
    KK  CRC-16/MODBUS of all before it, low byte first
"""

from __future__ import annotations

import struct
from collections.abc import Hashable, Iterator, Sequence

from agent.api import Codec, Driver, FaultCode, Item, Mark, Probe, Profiles, Stamp, crc16_modbus
from drivers import _explain, _probe
from drivers import _sentences_modbus as say
from drivers._block import RegisterBlock
from drivers._modbus import ModbusOptions, check, measured, writes
from drivers._profile import READ_AND_WRITE, WRITE_MANY, WRITE_ONE
from drivers._table import RegisterTable

MOST_REGISTERS, MOST_BITS = 125, 2000  # V1.1b3, 6.1 to 6.4
WAYS = 16
"""Ways to ask otherwise, each a register wider: so many questions of one length are kept apart, and one more."""
MOST_QUESTIONS = 500
ANSWER_OF_8 = frozenset({WRITE_ONE, WRITE_MANY})
LONGEST = 512
"""Bytes that are kept while an answer is looked for: two of the longest frames."""
NETWORK = say.ANSWER_MODBUS_TCP_GATEWAY()
ASCII = say.ANSWER_MODBUS_ASCII_SET()
COUNTS_OTHERWISE = say.COUNTS_ANSWER_OTHERWISE_THAN()


class RegisterQuestion:
    """One block with the bytes that ask for it and those that an answer to it begins with.

    ``wider`` by so many data words than the block: an answer tells by its length which question it belongs to.
    """

    def __init__(self, unit: int, block: RegisterBlock, wider: int = 0) -> None:
        bits = block.function <= 2
        self.count = block.count + wider * (8 if bits else 1)
        head = bytes((block.head[0], block.bytes + wider * (1 if bits else 2))) if wider else block.head
        asked = struct.pack(">BHH", block.function, block.address, self.count) if wider else block.question
        body = bytes((unit,)) + asked
        self.block = block
        self.wider = wider
        self.request = body + crc16_modbus(body).to_bytes(2, "little")
        self.head = bytes((unit,)) + head
        self.refusal = bytes((unit, block.question[0] | 0x80))
        self.size = len(self.head) + block.bytes + (head[1] - block.bytes if wider else 0) + 2
        self.repeated = block.question == block.head  # a write of one register: its answer is the question
        self.mark = Mark(unit, self.head[:3], self.refusal)

    def allowed(self, max_registers: int) -> bool:
        """Whether the protocol has such a question at all, and the device may be asked it."""
        most = MOST_BITS if self.block.function <= 2 else min(max_registers, MOST_REGISTERS)
        plain = self.block.fixed is None and self.block.question[0] <= 4
        return plain and self.count <= most and self.block.address + self.count <= 0x10000


class Rtu(Codec):
    """One slave. Echoes, frames of others and noise around the answer are skipped."""

    def __init__(self, device: str, options: ModbusOptions) -> None:
        self._unit = options.unit
        self._writes = writes(options)
        self._table = RegisterTable(device, options)
        self._question: RegisterQuestion | None = None
        self._made: dict[int, RegisterQuestion] = {}
        first = self._table.block(0)
        self._mark = self._asked(first).mark if first else None
        self._received = b""

    def ask(self, step: int) -> bytes:
        block = self._table.at(step)
        return self._begin(self._asked(block) if block else None)

    def otherwise(self, step: int, way: int) -> bytes:
        """The registers behind those that are wanted are read along."""
        block = self._table.block(step)
        question = RegisterQuestion(self._unit, block, way) if block and 1 <= way <= WAYS else None
        return self._begin(question) if question and question.allowed(self._table.max_registers) else b""

    def _begin(self, question: RegisterQuestion | None) -> bytes:
        self._received = b""
        self._question = question
        if question is None:
            return b""
        self._mark = question.mark
        return question.request

    def _asked(self, block: RegisterBlock) -> RegisterQuestion:
        question = self._made.get(id(block))
        if question is None or question.block is not block:
            if len(self._made) > MOST_QUESTIONS:
                self._made.clear()
            question = self._made[id(block)] = RegisterQuestion(self._unit, block)
        return question

    @property
    def mark(self) -> Mark | None:
        return self._mark

    def answers_in(self, data: bytes) -> Sequence[Hashable]:
        found: list[Hashable] = []
        at = 0
        while (at := data.find(self._unit, at)) >= 0:
            size = _size_at(data, at)
            if size and at + size <= len(data) and crc16_modbus(data[at : at + size]) == 0:
                found.append(data[at : at + 2] if data[at + 1] & 0x80 else data[at : at + 3])
                at += size
            else:
                at += 1
        return found

    @property
    def waiting(self) -> bool:
        return self._question is not None

    @property
    def writes(self) -> bool:
        return self._writes

    @property
    def pause_s(self) -> float:
        return self._table.pause_s

    @property
    def missing_bytes(self) -> int:
        return max(0, self._question.size - len(self._received)) if self._question else 0

    def raw(self) -> dict[str, bytes]:
        return self._table.raw()

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        question = self._question
        if question is None:
            return ()
        if not data:
            self._question = None
            return self._silence(question, now)
        self._received = received = (self._received + data)[-LONGEST:]
        if not question.repeated:
            received = received[_echoed(received, question.request) :]
        frame = _find(received, question.head, question.size, question.request)
        if frame is not None:
            self._question = None
            begin = len(question.head)
            return self._table.decoded(question.block, frame[begin : begin + question.block.bytes], now)
        refusal = _find(received, question.refusal, 5, question.request)
        if refusal is not None:
            self._question = None
            return self._table.refused(question.block, refusal[2], now, plain=not question.wider)
        return ()

    def _silence(self, question: RegisterQuestion, now: Stamp) -> list[Item]:
        block, who = question.block, f"unit {self._unit}"
        received = self._received.replace(question.request, b"")  # our own echo is no answer
        if not received:
            if self._received and _find(question.request, question.head, question.size, b"") is not None:
                self._table.split(block)  # an answer that reads like the question is taken for its echo
            return self._table.failed(block, FaultCode.NO_ANSWER, say.DOES_NOT_ANSWER_2(who=who), now)
        frame = next(_frames(received), None)
        if frame is None:
            text = say.BYTES_CAME_NO_WHOLE_2(who=who, received=len(received))
            return self._table.failed(block, FaultCode.BAD_FRAME, text, now, _spoken(received))
        if frame[0] != self._unit:
            text = say.ASKED_UNIT_ANSWERED(who=who, frame=frame[0])
            return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now)
        if frame[1] == block.question[0] and frame[2] != block.bytes:
            text = say.ANSWERS_BYTES(who=who, frame=frame[2], words=block.words, bytes=block.bytes)
            return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now, COUNTS_OTHERWISE)
        text = say.ASKED_ANSWER_ANOTHER_QUESTION(who=who)
        return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now)


def _size_at(data: bytes, at: int) -> int:
    """How long the answer that begins at ``at`` is; 0 where none can."""
    head = data[at + 1 : at + 3]
    function = head[0] & 0x7F if len(head) == 2 else 0
    if function in ANSWER_OF_8 and not head[0] & 0x80:
        return 8
    if not 1 <= function <= 4 and function != READ_AND_WRITE:
        return 0
    return 5 if head[0] & 0x80 else 5 + head[1]


def _echoed(received: bytes, request: bytes) -> int:
    """Where our own question ends that the line gave back; 0 where it did not. What came before it is no answer."""
    at = received.find(request)
    return at + len(request) if at >= 0 else 0


def _find(received: bytes, head: bytes, size: int, request: bytes) -> bytes | None:
    """The first whole frame that begins with ``head`` and does not answer another question than ``request``."""
    at = received.find(head)
    while 0 <= at <= len(received) - size:
        frame = received[at : at + size]
        if crc16_modbus(frame) == 0 and not _foreign(received[max(0, at - 8) : at], request):
            return frame
        at = received.find(head, at + 1)
    return None


def _foreign(before: bytes, request: bytes) -> bool:
    """Whether the eight bytes before an answer are another master's question to the same unit and function."""
    return len(before) == 8 and before[:2] == request[:2] and before != request and crc16_modbus(before) == 0


def _frames(received: bytes) -> Iterator[bytes]:
    """Whole frames in ``received``: answers, exceptions and questions."""
    for at in range(len(received) - 4):
        function = received[at + 1] & 0x7F
        if not 1 <= function <= 4 or received[at] > 247:
            continue
        size = 5 if received[at + 1] & 0x80 else 5 + received[at + 2]
        for length in (size, 8):
            if at + length <= len(received) and crc16_modbus(received[at : at + length]) == 0:
                yield received[at : at + length]


def _spoken(received: bytes) -> str:
    """What to do where another kind of Modbus came."""
    if len(received) >= 9 and received[2:4] == b"\0\0" and int.from_bytes(received[4:6]) == len(received) - 6:
        return NETWORK
    return ASCII if received[:1] == b":" and received[-2:] == b"\r\n" else ""


def _check(options: ModbusOptions) -> list[str]:
    """Addresses past 247 are reserved, and to 0, everybody, nobody answers (V1.02, 2.2)."""
    reserved = [] if 1 <= options.unit <= 247 else [say.UNIT_NO_ADDRESS_DEVICE(unit=options.unit)]
    return reserved + check(options)


DRIVER = Driver(
    name="modbus_rtu",
    summary=say.MODBUS_RTU_SLAVES_RS(),
    options=ModbusOptions,
    codec=Rtu,
    quantities=measured,
    sample={"unit": 1, "profile": "weather_six"},
    check=_check,
    every_s=1.0,
    label=lambda options: f"unit {options.unit}",
    profiles=Profiles(summaries=_explain.profile_summaries, explain=_explain.explain_profile),
    explain=_explain.explain,
    gap=True,
    probe=Probe(
        addresses=_probe.ADDRESSES,
        question=_probe.question,
        answers=_probe.answers,
        candidates=_probe.candidates,
    ),
)
