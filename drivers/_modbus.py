"""What Modbus RTU and TCP share: options, profiles, and registers merged into questions. Pure.

Question to read (V1.1b3, 6.1 to 6.4): FF AA AA CC CC, function, address, count; answer: FF NN and NN bytes; exception:
FF+0x80 EE.
"""

from __future__ import annotations

import struct
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from agent.api import Annotated, Fault, FaultCode, Item, Meta, Options, Quantity, Reading, Stamp, Unit
from drivers._registers import FUNCTIONS, Missing, Register, converter, problems, wire_format

PROFILES = Path(__file__).parent / "profiles"
EXCEPTIONS = {
    1: "the device does not know this function",
    2: "it has no such register",
    3: "it does not accept this number of registers",
    4: "the device failed",
    5: "it needs longer",
    6: "the device is busy",
    8: "its memory is damaged",
    10: "the gateway has no path to it",
    11: "the gateway got no answer from it",
}
GATEWAY_HEARD_NOTHING = 11


class Absent(Options, frozen=True, kw_only=True):
    """A register that the family refuses to read."""

    address: int
    function: Literal["holding", "input"] = "holding"


class Profile(Options, frozen=True, kw_only=True):
    """A device family as data: ``drivers/profiles/NAME.toml``."""

    summary: str
    source: str
    registers: tuple[Register, ...]
    max_registers: int = 125
    max_gap: int = 0
    absent: tuple[Absent, ...] = ()
    """What tells it from others with the same addresses: `poleagent scan` looks here."""


class ModbusOptions(Options, frozen=True, kw_only=True):
    """Give ``profile``, ``registers``, or both."""

    unit: Annotated[int, Meta(ge=0, le=255, description="address of the device, 1 to 247")] = 1
    profile: Annotated[
        str | None, Meta(description="name of a device profile, or the path of a profile of your own (.toml)")
    ] = None
    registers: Annotated[tuple[Register, ...], Meta(description="registers to read, beside those of the profile")] = ()
    max_registers: Annotated[
        Annotated[int, Meta(ge=1, le=125)] | None,
        Meta(description="most registers in one question, default the profile's or 125"),
    ] = None
    max_gap: Annotated[
        Annotated[int, Meta(ge=0, le=124)] | None,
        Meta(description="unused registers that may be read along to save a question, default the profile's or 0"),
    ] = None


def load_profile(name: str) -> Profile:
    """The profile; ``ValueError`` with a sentence where there is none of that name or it is wrong."""
    path = Path(name) if "/" in name else PROFILES / f"{name}.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Profile)
    except FileNotFoundError:
        there = ", ".join(profile_names())
        raise ValueError(f"there is no profile '{name}'; there are {there}, or give the path of a file") from None
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise ValueError(f"profile {path}: {exc}") from exc


def profile_names() -> list[str]:
    return sorted(path.stem for path in PROFILES.glob("*.toml"))


