"""The ingest alone: ``python -m tests.fleet.ingest_child FOLDER PORT [CELL]`` runs it until it is killed."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from fleet.errors import FleetError
from fleet.folder import Folder
from fleet.ingest import Ingest
from fleet.session import SessionSettings
from fleet.store.cells import MAIN
from fleet.store.writer import open_writer


async def ingest(path: Path, port: int, cell: str) -> None:
    while True:
        try:
            async with open_writer(Folder(path).store, cell=cell) as writer:
                now = lambda: datetime.now(UTC)  # noqa: E731, TID251
                await Ingest(writer, SessionSettings(port=port), now).run()
        except FleetError:  # the database is starting: systemd would start us again
            await asyncio.sleep(1)


def main(path: str, port: str, cell: str = MAIN) -> None:
    asyncio.run(ingest(Path(path), int(port), cell))


if __name__ == "__main__":
    main(*sys.argv[1:])
