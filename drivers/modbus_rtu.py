"""Modbus RTU: registers of any slave on RS-485 (or behind a gateway that passes RTU through TCP).

Modbus over Serial Line V1.02, section 2.5.1. Frames are told apart by silence; we know what answer we wait for, so we
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

from collections.abc import Iterator, Sequence

from agent.api import Codec, Driver, FaultCode, Item, Probe, Stamp, crc16_modbus
from drivers import _probe
from drivers._block import Block
from drivers._modbus import ModbusOptions, Table, check, measured

MOST_QUESTIONS = 500
LONGEST = 512
"""Bytes that are kept while an answer is looked for: two of the longest frames."""
COUNTS_OTHERWISE = (
    "It counts its answer otherwise than the standard, or an earlier answer came late: read fewer registers at once "
    "(max_registers) or raise timeout_s."
)


class Question:
    """One block with the bytes that ask for it and those that an answer to it begins with."""

    def __init__(self, unit: int, block: Block) -> None:
        body = bytes((unit,)) + block.question
        self.block = block
        self.request = body + crc16_modbus(body).to_bytes(2, "little")
        self.head = bytes((unit,)) + block.head
        self.refusal = bytes((unit, block.question[0] | 0x80))
        self.size = len(self.head) + block.bytes + 2
        self.repeated = block.question == block.head  # a write of one register: its answer is the question


class Rtu(Codec):
    """One slave. Echoes, frames of others and noise around the answer are skipped."""

    def __init__(self, device: str, options: ModbusOptions) -> None:
        self._unit = options.unit
        self._table = Table(device, options)
        self._question: Question | None = None
        self._made: dict[int, Question] = {}
        self._heard = b""

    def ask(self, step: int) -> bytes:
        self._heard = b""
        block = self._table.at(step)
        self._question = self._asked(block) if block else None
        return self._question.request if self._question else b""

    def _asked(self, block: Block) -> Question:
        question = self._made.get(id(block))
        if question is None or question.block is not block:
            if len(self._made) > MOST_QUESTIONS:
                self._made.clear()
            question = self._made[id(block)] = Question(self._unit, block)
        return question

    @property
    def waiting(self) -> bool:
        return self._question is not None

    @property
    def pause_s(self) -> float:
        return self._table.pause_s

    @property
    def missing_bytes(self) -> int:
        return max(0, self._question.size - len(self._heard)) if self._question else 0

    def raw(self) -> dict[str, bytes]:
        return self._table.raw()

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        question = self._question
        if question is None:
            return ()
        if not data:
            self._question = None
            return self._silence(question, now)
        self._heard = heard = (self._heard + data)[-LONGEST:]
        if not question.repeated:
            heard = heard[_echoed(heard, question.request) :]
        frame = _find(heard, question.head, question.size, question.request)
        if frame is not None:
            self._question = None
            return self._table.decoded(question.block, frame[len(question.head) : -2], now)
        refusal = _find(heard, question.refusal, 5, question.request)
        if refusal is not None:
            self._question = None
            return self._table.refused(question.block, refusal[2], now)
        return ()

    def _silence(self, question: Question, now: Stamp) -> list[Item]:
        block, who = question.block, f"unit {self._unit}"
        heard = self._heard.replace(question.request, b"")  # our own echo is no answer
        if not heard:
            if self._heard and _find(question.request, question.head, question.size, b"") is not None:
                self._table.split(block)  # an answer that reads like the question is taken for its echo
            return self._table.failed(block, FaultCode.NO_ANSWER, f"{who} does not answer", now)
        frame = next(_frames(heard), None)
        if frame is None:
            text = f"{who}: {len(heard)} bytes came, no whole answer with a right checksum"
            return self._table.failed(block, FaultCode.BAD_FRAME, text, now)
        if frame[0] != self._unit:
            text = f"{who} was asked, unit {frame[0]} answered"
            return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now)
        if frame[1] == block.question[0] and frame[2] != block.bytes:
            text = f"{who} answers with {frame[2]} bytes, {block.words} has {block.bytes}"
            return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now, COUNTS_OTHERWISE)
        text = f"{who} was asked, an answer to another question came"
        return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now)


def _echoed(heard: bytes, request: bytes) -> int:
    """Where our own question ends that the line gave back; 0 where it did not. What came before it is no answer."""
    at = heard.find(request)
    return at + len(request) if at >= 0 else 0


def _find(heard: bytes, head: bytes, size: int, request: bytes) -> bytes | None:
    """The first whole frame that begins with ``head`` and does not answer another question than ``request``."""
    at = heard.find(head)
    while 0 <= at <= len(heard) - size:
        frame = heard[at : at + size]
        if crc16_modbus(frame) == 0 and not _foreign(heard[max(0, at - 8) : at], request):
            return frame
        at = heard.find(head, at + 1)
    return None


def _foreign(before: bytes, request: bytes) -> bool:
    """Whether the eight bytes before an answer are another master's question to the same unit and function."""
    return len(before) == 8 and before[:2] == request[:2] and before != request and crc16_modbus(before) == 0


def _frames(heard: bytes) -> Iterator[bytes]:
    """Whole frames in ``heard``: answers, exceptions and questions."""
    for at in range(len(heard) - 4):
        function = heard[at + 1] & 0x7F
        if not 1 <= function <= 4 or heard[at] > 247:
            continue
        size = 5 if heard[at + 1] & 0x80 else 5 + heard[at + 2]
        for length in (size, 8):
            if at + length <= len(heard) and crc16_modbus(heard[at : at + length]) == 0:
                yield heard[at : at + length]


def _check(options: ModbusOptions) -> list[str]:
    """Addresses past 247 are reserved, and to 0, everybody, nobody answers (V1.02, 2.2)."""
    reserved = [] if 1 <= options.unit <= 247 else [f"unit: {options.unit} is no address of a device; use 1 to 247"]
    return reserved + check(options)


DRIVER = Driver(
    name="modbus_rtu",
    summary="Modbus RTU slaves on RS-485, by register table or device profile",
    options=ModbusOptions,
    codec=Rtu,
    quantities=measured,
    sample={"unit": 1, "profile": "weather_six"},
    check=_check,
    every_s=1.0,
    label=lambda options: f"unit {options.unit}",
    gap=True,
    probe=Probe(
        addresses=_probe.ADDRESSES,
        question=_probe.question,
        answers=_probe.answers,
        candidates=_probe.candidates,
    ),
)
