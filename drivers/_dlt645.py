"""DL/T 645-2007: frames, and what a meter can tell (annex A). Pure; drivers/dlt645.py draws the frame."""

from __future__ import annotations

import msgspec

from agent.api import Quantity, Unit, quantity
from drivers import _sentences as say

START, STOP, OFFSET, WAKE_UP = 0x68, 0x16, 0x33, 0xFE
READ, TELL_ADDRESS, ANSWER, REFUSED = 0x11, 0x13, 0x80, 0x40
OLD_READ = 0x01  # of DL/T 645-1997
ANYONE = "AA" * 6
HEAD = 10
LONGEST = 600
"""Bytes that are kept while an answer is looked for: two of the longest frames."""


class MeterItem(msgspec.Struct, frozen=True):
    """One data item of annex A: ``size`` bytes, value = digits * ``scale`` / 10^``decimals``, and its block if any.

    ``low`` and ``high``: what the standard lets it be; the highest bit is a sign, or no part of the number.
    """

    measures: Quantity
    item: int
    size: int
    decimals: int
    signed: bool = False
    scale: int = 1
    block: int = 0
    low: float = float("-inf")
    high: float = float("inf")


def _phases(
    name: str, first: int, size: int, decimals: int, *, signed: bool, high: float = float("inf")
) -> dict[str, MeterItem]:
    block = first & ~0xFFFF | 0xFF00
    return {
        f"{name}_{phase}": MeterItem(
            quantity(f"{name}_{phase}"), first + (number << 8), size, decimals, signed, block=block, high=high
        )
        for number, phase in enumerate("abc")
    }


ROWS: dict[str, MeterItem] = {
    "active_energy": MeterItem(quantity("active_energy"), 0x00010000, 4, 2),
    "active_energy_combined": MeterItem(
        Quantity("active_energy_combined", Unit.KILOWATT_HOUR, say.ACTIVE_ENERGY_FORWARD_REVERSE()),
        0x00000000,
        4,
        2,
        signed=True,
    ),
    "active_energy_reverse": MeterItem(
        Quantity("active_energy_reverse", Unit.KILOWATT_HOUR, say.ACTIVE_ENERGY_FED_BACK()), 0x00020000, 4, 2
    ),
    **_phases("voltage", 0x02010100, 2, 1, signed=False, high=799.9),
    **_phases("current", 0x02020100, 3, 3, signed=True),
    "active_power": MeterItem(quantity("active_power"), 0x02030000, 3, 4, signed=True, scale=1000),
    "reactive_power": MeterItem(quantity("reactive_power"), 0x02040000, 3, 4, signed=True, scale=1000),
    "apparent_power": MeterItem(quantity("apparent_power"), 0x02050000, 3, 4, scale=1000, high=79_999.9),
    "power_factor": MeterItem(quantity("power_factor"), 0x02060000, 2, 3, signed=True, low=-1.0, high=1.0),
    "frequency": MeterItem(quantity("frequency"), 0x02800002, 2, 2, low=40.0, high=70.0),
}


class MeterFrame(msgspec.Struct, frozen=True):
    """``data`` without the offset; ``address`` as on the plate."""

    address: str
    control: int
    data: bytes


def encode(address: str, control: int, data: bytes = b"") -> bytes:
    """A frame without wake-up bytes. ``address``: 12 digits or ``AA`` times six, as on the plate."""
    head = bytes((START, *bytes.fromhex(address)[::-1], START, control, len(data)))
    body = head + bytes((byte + OFFSET) & 0xFF for byte in data)
    return body + bytes((sum(body) & 0xFF, STOP))


def frames(received: bytes) -> list[MeterFrame]:
    """Every whole frame with a right checksum in ``received``."""
    found = []
    at = received.find(START)
    while at >= 0:
        end = at + HEAD + 2 + (received[at + 9] if at + HEAD <= len(received) else 0)
        frame = received[at:end]
        whole = end <= len(received) and frame[7] == START and frame[-1] == STOP
        if whole and sum(frame[:-2]) & 0xFF == frame[-2]:
            data = bytes((byte - OFFSET) & 0xFF for byte in frame[HEAD:-2])
            found.append(MeterFrame(frame[6:0:-1].hex().upper(), frame[8], data))
            at = received.find(START, end)
        else:
            at = received.find(START, at + 1)
    return found
