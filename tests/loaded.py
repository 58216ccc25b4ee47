"""`python -m tests.loaded COMMAND...` runs a command next to a busy loop on every core, and exits as it does."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

from tests.child import started


def main(command: list[str]) -> int:
    with ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            stack.enter_context(started([sys.executable, "-c", "while True: pass"]))
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
