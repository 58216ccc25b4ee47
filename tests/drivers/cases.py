"""Recorded cases: ``tests/drivers/<driver>/<case>/`` with the options, the bytes, and the items that come of them.

``input.hex``, line by line, ``#`` begins a comment:  ``> HEX`` the driver must ask or answer this now;  ``< HEX``
these bytes come;  ``!`` the time-out is over;  ``@ TIME`` the box's clock. ``expected.jsonl``: one item per line, in
order, with ``quality`` where it is not good and ``at`` where it is not that clock's time.
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
from agent.api import Codec, Driver, Fault, Item, Quality, Stamp

ROOT = Path(__file__).parent
DRIVERS = find_drivers()
NOW = Stamp(datetime(2026, 11, 23, 8, 30, tzinfo=UTC), 1000.0)


class Case(msgspec.Struct, frozen=True):
    driver: Driver
    name: str
    options: Any
    script: list[tuple[str, bytes]]
    expected: list[dict[str, Any]]
    now: Stamp

    def __str__(self) -> str:
        return f"{self.driver.name}-{self.name}"

    def codec(self) -> Codec:
        return self.driver.codec("x", self.options)

    @property
    def received(self) -> bytes:
        """All that comes, in one."""
        return b"".join(data for sign, data in self.script if sign == "<")


def cases(driver: str) -> list[Case]:
    return [_read(DRIVERS[driver], path.parent) for path in sorted((ROOT / driver).glob("*/input.hex"))]


def _read(driver: Driver, folder: Path) -> Case:
    options = msgspec.convert(tomllib.loads((folder / "settings.toml").read_text()), driver.options)
    lines = (line.partition("#")[0].strip() for line in (folder / "input.hex").read_text().splitlines())
    written = [line for line in lines if line]
    script = [(line[0], bytes.fromhex(line[1:])) for line in written if line[0] != "@"]
    clock = [datetime.fromisoformat(line[1:].strip()) for line in written if line[0] == "@"]
    now = Stamp(clock[0], NOW.boot_s) if clock else NOW
    expected = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    return Case(driver, folder.name, options, _joined(script), expected, now)


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
                step, asked = 0, codec.ask(0) or codec.say()
            assert asked == data, f"asked {asked.hex(' ')}"
            step += 1
        elif sign == "!":
            assert codec.waiting
            items += codec.feed(b"", case.now)
        else:
            for piece in pieces(data, size):
                items += codec.feed(piece, case.now)
        if sign in "<!":
            assert not codec.waiting or case.script[-1] != (sign, data)
    return items


def shown(item: Item, now: Stamp | None = None) -> dict[str, Any]:
    """An item as ``expected.jsonl`` has it, seen at ``now``, None = whenever."""
    if isinstance(item, Fault):
        return {"fault": item.code.value, "quantities": list(item.quantities)}
    reported: dict[str, Any] = {"quantity": item.quantity, "value": item.value, "unit": item.unit.value}
    if item.quality is not Quality.GOOD:
        reported["quality"] = item.quality.value
    if item.at.utc != (now or item.at).utc:
        reported["at"] = item.at.utc.isoformat()
    return reported
