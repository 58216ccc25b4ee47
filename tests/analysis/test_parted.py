"""Two sensors of one quantity that part stay doubted until they agree."""

from __future__ import annotations

import math

import pytest

from agent.analysis.pipeline import Analysis
from agent.analysis.siblings import Siblings
from agent.analysis.tail import Sides
from agent.config.settings import CheckSettings
from contract.types import Quality
from tests.analysis.made import stamp
from tests.analysis.test_lasting import DAY, DEVICES, Pole, weather


class Pair(Pole):
    """Two sensors of the temperature, of which one may be off."""

    def __init__(self) -> None:
        super().__init__("temperature")
        self.off = 0.0

    def both(self, days: int) -> list[Quality]:
        """The qualities of the one that may be off."""
        found = []
        for _ in range(days * DAY):
            shared = weather(self.index, self.rng)
            apart = round(shared + self.off + self.rng.gauss(0, 0.05), 2)
            self.run(1 / DAY, lambda *_, value=shared: value, "wall")
            self.index -= 1
            self.run(1 / DAY, lambda *_, value=apart: value)
            found += self.qualities
        return found


def test_two_sensors_that_part_are_doubted_until_they_agree() -> None:
    pole = Pair()
    pole.both(20)
    pole.off = 3.0
    assert pole.both(40)[-1] is Quality.UNCERTAIN
    pole.off = 0.0
    assert pole.both(12)[-1] is Quality.GOOD


@pytest.mark.fault(
    "the agent starts anew, or [check] changes, while two sensors of one quantity have parted",
    "the one that is wrong stays doubted",
)
@pytest.mark.parametrize("how", ["restart", "settings"])
def test_two_sensors_that_parted_are_doubted_over_a_restart_and_other_settings(how: str) -> None:
    pole = Pair()
    pole.both(20)
    pole.off = 3.0
    pole.both(26)
    if how == "restart":
        pole.restart()
    else:
        at = stamp(pole.index * 600.0)
        pole.pipeline.update(Analysis(check=CheckSettings(max_per_day=7)), DEVICES, at)
    assert Quality.GOOD not in pole.both(20)


def test_a_state_in_which_two_sensors_part_by_no_number_is_learned_anew() -> None:
    siblings, tail = Siblings(), Sides(share=0.1, pace=0.1, floor=0.1).state()
    siblings.restore([(("temperature", "roof", "wall"), math.nan, math.nan, tail)])
    assert not siblings.state()


def test_a_sensor_that_parted_is_doubted_when_the_other_falls_silent() -> None:
    pole = Pair()
    pole.both(20)
    pole.off = 3.0
    pole.both(26)
    pole.run(1, lambda index, rng: round(weather(index, rng) + 3.0, 2))
    assert Quality.GOOD not in pole.qualities
    assert not pole.ends
