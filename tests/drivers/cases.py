"""Recorded cases: ``tests/drivers/<driver>/<case>/`` with the options, the bytes, and the items that come of them.

``input.hex``, line by line, ``#`` begins a comment:  ``> HEX`` the driver must ask this now;  ``< HEX`` these bytes
come;  ``!`` the time-out is over. ``expected.jsonl``: one item per line, in order.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from agent.acquire.registry import find_drivers
from agent.api import Codec, Driver, Item, Reading, Stamp

ROOT = Path(__file__).parent
DRIVERS = find_drivers()
NOW = Stamp(datetime(2026, 11, 23, 8, 30, tzinfo=UTC), 1000.0)


class Case(msgspec.Struct, frozen=True):
    driver: Driver
    name: str
    options: Any
    script: list[tuple[str, bytes]]
    expected: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.driver.name}-{self.name}"

    def codec(self) -> Codec:
        return self.driver.codec("x", self.options)

    @property
    def heard(self) -> bytes:
        """All that comes, in one."""
        return b"".join(data for sign, data in self.script if sign == "<")


def cases(driver: str) -> list[Case]:
    return [_read(DRIVERS[driver], path.parent) for path in sorted((ROOT / driver).glob("*/input.hex"))]


def _read(driver: Driver, folder: Path) -> Case:
    options = msgspec.convert(tomllib.loads((folder / "settings.toml").read_text()), driver.options)
    lines = (line.strip() for line in (folder / "input.hex").read_text().splitlines())
    script = [(line[0], bytes.fromhex(line[1:])) for line in lines if line and line[0] != "#"]
    expected = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    return Case(driver, folder.name, options, _joined(script), expected)


def _joined(script: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Neighbouring pieces as one: how bytes are cut is the test's choice."""
    out: list[tuple[str, bytes]] = []
    for sign, data in script:
        if out and sign == "<" == out[-1][0]:
            out[-1] = (sign, out[-1][1] + data)
        else:
            out.append((sign, data))
    return out


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def play(case: Case, size: int, codec: Codec | None = None) -> list[Item]:
    """What a codec makes of the case's bytes in pieces of ``size``."""
    codec = codec or case.codec()
    items: list[Item] = []
    step = 0
    for sign, data in case.script:
        if sign == ">":
            asked = codec.ask(step)
            if not asked:
                step, asked = 0, codec.ask(0)
            assert asked == data, f"asked {asked.hex(' ')}"
            step += 1
        elif sign == "!":
            assert codec.waiting
            items += codec.feed(b"", NOW)
        else:
            for piece in pieces(data, size):
                items += codec.feed(piece, NOW)
        if sign != ">":
            assert not codec.waiting or case.script[-1] != (sign, data)
    return items


def shown(item: Item) -> dict[str, Any]:
    """An item as ``expected.jsonl`` has it."""
    if isinstance(item, Reading):
        return {"quantity": item.quantity, "value": item.value, "unit": item.unit.value}
    return {"fault": item.code.value, "quantities": list(item.quantities)}
