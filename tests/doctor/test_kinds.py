"""The doctor names what is wrong with real parts; `python -m bench.doctor` counts all of it."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from agent.doctor.checks import link
from contract.diagnosis import Diagnosis
from tests.doctor.certs import City
from tests.doctor.plan import Kind, find_kinds, healthy
from tests.doctor.stage import diagnosed

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts small disks and filters packets"),
]
QUICK = (
    "port not there",
    "one device dead",
    "wrong unit",
    "broker of another CA",
    "key of another certificate",
    "publishing refused",
    "packets dropped",
    "disk full",
    "database damaged",
    "clock fell back",
    "undervoltage",
    "value out of range",
    "camera frozen",
    "model changed",
    "daemon restarts for ever",
    "release taken back",
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("city"))


def named(kind: Kind, city: City, chance: random.Random) -> Diagnosis:
    plan = healthy(chance)
    kind.change(plan, chance)
    return asyncio.run(diagnosed(plan, city, chance))


@pytest.mark.parametrize("kind", [kind for kind in find_kinds() if kind.name in QUICK], ids=lambda kind: kind.name)
def test_what_is_wrong_is_named_first(kind: Kind, city: City, chance: random.Random) -> None:
    found = named(kind, city, chance)
    assert found.causes[0].name in kind.names, found
    assert found.causes[0].reading


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_healthy_pole_has_no_cause(number: int, city: City, chance: random.Random) -> None:
    assert asyncio.run(diagnosed(healthy(chance, number), city, chance)).causes == ()


@pytest.mark.long
@pytest.mark.parametrize("kind", find_kinds(), ids=lambda kind: kind.name)
def test_every_kind_is_named(kind: Kind, city: City, chance: random.Random) -> None:
    found = named(kind, city, chance)
    assert {cause.name for cause in found.causes} & set(kind.names), found


def test_what_a_check_finds_is_the_same_for_the_same_seed() -> None:
    one, two = (healthy(random.Random(7)) for _ in range(2))
    assert one.facts == two.facts


def test_a_link_so_slow_that_connack_comes_too_late_is_no_silent_broker(
    city: City, chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = healthy(chance)
    plan.broker.delay_s = 3.0
    monkeypatch.setattr(link, "ANSWER_S", 0.5)
    monkeypatch.setattr(link, "CONNECT_S", 300.0)
    assert asyncio.run(diagnosed(plan, city, chance)).causes[0].name == "link.slow"


def test_a_copied_pole_that_comes_back_after_two_seconds_is_waited_for(city: City, chance: random.Random) -> None:
    plan = healthy(chance)
    plan.broker.twin, plan.broker.twin_s = True, 2.0
    assert asyncio.run(diagnosed(plan, city, chance)).causes[0].name == "mqtt.id_twice"
