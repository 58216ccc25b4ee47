"""Real firmware: skipped, with the reason, where its compiler or QEMU is not here."""

from __future__ import annotations

import pytest

from simulator.firmware import Machine, missing


@pytest.fixture(params=["host", "arm"])
def machine(request: pytest.FixtureRequest) -> Machine:
    """Both machines that the images run on."""
    return need(request.param)


@pytest.fixture
def host() -> Machine:
    return need("host")


@pytest.fixture
def arm() -> Machine:
    return need("arm")


def need(machine: Machine) -> Machine:
    absent = missing(machine)
    if absent:
        pytest.skip(f"the {machine} build of the firmware needs {', '.join(absent)}")
    return machine
