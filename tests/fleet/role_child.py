"""One role of the platform: ``python -m tests.fleet.role_child ROLE FOLDER STORE PORT`` runs it until it is killed.

Its upkeep begins anew each second, and looks a month back: a kill finds segments that are being packed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from fleet import upkeep
from fleet.app import ServeSettings, run, serve
from fleet.errors import FleetError


def main(role: str, folder: str, store: str, port: str) -> int:
    upkeep.EVERY_S, upkeep.DAYS = 1.0, 31
    settings = ServeSettings(folder=Path(folder), store=store, role=role, web_port=int(port))
    try:
        return run(serve(settings, lambda: datetime.now(UTC), print))  # noqa: TID251
    except FleetError as reason:  # the database is starting: systemd would start us again
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
