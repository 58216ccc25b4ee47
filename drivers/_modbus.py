"""What Modbus RTU and TCP share: options, and the questions of a round, merged and split as a device takes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.api import Annotated, Meta, Options, Quantity
from drivers import _sentences_modbus as texts
from drivers import _sentences_options as about
from drivers._block import RegisterBlock, RegisterWrite
from drivers._profile import READ_AND_WRITE, ModbusProfile, ReadWhole, load_profile
from drivers._registers import FUNCTIONS, Register, Sum, problems, reference_problems, unit_problems


class ModbusOptions(Options, frozen=True, kw_only=True):
    """Give ``profile``, ``registers``, or both."""

    unit: Annotated[int, Meta(ge=0, le=255, description=about.ADDRESS_DEVICE())] = 1
    profile: Annotated[str | None, Meta(description=about.NAME_DEVICE_PROFILE_OR())] = None
    registers: Annotated[tuple[Register, ...], Meta(description=about.REGISTERS_READ_NEXT_THOSE())] = ()
    sums: Annotated[tuple[Sum, ...], Meta(description=about.SUMS_DIFFERENCES_REGISTERS())] = ()
    read: Annotated[tuple[ReadWhole, ...], Meta(description=about.BLOCKS_READ_WHOLE_NEXT())] = ()
    max_registers: Annotated[
        Annotated[int, Meta(ge=1, le=125)] | None,
        Meta(description=about.MOST_REGISTERS_ONE_QUESTION()),
    ] = None
    max_gap: Annotated[
        Annotated[int, Meta(ge=0, le=124)] | None,
        Meta(description=about.UNUSED_REGISTERS_MAY_READ()),
    ] = None
    pause_s: Annotated[
        Annotated[float, Meta(ge=0, le=5)] | None,
        Meta(description=about.SILENCE_DEVICE_NEEDS_BEFORE()),
    ] = None
    allow_writes: Annotated[bool, Meta(description=about.WHETHER_WRITES_PROFILE_NEEDS())] = False


EMPTY = ModbusProfile(summary="", source="", registers=())


def whole(options: ModbusOptions) -> ModbusProfile:
    """The profile with all that the settings add to it."""
    profile = load_profile(options.profile) if options.profile else EMPTY
    return ModbusProfile(
        summary=profile.summary,
        source=profile.source,
        line=profile.line,
        registers=(*profile.registers, *options.registers),
        sums=(*profile.sums, *options.sums),
        read=(*profile.read, *options.read),
        max_registers=options.max_registers or profile.max_registers,
        max_gap=profile.max_gap if options.max_gap is None else options.max_gap,
        pause_s=profile.pause_s if options.pause_s is None else options.pause_s,
        absent=profile.absent,
    )


def measured(options: ModbusOptions) -> tuple[Quantity, ...]:
    table = whole(options)
    return tuple(row.measures for row in table.registers if not row.hidden) + tuple(row.measures for row in table.sums)


def check(options: ModbusOptions) -> list[str]:
    """What is wrong with the registers as a whole; one sentence each, beginning with the option."""
    try:
        profile = load_profile(options.profile) if options.profile else EMPTY
    except ValueError as exc:
        return [f"profile: {exc}"]
    found = [f"profile: {problem}" for problem in profile_problems(profile, options.max_registers)]
    if not options.profile and not options.registers:
        found.append(texts.REGISTERS_NAME_REGISTERS_READ())
    named = [*(row.quantity for row in profile.registers), *(row.quantity for row in profile.sums)]
    for number, row in enumerate(options.registers):
        found += [f"registers[{number}].{problem}" for problem in problems(row)]
        if row.quantity in named:
            found.append(texts.REGISTERS_QUANTITY_TWICE(number=number, quantity=row.quantity))
        named.append(row.quantity)
        if options.max_registers and row.words > options.max_registers:
            found.append(texts.REGISTERS_TYPE_REGISTERS_NOT(number=number, words=row.words))
    for number, each in enumerate(options.sums):
        found += [f"sums[{number}].{problem}" for problem in unit_problems(each)]
        if each.quantity in named:
            found.append(texts.SUMS_QUANTITY_TWICE(number=number, quantity=each.quantity))
        named.append(each.quantity)
    table = whole(options)
    if not found:
        found += [f"registers: {problem}" for problem in reference_problems(table.registers, table.sums)]
    return [*found, *_read_problems(options, table)]


def _read_problems(options: ModbusOptions, table: ModbusProfile) -> Iterator[str]:
    """What is wrong with the blocks that are read whole, and whether they may be written to."""
    for number, block in enumerate(options.read):
        yield from (f"read[{number}].{problem}" for problem in block.problems())
    writes = [str(block.write.address) for block in table.read if block.write]
    if writes and not options.allow_writes:
        where = ", ".join(writes)
        yield texts.ALLOW_WRITES_DEVICE_MUST(where=where)


def profile_problems(profile: ModbusProfile, max_registers: int | None = None) -> Iterator[str]:
    """What is wrong with a profile by itself."""
    rows = profile.registers
    names = [*(row.quantity for row in rows), *(row.quantity for row in profile.sums)]
    yield from (texts.TWICE(name=name) for name in dict.fromkeys(names) if names.count(name) > 1)
    most = max_registers or profile.max_registers
    yield from (texts.DOES_NOT_FIT_INTO(quantity=row.quantity) for row in rows if row.words > most)
    yield from (f"{row.quantity}: {problem}" for row in (*rows,) for problem in problems(row))
    yield from (f"{each.quantity}: {problem}" for each in profile.sums for problem in unit_problems(each))
    yield from (f"read: {problem}" for each in profile.read for problem in each.problems())
    if profile is not EMPTY:
        yield from reference_problems(rows, profile.sums)


def writes(options: ModbusOptions) -> bool:
    """Whether a round writes to the device."""
    return options.allow_writes and any(fixed.write for fixed in whole(options).read)


def blocks(device: str, options: ModbusOptions) -> list[RegisterBlock]:
    """The questions of one round: as few as ``read``, ``max_registers`` and ``max_gap`` allow."""
    table = whole(options)
    found: list[RegisterBlock] = []
    rest = list(table.registers)
    for fixed in table.read:
        block = RegisterBlock(device, [row for row in rest if fixed.holds(row)], fixed)
        rest = [row for row in rest if not fixed.holds(row)]
        if fixed.write and not options.allow_writes:
            continue  # the settings say so, and check says that
        if fixed.write and fixed.write.function != READ_AND_WRITE:
            found.append(RegisterWrite(device, block, fixed.write))
        found.append(block)
    groups: list[list[Register]] = []
    end = 0
    for row in sorted(rest, key=lambda row: (FUNCTIONS[row.function], row.address, row.words)):
        group = groups[-1] if groups else []
        after = max(end, row.address + row.words)
        if (
            group
            and group[0].function == row.function
            and row.address - end <= table.max_gap
            and after - group[0].address <= table.max_registers
        ):
            group.append(row)
            end = after
        else:
            groups.append([row])
            end = row.address + row.words
    return found + [RegisterBlock(device, group) for group in groups]
