"""``python -m simulator FOLDER``: the reference pole on ptys in FOLDER, until interrupted.

Prints the settings that go with it. ``--numbered N`` adds a slave of N registers that count their own reads;
``--paced`` delivers characters at their bit time; ``--misbehave DEVICE=HOW`` breaks a device from the start.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

from simulator.pole import numbered, numbered_settings, reference_pole, reference_settings
from simulator.wire import BEHAVIOURS, SimulatedWire, running


async def serve(wires: dict[str, SimulatedWire]) -> None:
    async with running(*wires.values()):
        await asyncio.Event().wait()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--numbered", type=int, default=0, metavar="N")
    parser.add_argument("--paced", action="store_true")
    parser.add_argument("--misbehave", action="append", default=[], metavar="DEVICE=HOW", help=", ".join(BEHAVIOURS))
    chosen = parser.parse_args(arguments)
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    wires = reference_pole(folder, paced=chosen.paced)
    settings = reference_settings(folder)
    if chosen.numbered:
        wires["numbered"] = numbered(folder, count=chosen.numbered)
        settings += "\n" + numbered_settings(folder, count=chosen.numbered)
    for word in chosen.misbehave:
        device, _, how = word.partition("=")
        wire = next((wire for wire in wires.values() if device in wire.devices), None)
        if wire is None or how not in BEHAVIOURS:
            parser.error(f"--misbehave {word}: DEVICE=HOW with HOW one of {', '.join(BEHAVIOURS)}")
        wire.misbehave(device, how)
    sys.stdout.write(settings)
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(wires))
    return 0


if __name__ == "__main__":
    sys.exit(main())
