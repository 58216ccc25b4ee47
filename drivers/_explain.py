"""A register table in words: what is asked, and what each row makes of an example. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from agent.api import Explained
from drivers import _sentences_modbus as say
from drivers._block import RegisterBlock
from drivers._convert import converter
from drivers._modbus import ModbusOptions, blocks, check, whole
from drivers._profile import READ_AND_WRITE, load_profile, profile_names
from drivers._registers import BITS, FLOATS, Register, Sum
from drivers._wire import Missing, ordered, wire_format


def profile_summaries() -> list[tuple[str, str]]:
    """Each profile that comes with the agent, and its device."""
    return [(name, load_profile(name).summary) for name in profile_names()]


def explain_profile(name: str) -> Explained:
    """A profile by name or path: what is wrong with it, and what it reads."""
    options = ModbusOptions(profile=name, allow_writes=True)
    problems = check(options)
    if problems:
        return Explained(tuple(problem.removeprefix("profile: ") for problem in problems), ())
    profile = load_profile(name)
    head = [f"device: {profile.summary}", f"source: {profile.source}", f"line:   {profile.line or 'not given'}"]
    return Explained((), (*head, *explain(options)))


def explain(options: ModbusOptions) -> list[str]:
    """The questions of a round, then the rows: where, how, and an example of raw and scaled."""
    table = whole(options)
    lines = [say.ROUND_ASKS()]
    lines += [f"  {_question(block)}" for block in blocks("x", options)]
    lines.append(say.READS())
    rows = [_row(row) for row in table.registers] + [_sum(row) for row in table.sums]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(f"  {'  '.join(cells)}  {row[3]}".rstrip())
    return lines


def _question(block: RegisterBlock) -> str:
    whole_block = say.ALWAYS_WHOLE() if block.fixed else ""
    wrote = block.fixed.write if block.fixed else None
    first = say.AFTER_WRITING_HOLDING(address=wrote.address) if wrote and wrote.function != READ_AND_WRITE else ""
    both = say.TOGETHER_WRITE_HOLDING(address=wrote.address) if wrote and wrote.function == READ_AND_WRITE else ""
    return (
        f"{block.words}: {block.count} {'bits' if 0 < block.function <= 2 else 'registers'}{whole_block}{first}{both}"
    )


def _row(row: Register) -> tuple[str, str, str, str]:
    place = f"{row.function} {row.address}" + (f"-{row.address + row.words - 1}" if row.words > 1 else "")
    kind = row.type if row.order == "abcd" else f"{row.type} {row.order}"
    kind += f" {row.byte} byte" if row.type in {"u8", "i8"} else ""
    kind += f" {row.bit}" if row.type == "bit" else ""
    kind += f" & 0x{row.mask:X}" if row.mask is not None else ""
    kind += f" >> {row.shift}" if row.shift else ""
    unit = row.measures.unit.value
    name = row.quantity + (f" [{unit}]" if unit != "1" else "") + (say.NOT_REPORTED() if row.hidden else "")
    return place, kind, name, "; ".join(_notes(row))


def _notes(row: Register) -> Iterator[str]:
    names = row.labels or row.numbers
    if names:
        yield ", ".join(f"{raw} = {meaning}" for raw, meaning in names.items())
    else:
        example = _example(row)
        if example:
            yield example
    if row.times:
        yield f"times {' times '.join(row.times)}"
    if row.divided_by:
        yield say.DIVIDED(divided_by=" and ".join(row.divided_by))
    if row.exponent:
        yield say.TIMES_TEN_POWER(exponent=row.exponent)
    if row.sign:
        yield say.NEGATIVE_WHERE_NOT(sign=row.sign)
    if row.missing:
        yield say.NO_VALUE(what=", ".join(_code(row, code) for code in row.missing))


def _code(row: Register, code: float | str) -> str:
    size = BITS.get(row.type, 16) // 4
    return f"{code % (1 << 4 * size):0{size}X}h" if isinstance(code, int) and row.type not in FLOATS else repr(code)


def _example(row: Register) -> str:
    """What the row makes of 1000, or the like of its type: ``03E8h reads as 100.0``."""
    if row.type in {"bool", "bit", "string"}:
        return ""
    size = BITS[row.type] // 8
    if row.type in FLOATS:
        data = struct.pack(">f" if size == 4 else ">d", 1.0 if row.four_quadrant else 100.0)
    elif row.type.startswith("m10k"):
        data = (1).to_bytes(size - 2, "big") + (2345).to_bytes(2, "big")
    else:
        data = {"u8": 0x6464, "i8": 0x6464, "bcd16": 0x1000}.get(row.type, 1000).to_bytes(size, "big")
    plain = msgspec.structs.replace(row, missing=())
    wire = ordered(data, row.order)  # the same turn there and back
    raw = struct.unpack(">" + wire_format(plain), wire)[0]
    convert = converter(plain)
    try:
        value = convert(raw) if convert else raw
    except Missing as why:
        return say.H_NONE(wire=wire.hex().upper(), why=why)
    return say.H_READS(wire=wire.hex().upper(), value=value)


def _sum(row: Sum) -> tuple[str, str, str, str]:
    unit = row.measures.unit.value
    sign = "".join(f" - {name}" for name in row.minus)
    scaled = f", times {row.scale:g}" if row.scale != 1.0 else ""
    return "", "", row.quantity + (f" [{unit}]" if unit != "1" else ""), f"{' + '.join(row.plus)}{sign}{scaled}"
