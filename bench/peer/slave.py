"""``python -m bench.peer.slave PLACE COUNT``: a Modbus slave, each of whose registers says how often it was read.

``PLACE`` is the name of a pty to make (RTU), or ``tcp`` (Modbus TCP; the first line it prints is the port). A line on
its standard input is answered with how many values it has given out; ``silent`` makes it answer no more questions.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from simulator.modbus import Numbered, Slave, serve_tcp
from simulator.wire import SimulatedWire, running


async def _answer(slave: Slave, bank: Numbered) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        if line.strip() == b"silent":
            slave.behaviour = "silent"
        print(sum(bank.reads.values()), flush=True)


async def main(place: str, count: int) -> None:
    bank = Numbered(count)
    slave = Slave("numbered", 1, bank)
    if place == "tcp":
        async with serve_tcp([slave]) as port:
            print(port, flush=True)
            await _answer(slave, bank)
        return
    async with running(SimulatedWire([slave], link=Path(place), baud=115200)):
        print(place, flush=True)
        await _answer(slave, bank)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
