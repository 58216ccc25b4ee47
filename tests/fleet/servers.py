"""A PostgreSQL server of the test's own: in a folder, on a socket in it, run by a user without rights."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fleet.desk.file import FILE
from fleet.folder import Folder
from fleet.store.database import Database, SqliteDatabase
from fleet.store.postgres_open import open_desk
from fleet.store.schema import connect
from fleet.store.server import Server

_USER = "postgres"
_numbers = count()


@cache
def programs() -> Path | None:
    """The newest release that is installed; None where there is none."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(found, key=lambda path: int(path.parent.name), default=None)


class Postgres:
    """``server()`` is an empty database; made by ``open_postgres``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = False

    def start(self, *options: str) -> None:
        """Returns once it answers. It is no child of ours: it outlives the test that was the first to need it."""
        words = " ".join(("-c listen_addresses=''", f"-k {self.folder}", *options))
        self.control("start", "-o", words, "-l", str(self.folder / "log"))

    def stop(self, how: str = "fast") -> None:
        """``immediate`` is a crash: what was committed is recovered at the next start."""
        self.control("stop", "-m", how)

    def runs(self) -> bool:
        bin_ = programs()
        assert bin_ is not None
        command = [str(bin_ / "pg_ctl"), "-D", str(self.folder / "data"), "status"]
        return not subprocess.run(command, stdout=subprocess.DEVNULL, check=False, **as_user()).returncode

    def crash(self) -> None:
        """It comes back at once, without the connections that it had."""
        self.stop("immediate")
        self.start()

    def control(self, *words: str) -> None:
        bin_ = programs()
        assert bin_ is not None
        command = [str(bin_ / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-t", "300", *words]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, **as_user())
        assert not done.returncode, done.stderr.decode()

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.folder), user="polefleet", dbname=database, autocommit=True)

    def server(self, template: str = "template1") -> Server:
        name = f"city{next(_numbers)}"
        with self.connect("postgres") as pg:
            pg.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.named(name)

    def prepared(self) -> Server:
        """With the tables of polefleet, copied from a database that is made once."""
        if not self._made:
            with contextlib.closing(open_desk(self.named("template1"))):
                self._made = True
        return self.server()

    def named(self, database: str) -> Server:
        return Server(url=f"postgresql://polefleet@/{database}?host={self.folder}")

    def drop(self, where: Server) -> None:
        name = where.url.partition("?")[0].rpartition("/")[2]
        with self.connect("postgres") as pg:
            pg.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def as_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(_USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def prepare_data(folder: Path) -> None:
    """The files of a new server."""
    bin_ = programs()
    assert bin_ is not None
    words = [str(bin_ / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "polefleet", "-E", "UTF8"]
    subprocess.run([*words, "--locale=C.UTF-8", "--no-sync"], check=True, capture_output=True, **as_user())


@contextlib.contextmanager
def open_postgres(*options: str) -> Iterator[Postgres]:
    """Without a disk that has to keep anything, unless ``options`` say so."""
    if programs() is None:
        pytest.skip("no PostgreSQL is installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # short: a socket's path has 107 bytes
    made = Postgres(folder)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _USER)
        prepare_data(folder)
        made.start(*(options or ("-F",)))
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def raw(folder: Path, *, desk: bool = False) -> Iterator[Database]:
    """A connection to the store of a folder, or to its desk, that may read and write all of it next to its owner."""
    where = Folder(folder).store
    if isinstance(where, Server):
        db: Database = open_desk(where)
    else:
        db = sqlite3.connect(folder / FILE, isolation_level=None, factory=SqliteDatabase) if desk else connect(where)
    with contextlib.closing(db):
        yield db


def rows(folder: Path, query: str, *, desk: bool = False) -> list[tuple[Any, ...]]:
    with raw(folder, desk=desk) as db:
        return [tuple(row) for row in db.execute(query).fetchall()]
