"""Where the platform keeps its files, and which is which. Only its owner may read them."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fleet.desk.file import FILE
from fleet.errors import FleetError
from fleet.store.server import FILE as URL
from fleet.store.server import Server, Where, locate, server

MARK = "twin"
"""A file in the folder of a twin: no virtual pole gets among real ones."""


class Folder(msgspec.Struct, frozen=True):
    """The folder of one platform; made by ``open_folder``."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "fleet.db"

    @property
    def store(self) -> Where:
        """Where what poles send is kept."""
        return locate(self.root) or self.database

    @property
    def desk(self) -> Where:
        """Where what people add is kept, as ``open_desk`` takes it."""
        return locate(self.root) or self.root

    @property
    def read(self) -> tuple[Where, Where]:
        """What ``reading`` takes."""
        return locate(self.root) or self.database, locate(self.root) or self.root / FILE

    def choose(self, url: str) -> Where:
        """The store that was asked for; empty: the one of before, or SQLite. Raises ``FleetError`` for another one."""
        known = locate(self.root)
        if not url:
            return known or self.database
        chosen = server(url, self.root)
        if known is not None and known != chosen:
            raise FleetError(
                f"{self.root} belongs to the store {known}: choose another folder with --folder, or delete "
                f"{self.root / URL} where what is in that store is not to be shown any more"
            )
        if self.database.exists():
            raise FleetError(
                f"{self.root} has a store in SQLite, whose data is not moved: choose another folder with --folder"
            )
        return chosen

    def keep(self, where: Where) -> None:
        """All commands of this folder ask the store that could be opened."""
        if isinstance(where, Server):
            path = self.root / URL
            path.touch(mode=0o600)
            path.write_text(f"{where}\n", encoding="utf-8")

    @property
    def virtual(self) -> bool:
        """Whether its poles are made up."""
        return (self.root / MARK).is_file()

    @property
    def identity(self) -> Path:
        """The CA and the certificates of broker and platform."""
        return self.root / "identity"

    @property
    def broker(self) -> Path:
        """Settings, access rules and state of the broker that polefleet runs."""
        return self.root / "broker"

    @property
    def socket(self) -> Path:
        """Where the command line talks to the running platform."""
        return self.root / "control.sock"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process serves this folder until the block is left; raises ``FleetError``."""
        with (self.root / "lock").open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as reason:
                raise FleetError(
                    f"a platform runs in {self.root} already: stop it, or choose another --folder"
                ) from reason
            yield


def open_folder(root: Path) -> Folder:
    """The folder ``root``, made where there is none; raises ``FleetError`` where it cannot be used."""
    folder = Folder(root.absolute())
    try:
        for each in (folder.root, folder.identity, folder.broker):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as reason:
        raise FleetError(
            f"{root} cannot be the platform's folder: {reason.strerror}; choose another with --folder"
        ) from reason
    return folder
