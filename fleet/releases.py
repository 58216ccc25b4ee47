"""The published plan of releases, to be shown: read from a web server or a folder, and never signed here.

Only the hashes that lead to it are compared. Whether it may be believed is said by signatures, which poles check.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from contract.plan import MOST_PLAN_BYTES, PLAN_PATH, PLAN_ROLE, Plan

AGAIN_S = 60.0
TIMEOUT_S = 10.0
_MOST_METADATA = 2 * 1024 * 1024
_TROUBLES = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,  # JSON that is nested too deep
    http.client.HTTPException,  # an answer that is cut off, or is none
)


class PublishedPlan:
    """At ``address``, asked for at most once a minute."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._next = 0.0
        self._plan: Plan | None = None
        self._trouble = ""

    def read(self) -> tuple[Plan | None, str]:
        """The newest plan that was read, and why it is not newer; it may take 10 s for each of four files."""
        if time.monotonic() >= self._next:
            try:
                self._plan, self._trouble = self._fetch(), ""
            except _TROUBLES as reason:
                self._trouble = f"the plan at {self.address} cannot be read: {reason}"
            self._next = time.monotonic() + AGAIN_S
        return self._plan, self._trouble

    def _fetch(self) -> Plan:
        """One of ``_TROUBLES``: it is not there, or not what it should be."""
        stamp = self._signed("timestamp.json")
        snapshot = self._signed(f"{int(stamp['meta']['snapshot.json']['version'])}.snapshot.json")
        version = int(snapshot["meta"][f"{PLAN_ROLE}.json"]["version"])
        target = self._signed(f"{version}.{PLAN_ROLE}.json")["targets"][PLAN_PATH]
        digest = str(target["hashes"]["sha256"])
        folder, _, name = PLAN_PATH.rpartition("/")
        data = self._read(f"targets/{folder}/{digest}.{name}", MOST_PLAN_BYTES)
        if sha256(data).hexdigest() != digest:
            raise ValueError("it is not the file that its metadata speaks of")
        return msgspec.json.decode(data, type=Plan)

    def _signed(self, name: str) -> dict[str, Any]:
        signed: dict[str, Any] = json.loads(self._read(f"metadata/{name}", _MOST_METADATA))["signed"]
        return signed

    def _read(self, path: str, most: int) -> bytes:
        if not self.address.startswith(("http://", "https://")):
            with (Path(self.address) / path).open("rb") as file:
                data = file.read(most + 1)
        else:
            with urllib.request.urlopen(f"{self.address}/{path}", timeout=TIMEOUT_S) as answer:  # noqa: S310  checked
                data = answer.read(most + 1)
        if len(data) > most:
            raise ValueError(f"{path} is larger than {most} bytes")
        return data
