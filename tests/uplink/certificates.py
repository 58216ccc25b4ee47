"""Certificates of the tests' own, made by openssl in a folder of the test's."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """A CA that signs what the tests need."""

    def __init__(self, folder: Path, name: str, *, days: int = 2) -> None:
        self.folder = folder
        self.name = name
        self.file = folder / f"{name}.pem"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        )  # fmt: skip

    def sign(
        self, name: str, host: str, *, expired: bool = False, days: int = 2, usage: str = "", named: bool = True
    ) -> tuple[Path, Path]:
        """A certificate for ``host`` and its key. ``usage``: extendedKeyUsage; not ``named``: a common name only."""
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={host}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        kind = "IP" if host[0].isdigit() else "DNS"
        names = f"subjectAltName={kind}:{host}\n" if named else "basicConstraints=CA:FALSE\n"
        (self.folder / f"{name}.ext").write_text(names + (f"extendedKeyUsage={usage}\n" if usage else ""))
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key",
            "-CAcreateserial", "-days", "-1" if expired else str(days), "-extfile", f"{name}.ext",
            "-out", f"{name}.pem",
        )  # fmt: skip
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
