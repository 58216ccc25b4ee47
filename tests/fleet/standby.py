"""Two PostgreSQL servers: a primary that waits for its standby with each commit, and what happens when it dies."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.store.server import Server
from tests.fleet.servers import Postgres, as_user, prepare_data, programs


class Pair:
    """``primary`` and ``standby`` change their parts; made by ``open_pair``."""

    def __init__(self, primary: Postgres, standby: Postgres) -> None:
        self.primary = primary
        self.standby = standby

    def server(self) -> Server:
        """An empty database by the addresses of both."""
        name = self.primary.server().url.partition("?")[0].rpartition("/")[2]
        return Server(url=f"postgresql://polefleet@/{name}?host={self.primary.folder},{self.standby.folder}")

    def follow(self) -> None:
        """The standby begins with a copy of the primary; from now on a commit waits for it."""
        copy(self.primary, self.standby.folder / "data", "-R")
        with self.primary.connect("postgres") as pg:
            pg.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            pg.execute("SELECT pg_reload_conf()")
        self.standby.start("-F")

    def lose_primary(self) -> None:
        """It is killed, and its disk is deleted."""
        destroy(self.primary)

    def promote(self) -> None:
        """The standby is the primary; what it commits waits for a new standby."""
        self.standby.control("promote")
        self.primary, self.standby = self.standby, self.primary


def copy(of: Postgres, to: Path, *options: str) -> None:
    """A base backup."""
    bin_ = programs()
    assert bin_ is not None
    words = [str(bin_ / "pg_basebackup"), "-h", str(of.folder), "-U", "polefleet", "-D", str(to)]
    subprocess.run([*words, "-c", "fast", "--no-sync", *options], check=True, capture_output=True, **as_user())


def destroy(server: Postgres) -> None:
    """Killed, with its disk."""
    process = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(process, signal.SIGKILL)  # its own processes end when they see that
    shutil.rmtree(server.folder / "data")
    for socket in server.folder.glob(".s.*"):
        socket.unlink()


@contextlib.contextmanager
def open_pair() -> Iterator[Pair]:
    if programs() is None:
        pytest.skip("no PostgreSQL is installed: apt-get install postgresql")
    with contextlib.ExitStack() as opened:
        servers = [opened.enter_context(_place()) for _ in range(2)]
        prepare_data(servers[0].folder)
        servers[0].start("-F")
        pair = Pair(*servers)
        pair.follow()
        yield pair


@contextlib.contextmanager
def _place() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # short: a socket's path has 107 bytes
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    made = Postgres(folder)
    try:
        yield made
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            made.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