def check(options: ModbusOptions) -> list[str]:
    """What is wrong with the registers as a whole; one sentence each, beginning with the option."""
    found = []
    rows: tuple[Register, ...] = ()
    if options.profile:
        try:
            profile = load_profile(options.profile)
        except ValueError as exc:
            found.append(f"profile: {exc}")
        else:
            rows = profile.registers
            names = [row.quantity for row in rows]
            found += [f"profile: '{name}' is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
            large = [row.quantity for row in rows if row.words > (options.max_registers or profile.max_registers)]
            found += [f"profile: {name} does not fit into max_registers" for name in large]
    if not options.profile and not options.registers:
        found.append("registers: name the registers to read, or a profile")
    named = [row.quantity for row in rows]
    found += [f"profile: {row.quantity}: {problem}" for row in rows for problem in problems(row)]
    for number, row in enumerate(options.registers):
        found += [f"registers[{number}].{problem}" for problem in problems(row)]
        if row.quantity in named:
            found.append(f"registers[{number}].quantity: '{row.quantity}' is there twice")
        named.append(row.quantity)
        if options.max_registers and row.words > options.max_registers:
            found.append(f"registers[{number}].type: {row.words} registers do not fit into max_registers")
    return found


def all_registers(options: ModbusOptions) -> tuple[Register, ...]:
    return (load_profile(options.profile).registers if options.profile else ()) + options.registers


def measured(options: ModbusOptions) -> tuple[Quantity, ...]:
    return tuple(row.measures for row in all_registers(options))


class Block:
    """Neighbouring registers that one question reads, and how their bytes become readings."""

    def __init__(self, device: str, rows: Sequence[Register]) -> None:
        self._device = device
        self.function = FUNCTIONS[rows[0].function]
        self.address = rows[0].address
        self.count = max(row.address + row.words for row in rows) - self.address
        self.bytes = (self.count + 7) // 8 if self.function <= 2 else self.count * 2
        self.question = struct.pack(">BHH", self.function, self.address, self.count)
        self.quantities = tuple(row.quantity for row in rows)
        self.words = f"{rows[0].function} {self.address}" + (f"-{self.address + self.count - 1}" * (self.count > 1))
        self._layers: list[tuple[struct.Struct, list[Field]]] = []
        if self.function <= 2:
            self._bits = [(row.address - self.address, _field(row)) for row in rows]
        else:
            self._bits = []
            self._layers = _layers(self.address, rows)

    def decode(self, data: bytes, now: Stamp) -> list[Item]:
        """Readings from the ``bytes`` of an answer."""
        if self._bits:
            number = int.from_bytes(data, "little")
            pairs = [(number >> place & 1, field) for place, field in self._bits]
            return self._items(pairs, now)
        items: list[Item] = []
        for layout, fields in self._layers:
            items += self._items(zip(layout.unpack_from(data), fields, strict=True), now)
        return items

    def _items(self, pairs: object, now: Stamp) -> list[Item]:
        items: list[Item] = []
        device = self._device
        for value, (convert, quantity, unit) in pairs:  # type: ignore[attr-defined]
            try:
                told = convert(value) if convert else value
            except Missing as why:
                items.append(
                    Fault(device=device, code=why.code, text=f"{quantity}: {why}", at=now, quantities=(quantity,))
                )
            else:
                items.append(Reading(device=device, quantity=quantity, value=told, unit=unit, at=now))
        return items

    def fault(self, code: FaultCode, text: str, now: Stamp) -> Fault:
        return Fault(device=self._device, code=code, text=text, at=now, quantities=self.quantities)

    def refused(self, exception: int, now: Stamp) -> Fault:
        """The fault of an exception answer; where a gateway gives it for a silent device, that of silence."""
        why = EXCEPTIONS.get(exception, "unknown exception")
        code = FaultCode.NO_ANSWER if exception == GATEWAY_HEARD_NOTHING else FaultCode.EXCEPTION
        return self.fault(code, f"{self.words}: exception {exception}, {why}", now)


Field = tuple[object, str, Unit]


def _field(row: Register) -> Field:
    return converter(row), row.quantity, row.measures.unit


def _layers(base: int, rows: Sequence[Register]) -> list[tuple[struct.Struct, list[Field]]]:
    """One ``struct`` for all rows; where rows overlap (bits of one register), as many as it takes."""
    layers = []
    rest = list(rows)
    while rest:
        layout, at, fields, later = ">", base, [], []
        for row in rest:
            if row.address < at:
                later.append(row)
                continue
            layout += f"{(row.address - at) * 2}x{wire_format(row)}"
            at = row.address + row.words
            fields.append(_field(row))
        layers.append((struct.Struct(layout), fields))
        rest = later
    return layers


def blocks(device: str, options: ModbusOptions) -> list[Block]:
    """The questions of one round: as few as ``max_registers`` and ``max_gap`` allow."""
    profile = load_profile(options.profile) if options.profile else None
    most = options.max_registers or (profile.max_registers if profile else 125)
    max_gap = options.max_gap if options.max_gap is not None else (profile.max_gap if profile else 0)
    groups: list[list[Register]] = []
    end = 0
    for row in sorted(all_registers(options), key=lambda row: (FUNCTIONS[row.function], row.address, row.words)):
        group = groups[-1] if groups else []
        after = max(end, row.address + row.words)
        if (
            group
            and group[0].function == row.function
            and row.address - end <= max_gap
            and after - group[0].address <= most
        ):
            group.append(row)
            end = after
        else:
            groups.append([row])
            end = row.address + row.words
    return [Block(device, group) for group in groups]
