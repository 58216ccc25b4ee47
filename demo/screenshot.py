"""``python -m demo.screenshot [FOLDER]``: ``poleagent status`` as the readme shows it, from the demo's own pole.

The pole runs with its devices, its camera and its platform; one sensor is silenced, so that it shows what a
technician reads when something is wrong. The others are made by the tests that drive the pages in a browser.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from html import escape
from pathlib import Path

from agent.status.table import Terminal, table
from contract.health import PoleStatus
from demo.fleet import run_fleet
from demo.rig import POLE, open_rig

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
COLUMNS = 92
CELL_W, CELL_H, EDGE = 8.4, 18, 14
WAIT_S = 300.0
_COLOURS = {"31": "#e5534b", "32": "#57ab5a", "33": "#c69026", "1": "#ffffff"}
_CODES = re.compile(r"\x1b\[([0-9;]*)m")


async def status(folder: Path) -> PoleStatus:
    """Of the demo's pole, once a device of it is down and all else has values."""
    async with run_fleet(folder / "fleet", POLE) as fleet, open_rig(folder, camera=True, fleet=fleet) as rig:
        await rig.daemon.start()
        rig.wires["rs485-a"].misbehave("level", "silent")
        async with asyncio.timeout(WAIT_S):
            while True:
                await asyncio.sleep(1.0)
                seen = await rig.daemon.status()
                others = [device for device in seen.devices if device.name != "level"]
                down = any(device.name == "level" and device.state == "down" for device in seen.devices)
                if down and all(device.last for device in others) and all(c.state == "ok" for c in seen.cameras):
                    return seen


def svg(text: str) -> str:
    """A terminal with ``text``, which may be coloured, as a drawing without fonts of its own or scripts."""
    rows = text.rstrip("\n").split("\n")
    width, height = COLUMNS * CELL_W + 2 * EDGE, len(rows) * CELL_H + 2 * EDGE
    lines = [
        f'<text x="{EDGE}" y="{EDGE + (number + 1) * CELL_H - 5}" xml:space="preserve">{_spans(row)}</text>'
        for number, row in enumerate(rows)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" '
        f'aria-label="The output of poleagent status">\n<rect width="100%" height="100%" rx="8" fill="#1c2128"/>\n'
        f'<g font-family="ui-monospace, DejaVu Sans Mono, monospace" font-size="14" fill="#cdd9e5">\n'
        + "\n".join(lines)
        + "\n</g>\n</svg>\n"
    )


def _spans(row: str) -> str:
    pieces, colour = [], ""
    for number, piece in enumerate(_CODES.split(row)):
        if number % 2:
            colour = next((_COLOURS[code] for code in piece.split(";") if code in _COLOURS), "")
        elif piece:
            fill = f' fill="{colour}"' if colour else ""
            pieces.append(f"<tspan{fill}>{escape(piece)}</tspan>")
    return "".join(pieces)


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="poleagent-") as temporary:
        seen = asyncio.run(status(Path(temporary)))
    text = table(seen, Terminal(columns=COLUMNS, rows=None, colours=True, ascii_only=False, language="en"))
    (folder / "status.svg").write_text(svg(text), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
