"""The ingest alone: ``python -m tests.fleet.ingest_child DATABASE PORT`` runs it until it is killed."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from fleet.ingest import Ingest, IngestSettings
from fleet.store.sqlite import open_store


def main(path: str, port: str) -> None:
    with open_store(Path(path)) as store:
        ingest = Ingest(store, IngestSettings(port=int(port)), lambda: datetime.now(UTC))  # noqa: TID251
        asyncio.run(ingest.run())


if __name__ == "__main__":
    main(*sys.argv[1:])
