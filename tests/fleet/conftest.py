"""What the tests of the platform's pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.fleet.city import City, open_city
from tests.fleet.site import Site, open_site


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters of RFC 9106 take 64 MiB and a second for each log-in on a busy machine; one test keeps them."""
    monkeypatch.setattr("fleet.accounts.secrets._argon", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        yield opened


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with open_city(tmp_path) as opened:
        yield opened
