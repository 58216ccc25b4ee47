"""What the tests of the platform's pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from fleet.folder import Folder
from fleet.store.server import Server
from tests.fleet.city import City, open_city
from tests.fleet.servers import Postgres, open_postgres, programs
from tests.fleet.site import Site, open_site


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters of RFC 9106 take 64 MiB and a second for each log-in on a busy machine; one test keeps them."""
    monkeypatch.setattr("fleet.accounts.secrets._argon", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if programs() is None:
        pytest.skip("no PostgreSQL is installed: apt-get install postgresql")
    with open_postgres() as made:
        yield made


@pytest.fixture
def where(postgres: Postgres, tmp_path: Path) -> Iterator[Server]:
    """A prepared database, which is the store of the platform in ``tmp_path``."""
    made = postgres.prepared()
    Folder(tmp_path).keep(made)
    yield made
    postgres.drop(made)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A platform's folder, whose store is in it or on a server: a test that asks for it runs over both."""
    if request.param == "sqlite":
        yield tmp_path
        return
    request.getfixturevalue("where")
    yield tmp_path


@pytest.fixture
def site(home: Path) -> Iterator[Site]:
    with open_site(home) as opened:
        yield opened


@pytest.fixture
def city(home: Path) -> Iterator[City]:
    with open_city(home) as opened:
        yield opened
