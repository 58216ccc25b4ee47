"""What holds for every setup of these tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks the network that this machine is in for cameras."""
    monkeypatch.setattr("agent.setup.flow.local_networks", list)
