"""No answer is taken for that of another question, however late, lost, queued or repeated it is."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import msgspec
import pytest

from contract.types import Fault, Quality, Reading
from tests.acquire.slaves import Manner, Strange, any_manner, read_for, wrong

SINGLES = (10, 100, 200)


def registers(*addresses: int, name: str = "x", every_s: float = 1.0, retries: int = 1) -> str:
    rows = ", ".join(f'{{ address = {address}, quantity = "r{address}" }}' for address in addresses)
    return (
        f'[device.{name}]\ndriver = "modbus_rtu"\nline = "a"\nunit = 1\nevery_s = {every_s}\nretries = {retries}\n'
        f"registers = [{rows}]\n"
    )


def counts(reported: object) -> Counter[str]:
    return Counter(item.quantity for item in reported if isinstance(item, Reading))  # type: ignore[attr-defined]


MANNERS = {
    "each fifth answer is late and questions meanwhile are lost": Manner(late=0.2, deaf=True),
    "each fifth answer is late and questions meanwhile wait": Manner(late=0.2),
    "late by up to 40 s": Manner(late=0.05, late_s=40.0),
    "late by up to 10 s": Manner(late=0.2, late_s=10.0),
    "answers are lost": Manner(lost=0.2),
    "answers come twice": Manner(repeats=1.0, repeat_s=0.05),
    "answers come twice, the second late": Manner(repeats=0.3, repeat_s=0.5),
    "slower than the time-out": Manner(slow_s=0.8),
    "all of it": Manner(late=0.1, lost=0.1, repeats=0.1, repeat_s=0.5),
    "a server keeps questions": Manner(buffered=True, outages=((6, 10), (30, 54)), slow_s=0.06),
    "a server keeps questions for a slow slave": Manner(buffered=True, outages=((6, 30),), slow_s=0.3),
    "a server keeps answers": Manner(buffered=True, outages=((6, 10), (30, 54)), keeps="answers"),
    "a server keeps questions for a minute": Manner(buffered=True, outages=((20, 75),), slow_s=0.2),
}


@pytest.mark.fault(
    "two devices with one address answer, one after the other",
    "from ten such questions among twenty on its values are uncertain, and the status says what to do",
)
@pytest.mark.parametrize("slow_s", [0.02, 0.001])
@pytest.mark.parametrize("other", [0, 7])
def test_values_of_two_devices_with_one_address_are_uncertain(slow_s: float, other: int) -> None:
    """``other`` 0: the same answer twice, as a gateway may give it."""
    manner = Manner(slow_s=slow_s, **({"other": other} if other else {"repeats": 1.0, "repeat_s": slow_s}))
    reported, _ = read_for(120.0, manner, registers(10))
    late = {item.quality for item in reported if isinstance(item, Reading) and item.at.boot_s > 100.0 + 60.0}
    assert late == {Quality.UNCERTAIN if other else Quality.GOOD}


@pytest.mark.parametrize("strange", ["reads", "refuses", "ignores", "narrow"])
@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
def test_no_reading_is_that_of_another_register(manner: Manner, strange: str) -> None:
    manner = msgspec.structs.replace(manner, strange=strange, until=80.0)
    if strange in {"ignores", "narrow"}:  # order and silence are all that there is
        repeats = 0.0 if manner.late else manner.repeats
        manner = msgspec.structs.replace(manner, repeats=repeats, late_s=min(manner.late_s, 10.0))
    for seed in range(2):
        chance = random.Random(seed)
        text = registers(*SINGLES, every_s=chance.choice((0.5, 1.0, 2.0)), retries=chance.choice((1, 1, 2)))
        reported, _ = read_for(240.0, manner, text, seed=seed)
        assert not wrong(reported)
        well = [item for item in reported if item.at.boot_s > 100.0 + 130.0]
        assert min(counts(well).get(f"r{address}", 0) for address in SINGLES) > 2, "it recovers"


def test_a_single_question_on_a_serial_line_costs_no_care() -> None:
    reported, port = read_for(60.0, Manner(), registers(10))
    assert port.questions == counts(reported)["r10"]


def test_two_devices_tables_with_one_address_are_not_confused_either() -> None:
    text = registers(10, every_s=0.7) + registers(200, name="y", every_s=0.9)
    for strange in ("reads", "refuses", "ignores", "narrow"):
        manner = Manner(late=0.2, deaf=True, strange=strange, until=80.0)
        reported, _ = read_for(180.0, manner, text)
        assert not wrong(reported)
        assert set(counts(reported)) == {"r10", "r200"}


@pytest.mark.fault(
    "Modbus RTU answers that are late, lost, queued, repeated or out of order, in any mixture",
    "no reading of another register is good; a device that takes wider questions gives good ones again",
)
@pytest.mark.parametrize("seeds", [range(12), pytest.param(range(12, 1012), marks=pytest.mark.long)], ids=str)
@pytest.mark.parametrize("strange", ["reads", "refuses", "ignores", "narrow"])
def test_whatever_happens_on_the_way_no_reading_of_another_register_is_good(strange: Strange, seeds: range) -> None:
    """Of a device that takes no wider questions a repeat that nothing announced may be believed: 1 % of the trials."""
    good, bad = 0, []
    for seed in seeds:
        chance = random.Random(seed)
        addresses = (10, 100, 200, 300, 400)[: chance.choice((2, 3, 3, 5))]
        text = registers(*addresses, every_s=chance.choice((0.5, 1.0, 2.0)), retries=chance.choice((0, 1, 1, 2)))
        reported, _ = read_for(150.0, any_manner(chance, strange), text, seed=seed)
        bad += [seed] * bool(wrong(reported))
        good += sum(isinstance(item, Reading) and item.quality is Quality.GOOD for item in reported)
    assert len(bad) <= (0 if strange == "reads" else len(seeds) // 100), bad
    assert good > (50 * len(seeds) if strange == "reads" else 0)


@pytest.mark.fault("the agent starts anew while an answer to its earlier run is under way", "it is left aside")
@pytest.mark.parametrize("strange", ["reads", "refuses", "ignores"])
@pytest.mark.parametrize("after_s", [0.01, 0.2, 1.2, 3.0])
@pytest.mark.parametrize("buffered", [False, True])
def test_an_answer_to_an_earlier_run_is_that_of_no_question(
    strange: Strange, after_s: float, *, buffered: bool
) -> None:
    reported, _ = read_for(
        60.0, Manner(strange=strange, buffered=buffered, earlier=(after_s, 200)), registers(*SINGLES)
    )
    assert not wrong(reported)
    assert min(counts(reported)[f"r{address}"] for address in SINGLES) > 5


def test_a_block_whose_wider_form_ends_behind_the_map_is_asked_plainly_again() -> None:
    """One register more was answered; two are refused for good."""
    for rooms in itertools.product((0, 1, 2, 20), repeat=len(SINGLES)):
        room = dict(zip(SINGLES, rooms, strict=True))
        reported, _ = read_for(400.0, Manner(room=room), registers(*SINGLES, every_s=2.0))
        assert not wrong(reported)
        last = [item for item in reported if item.at.boot_s > 100.0 + 300.0]
        assert min(counts(last)[f"r{address}"] for address in SINGLES) > 20, room
        assert not [item for item in last if isinstance(item, Fault)]


def test_the_price_on_a_healthy_device_is_some_registers_and_no_question() -> None:
    reported, port = read_for(60.0, Manner(), registers(*SINGLES))
    assert port.questions == sum(counts(reported).values()) + 1, "one at the start, for an earlier run"
    assert all(item.quality is Quality.GOOD for item in reported if isinstance(item, Reading))
    reported, port = read_for(60.0, Manner(strange="refuses"), registers(*SINGLES))
    assert port.questions < sum(counts(reported).values()) * 1.5
