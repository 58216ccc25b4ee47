"""How a scan finds Modbus RTU slaves: one register of every address, then the questions of every profile. Pure."""

from __future__ import annotations

from agent.api import QUANTITIES, Candidate, Found, crc16_modbus
from drivers._profile import load_profile, profile_names

ADDRESSES = range(1, 248)
RECOGNISABLE = 4
"""Rows with a standard quantity from which on plausible values in all of them are no chance: a choice."""


def question(unit: int) -> bytes:
    """Read holding register 0: a slave that has none refuses, which is an answer too."""
    body = bytes((unit, 3, 0, 0, 0, 1))
    return body + crc16_modbus(body).to_bytes(2, "little")


def answers(asked: bytes, received: bytes) -> list[Found]:
    """The unit of each whole answer or exception to a question for one holding register, our own echo left out."""
    received = received.removeprefix(asked)
    found = []
    for at in range(len(received) - 4):
        size = {3: 7, 0x83: 5}.get(received[at + 1])
        if (
            size
            and 1 <= received[at] <= 247
            and at + size <= len(received)
            and not crc16_modbus(received[at : at + size])
        ):
            found.append(Found(options={"unit": received[at]}))
    return found


def candidates(found: Found) -> list[Candidate]:
    """The profiles that can be recognised, as the options of a device at the address of ``found``.

    A few registers that many devices have say nothing: such a profile must know what its device refuses.
    """
    tried = []
    for name in profile_names():
        profile = load_profile(name)
        if sum(row.quantity in QUANTITIES for row in profile.registers) < RECOGNISABLE and not profile.absent:
            continue
        absent = [{"address": row.address, "function": row.function} for row in profile.absent]
        rows = tuple({**found.options, "registers": [{**row, "quantity": "x"}]} for row in absent)
        tried.append(Candidate(name=name, options={**found.options, "profile": name}, absent=rows))
    return tried
