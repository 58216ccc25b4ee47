"""Device families as data: ``drivers/profiles/NAME.toml``, or a file of one's own. Pure but for reading them."""

from __future__ import annotations

import struct
import tomllib
from pathlib import Path
from typing import Final, Literal

import msgspec

from agent.api import Annotated, Meta, Options
from drivers import _sentences_modbus as say
from drivers import _sentences_options as about
from drivers._registers import FUNCTIONS, Register, Sum

PROFILES = Path(__file__).parent / "profiles"
WRITE_ONE: Final = 6
WRITE_MANY: Final = 16
READ_AND_WRITE: Final = 23


class Absent(Options, frozen=True, kw_only=True):
    """A register that the family refuses to read."""

    address: int
    function: Literal["holding", "input"] = "holding"


class Write(Options, frozen=True, kw_only=True):
    """Holding registers that must be written before a block can be read."""

    address: Annotated[int, Meta(ge=0, le=65535, description=about.FIRST_HOLDING_REGISTER())]
    values: Annotated[tuple[Annotated[int, Meta(ge=0, le=65535)], ...], Meta(min_length=1, max_length=100)]
    function: Annotated[Literal[6, 16, 23], Meta(description=about.ONE_REGISTER_SEVERAL_TOGETHER())] = WRITE_MANY


class ReadWhole(Options, frozen=True, kw_only=True):
    """Neighbouring registers that are read whole or not at all."""

    address: Annotated[int, Meta(ge=0, le=65535, description=about.FIRST_REGISTER())]
    count: Annotated[int, Meta(ge=1, le=2000, description=about.HOW_MANY())]
    function: Annotated[
        Literal["holding", "input", "coil", "discrete"], Meta(description=about.TABLE_DEVICE_HOLDS_THEM())
    ] = "holding"
    write: Annotated[Write | None, Meta(description=about.WHAT_MUST_WRITTEN_FIRST())] = None

    def problems(self) -> list[str]:
        """What the protocol does not allow, one sentence each."""
        most = 125 if self.function in {"holding", "input"} else 2000
        found = [] if self.count <= most else [say.COUNT_MOST_CAN_READ(most=most, function=self.function)]
        write = self.write
        if write and write.function == WRITE_ONE and len(write.values) > 1:
            found.append(say.WRITE_FUNCTION_WRITES_ONE())
        if write and write.function == READ_AND_WRITE and self.function != "holding":
            found.append(say.WRITE_FUNCTION_READS_HOLDING())
        return found

    def holds(self, row: Register) -> bool:
        inside = self.address <= row.address and row.address + row.words <= self.address + self.count
        return inside and row.function == self.function


class ModbusProfile(Options, frozen=True, kw_only=True):
    """A device family as data."""

    summary: str
    source: str
    """Which document or which public map the rows come from."""
    line: str = ""
    """How the device's line is set when it leaves the factory: ``9600 8N1, unit 1``."""
    registers: tuple[Register, ...]
    sums: tuple[Sum, ...] = ()
    read: tuple[ReadWhole, ...] = ()
    max_registers: Annotated[int, Meta(ge=1, le=125)] = 125
    max_gap: Annotated[int, Meta(ge=0, le=124)] = 0
    pause_s: Annotated[float, Meta(ge=0, le=5)] = 0.0
    absent: tuple[Absent, ...] = ()
    """What tells it from others with the same addresses: `poleagent scan` looks here."""


def load_profile(name: str) -> ModbusProfile:
    """The profile; ``ValueError`` with a sentence where there is none of that name or it is wrong."""
    own = "/" in name or name.endswith(".toml")
    path = Path(name) if own else PROFILES / f"{name}.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), ModbusProfile)
    except FileNotFoundError:
        if own:
            raise ValueError(say.NO_FILE(name=name)) from None
        raise ValueError(say.NO_PROFILE_OR_GIVE(name=name, name_2=_near(name))) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise ValueError(f"profile {path}: {exc}") from exc


def _near(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    near = get_close_matches(name, profile_names(), 3, 0.5)
    return say.DID_YOU_MEAN(near=" or ".join(near)) if near else say.POLEAGENT_PROFILE_LISTS_THEM()


def profile_names() -> list[str]:
    return sorted(path.stem for path in PROFILES.glob("*.toml"))


def write_question(write: Write) -> bytes:
    """The PDU of a write by function 6 or 16 (V1.1b3, 6.6 and 6.12)."""
    if write.function == WRITE_ONE:
        return struct.pack(">BHH", WRITE_ONE, write.address, write.values[0])
    values = struct.pack(f">{len(write.values)}H", *write.values)
    return struct.pack(">BHHB", WRITE_MANY, write.address, len(write.values), len(values)) + values


def read_write_question(block: ReadWhole, write: Write) -> bytes:
    """The PDU of a read and write by function 23 (V1.1b3, 6.17)."""
    values = struct.pack(f">{len(write.values)}H", *write.values)
    head = struct.pack(
        ">BHHHHB", READ_AND_WRITE, block.address, block.count, write.address, len(write.values), len(values)
    )
    return head + values


def read_question(function: str, address: int, count: int) -> bytes:
    return struct.pack(">BHH", FUNCTIONS[function], address, count)
