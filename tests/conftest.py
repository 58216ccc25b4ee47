"""`make test` tries the same examples each time; `make test-long` looks for new ones, by its seed, and resumes."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

_FAILED = pytest.StashKey[bool]()
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=0, help="of what tests draw by chance")
    parser.addoption("--resume", metavar="FILE", help="leave out the tests named in FILE, and add those that pass")


def pytest_configure(config: pytest.Config) -> None:
    """A figure of speed is no test's business, so no example has a deadline either."""
    settings.load_profile("same" if config.getoption("-m") == "not long" else "new")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background; children would inherit that
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed {config.getoption('--seed')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    file = config.getoption("--resume")
    if file and Path(file).is_file():
        passed = set(Path(file).read_text(encoding="utf-8").splitlines())
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in passed])
        items[:] = [item for item in items if item.nodeid not in passed]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    file = item.config.getoption("--resume")
    if file and report.when == "teardown" and report.passed and not item.stash.get(_FAILED, False):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        with Path(file).open("a", encoding="utf-8") as passed:
            passed.write(f"{item.nodeid}\n")
    item.stash[_FAILED] = report.failed or item.stash.get(_FAILED, False)
    return report


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance that the seed of this run decides, for each test another."""
    return random.Random(f"{request.config.getoption('--seed')} {request.node.nodeid}")


@pytest.fixture(autouse=True)
def stops_what_it_starts() -> Iterator[None]:
    """A child that a test leaves running fails that test, and not the one during which it is noticed."""
    before = children()
    yield
    until = time.monotonic() + 120  # one that was killed takes a moment to go
    while left := children() - before:
        if time.monotonic() > until:
            pytest.fail(f"left running: {left}")
        time.sleep(0.01)  # noqa: TID251  children end outside of any loop


def children() -> set[str]:
    """Our children: process id and command line; none where one cannot tell."""
    found = set()
    for listed in Path("/proc/self/task").glob("*/children"):
        try:
            pids = listed.read_text(encoding="ascii").split()
        except OSError:  # the thread has ended since
            continue
        for pid in pids:
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            found.add(f"{pid} {command or '(ended, and nobody has waited for it)'}")
    return found
