"""A program that a test starts, and that is gone when the test is, however it ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def started(command: Sequence[object], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """``command`` in the project's root, until the block ends; killed if it has not ended by itself."""
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
