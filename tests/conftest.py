"""`make test` tries the same examples each time; `make test-long` looks for new ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """A figure of speed is no test's business, so no example has a deadline either."""
    settings.load_profile("same" if config.getoption("-m") == "not long" else "new")


@pytest.fixture(autouse=True)
def stops_what_it_starts() -> Iterator[None]:
    """A child that a test leaves running fails that test, and not the one during which it is noticed."""
    before = children()
    yield
    until = time.monotonic() + 30  # one that was killed takes a moment to go
    while left := children() - before:
        if time.monotonic() > until:
            pytest.fail(f"left running: {left}")
        time.sleep(0.01)  # noqa: TID251  children end outside of any loop


def children() -> set[str]:
    """Our children: process id and command line; none where one cannot tell."""
    found = set()
    for listed in Path("/proc/self/task").glob("*/children"):
        for pid in listed.read_text(encoding="ascii").split():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            found.add(f"{pid} {command or '(ended, and nobody has waited for it)'}")
    return found
