"""Certificates of one city, made once for all poles of a run: good ones, and one of each kind that will not do."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.uplink.certificates import Authority

HOST = "127.0.0.1"


class City:
    """``ca``, ``server[...]`` and ``client[...]`` by what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        ours, theirs = Authority(folder, "city", days=3650), Authority(folder, "elsewhere", days=3650)
        later = _Later(folder, "city")
        self.ca, self.foreign_ca = ours.file, theirs.file
        self.no_ca = folder / "no-ca.pem"
        self.no_ca.write_text("this is a note of the electrician\n", encoding="utf-8")
        self.server = {
            "good": ours.sign("server", HOST, days=900),
            "expired": ours.sign("server-expired", HOST, expired=True),
            "not_yet": later.sign("server-later", HOST, days=900),
            "foreign": theirs.sign("server-foreign", HOST, days=900),
            "other_name": ours.sign("server-other", "mqtt.elsewhere.example", days=900),
        }
        self.client = {
            "good": ours.sign("pole", "pole", days=900),
            "expired": ours.sign("pole-expired", "pole", expired=True),
            "not_yet": later.sign("pole-later", "pole", days=900),
            "foreign": theirs.sign("pole-foreign", "pole", days=900),
            "usage": ours.sign("pole-usage", "pole", days=900, usage="serverAuth"),
            "expiring": ours.sign("pole-expiring", "pole", days=9),
        }
        self.client["key"] = (self.client["good"][0], self.client["expiring"][1])


class _Later(Authority):
    """The same authority, ninety days on."""

    def __init__(self, folder: Path, name: str) -> None:  # it is there already
        self.folder, self.name, self.file = folder, name, folder / f"{name}.pem"

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(
            ["faketime", "-f", "+90d", "openssl", *arguments], cwd=self.folder, check=True, capture_output=True
        )
