"""The integrity check at start, while the store runs: ``python -m agent.store.inspection FILE``.

A check of a large file takes long, and the one connection must go on committing. In WAL mode the database file itself
only changes at a checkpoint; so the store holds checkpoints back and a process of its own reads the file meanwhile, as
immutable: no lock, no log, not a byte written, and still the only connection that writes is the store's.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from agent.system.child import command

OK = "ok"


class Inspection:
    """One check under way; the file must not be checkpointed before it is over."""

    def __init__(self, path: Path) -> None:
        self._child = subprocess.Popen(
            command("agent.store.inspection", str(path)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def verdict(self) -> str | None:
        """None while it goes on; ``OK``, what is wrong, or an empty text where the check itself failed."""
        if self._child.poll() is None:
            return None
        answer, _ = self._child.communicate()
        return answer.strip() if self._child.returncode == 0 else ""

    def stop(self) -> None:
        self._child.kill()
        self._child.communicate()


def inspect(path: Path) -> str:
    """``OK`` or SQLite's first complaint about the file, which nobody may write meanwhile."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        return str(answer)
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()


if __name__ == "__main__":
    with suppress(OSError):
        os.nice(19)
    sys.stdout.write(inspect(Path(sys.argv[1])))
