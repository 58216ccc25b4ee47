"""Where the platform keeps its files, and which is which. Only its owner may read them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fleet.errors import FleetError


class Folder(msgspec.Struct, frozen=True):
    """The folder of one platform; made by ``open_folder``."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "fleet.db"

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
