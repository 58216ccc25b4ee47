"""The daemon, the process that renews and the setup work on one identity at the same time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.system.identity import Identity
from agent.uplink import renewal


@pytest.mark.fault(
    "the process that renews the certificate hangs",
    "it is ended, the status says so, and the daemon goes on",
)
def test_a_renewal_that_takes_too_long_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "CHILD_S", 0.01)
    found = asyncio.run(renewal.fetch(Identity(tmp_path / "identity"), "p1", "http://127.0.0.1:1"))
    assert found.generation is None
    assert "took longer than 0 s" in found.error
