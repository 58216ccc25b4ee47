"""``python -m bench``: each benchmark with its own table; exits with 1 where one of them misses a target."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """A benchmark is a module or package of this folder with a ``main``; what others share lies in plain folders."""
    modules = [path.stem for path in HERE.glob("*.py") if path.stem not in ("__init__", "__main__")]
    packages = [path.parent.name for path in HERE.glob("*/__main__.py")]
    return sorted(modules + packages)


def main() -> int:
    """In processes of their own, so that one's memory is not another's."""
    missed = []
    for name in names():
        print(f"\n== bench.{name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False).returncode:
            missed.append(name)
    print(f"\nmissed a target or failed: {', '.join(missed)}" if missed else "\nall targets reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
