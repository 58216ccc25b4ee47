"""The questions of a Modbus device, round by round, split where it refuses them, and what its answers mean. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent.api import Fault, FaultCode, Item, Stamp
from drivers import _sentences_modbus as texts
from drivers._block import RegisterBlock, RegisterWrite
from drivers._derive import Derivation
from drivers._modbus import ModbusOptions, blocks, whole

EXCEPTIONS = {
    1: texts.DEVICE_DOES_NOT_KNOW(),
    2: texts.NO_SUCH_REGISTER(),
    3: texts.DOES_NOT_ACCEPT_NUMBER(),
    4: texts.DEVICE_FAILED(),
    5: texts.NEEDS_LONGER(),
    6: texts.DEVICE_BUSY(),
    7: texts.CANNOT(),
    8: texts.MEMORY_DAMAGED(),
    10: texts.GATEWAY_NO_PATH(),
    11: texts.GATEWAY_GOT_NO_ANSWER(),
}
NO_SUCH_ADDRESS = 2
NOT_SO = frozenset({2, 3})
"""Exceptions of a device that may give in parts what it does not give at once."""
BUSY = frozenset({5, 6})
GATEWAY_WITHOUT_RESPONSE = 11
ADVICE = {
    4: texts.LOOK_OWN_DISPLAY_OR(),
    5: texts.BUSY_READ_LESS_OFTEN(),
    6: texts.BUSY_READ_LESS_OFTEN(),
    8: texts.MEMORY_DAMAGED_REPLACED(),
    10: texts.CHECK_LINES_UNITS_GATEWAY(),
}
SPLIT_AGAIN = 100
"""Rounds until a block that was refused in all its parts is tried in parts again: a choice."""


class RegisterTable:
    """The questions of a device, round by round.

    A block that is refused with exception 2 or 3 is read in parts, in the same round and from then on; where all parts
    are refused too it is asked whole again, so that a wrong profile costs no more than one question.
    """

    def __init__(self, device: str, options: ModbusOptions) -> None:
        self._device = device
        self._plan = blocks(device, options)
        self._round: list[RegisterBlock] = []
        table = whole(options)
        self.pause_s = table.pause_s
        self.max_registers = table.max_registers
        self._derived = Derivation(device, table.registers, table.sums)
        self._whole: dict[int, RegisterBlock] = {}  # of each part, by its identity: what it was split from at first
        self._refused: set[int] = set()  # parts that were refused in this round
        self._patience: dict[int, int] = {}  # rounds until a whole block may be split again

    def at(self, step: int) -> RegisterBlock | None:
        """The block of question ``step``; 0 begins a round."""
        if step == 0:
            self._mend()
            self._round = list(self._plan)
            self._derived.begin()
        return self._round[step] if step < len(self._round) else None

    def block(self, step: int) -> RegisterBlock | None:
        """The block of a question of the round that is under way."""
        blocks_ = self._round or self._plan
        return blocks_[step] if step < len(blocks_) else None

    def decoded(self, block: RegisterBlock, data: bytes, now: Stamp) -> list[Item]:
        items = block.decode(data, now)
        return self._derived.take(items, now) if self._derived else items

    def failed(self, block: RegisterBlock, code: FaultCode, text: str, now: Stamp, advice: str = "") -> list[Item]:
        """The fault of a block that was not read, for all that is not known because of that."""
        return self._fault(block, Fault(device=self._device, code=code, text=text, at=now, advice=advice))

    def refused(self, block: RegisterBlock, exception: int, now: Stamp, *, plain: bool = True) -> list[Item]:
        """What an exception answer means; where a gateway gives it for a silent device, silence.

        ``plain``: the block was asked for as it is, so that a refusal says something about it.
        """
        if plain and exception in NOT_SO and self._split(block):
            return []
        if plain and exception in NOT_SO:
            self._refused.add(id(block))
        why = EXCEPTIONS.get(exception, texts.UNKNOWN_EXCEPTION())
        fault = Fault(
            device=self._device,
            code=FaultCode.NO_ANSWER if exception == GATEWAY_WITHOUT_RESPONSE else FaultCode.EXCEPTION,
            text=f"{block.words}: exception {exception}, {why}",
            at=now,
            advice=ADVICE.get(exception, "") or _counted_otherwise(block, exception),
            again=exception in BUSY,
        )
        return self._fault(block, fault)

    def split(self, block: RegisterBlock) -> None:
        """Ask for ``block`` in parts from the next round on: its question cannot be distinguished from its answer."""
        self._replace(block, block.parts())

    def raw(self) -> dict[str, bytes]:
        """The bytes of each row as they came last."""
        found = {}
        for block in self._plan:
            for row in block.rows:
                at = (row.address - block.address) * 2
                piece = block.received[at : at + row.words * 2] if block.function > 2 else block.received
                if piece:
                    found[row.quantity] = piece
        return found

    def _fault(self, block: RegisterBlock, fault: Fault) -> list[Item]:
        if isinstance(block, RegisterWrite):  # without the write the read would say something else
            self._round = [each for each in self._round if each is not block.before]
        names = block.quantities
        if self._derived:
            names = self._derived.fail(names, fault)
            if not names:
                return []
        return [_with(fault, names)]

    def _split(self, block: RegisterBlock) -> bool:
        """Read ``block`` in parts, now and from now on; whether that can be."""
        patience = self._patience.get(id(block), 0)
        parts = block.parts()
        if len(parts) < 2 or patience > 0:
            self._patience[id(block)] = patience - 1
            return False
        place = self._round.index(block) + 1
        self._round[place:place] = parts
        self._replace(block, parts)
        return True

    def _replace(self, block: RegisterBlock, parts: Sequence[RegisterBlock]) -> None:
        place = self._plan.index(block)
        self._plan[place : place + 1] = parts
        first = self._whole.pop(id(block), block)
        if len(parts) > 1:
            self._whole |= {id(part): first for part in parts}

    def _mend(self) -> None:
        """Take back what was split in vain: all parts of a block were refused in the round that is over."""
        for first in list({id(block): block for block in self._whole.values()}.values()):
            parts = [block for block in self._plan if self._whole.get(id(block)) is first]
            if all(id(part) in self._refused for part in parts):
                place = self._plan.index(parts[0])
                self._plan = [block for block in self._plan if block not in parts]
                self._plan.insert(place, first)
                self._whole = {key: whole for key, whole in self._whole.items() if whole is not first}
                self._patience[id(first)] = SPLIT_AGAIN
        self._refused = set()


def _counted_otherwise(block: RegisterBlock, exception: int) -> str:
    """What to do where the address is a register's number in the manual's way: 40001 is the first."""
    begin = {3: 40001, 4: 30001}.get(block.function, 0)
    numbered = exception == NO_SUCH_ADDRESS and begin and begin <= block.address < begin + 9999
    return texts.NUMBERS_OF_MANUAL(address=block.address - begin) if numbered else ""


def _with(fault: Fault, names: tuple[str, ...]) -> Fault:
    return Fault(
        device=fault.device,
        code=fault.code,
        text=fault.text,
        at=fault.at,
        quantities=names,
        advice=fault.advice,
        again=fault.again,
    )
