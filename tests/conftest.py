"""`make test` tries the same examples each time; `make test-long` looks for new ones."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """A figure of speed is no test's business, so no example has a deadline either."""
    settings.load_profile("same" if config.getoption("-m") == "not long" else "new")
