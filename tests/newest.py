"""Runs every check and test with the releases of this environment, and names the one that broke something.

`make test-newest` fills the environment with the newest releases in the ranges of ``setup.py``. What fails is tried
again with each package that differs from ``requirements/dev.txt`` put back to the locked release, one at a time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
CHECKS = (
    [*PYTHON, "mypy"],
    [*PYTHON, "tests.docs_check"],
    [*PYTHON, "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-m", "not long"],
)
"""What a release can break; the linters are exact in ``setup.py``."""
Change = tuple[str, str]


def changes(locked: Mapping[str, str]) -> dict[str, Change]:
    """Package -> the locked release and the one that is installed, where they differ."""
    found = {}
    for name, then in locked.items():
        try:
            now = version(name)
        except PackageNotFoundError:
            continue
        if now != then:
            found[name] = (then, now)
    return found


def culprits(
    changed: Mapping[str, Change], failing: Iterable[list[str]], passes: Callable[[list[str], str], bool]
) -> list[str]:
    """Sentences: which release each failing command does not get on with. ``passes(command, package)`` tries it."""
    said = []
    for command in failing:
        guilty = [name for name in changed if passes(command, name)]
        what = " ".join(command[2:])
        said += [f"{name} {changed[name][1]} breaks: {what} (green with {changed[name][0]})" for name in guilty]
        if not guilty:
            said.append(f"no single release explains: {what}")
    return said


def failed_tests() -> list[str]:
    """What pytest's last run noted."""
    noted = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    return sorted(json.loads(noted.read_text(encoding="utf-8"))) if noted.is_file() else []


def runs(command: list[str]) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    changed = changes(dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE)))
    for name, (then, now) in changed.items():
        print(f"{name} {then} -> {now}", flush=True)
    failing = [command for command in CHECKS if not runs(command)]
    if not failing:
        print("green with the newest releases")
        return 0
    tests = failed_tests()
    failing = [command[:4] + tests if "pytest" in command else command for command in failing]

    def passes(command: list[str], name: str) -> bool:
        then, now = changed[name]
        pip = [*PYTHON, "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, f"{name}=={then}"], check=True)
        try:
            return runs(command)
        finally:
            subprocess.run([*pip, f"{name}=={now}"], check=True)

    print("\n".join(culprits(changed, failing, passes)))
    return 1


if __name__ == "__main__":
    sys.exit(main())
