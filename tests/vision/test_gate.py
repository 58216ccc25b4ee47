"""Scores count more where something moves, and must be enough by themselves where nothing does."""

from __future__ import annotations

from types import SimpleNamespace as Fake
from typing import Any

import numpy as np
import pytest

from agent.vision.finder import DetectorFinder, SearchPlaces
from agent.vision.gate import BONUS, gated, least
from tests.vision.stage import found, street

ROOM = np.array([[100, 100, 160, 200]], np.float32)
NOBODY = np.empty((0, 4), np.float32)


def person(score: float, x: float = 110) -> tuple[str, float, float, float, float, float]:
    return ("person", score, x, 105, x + 40, 195)


@pytest.mark.parametrize("score", [0.15, 0.3, 0.6, 0.95])
def test_what_lies_on_a_blob_counts_more(score: float) -> None:
    assert gated(found(person(score)), ROOM, 0.45).scores[0] == pytest.approx(min(1.0, score + BONUS))


def test_what_lies_on_no_blob_must_be_sure_by_itself() -> None:
    seen = found(person(0.44, 300), person(0.46, 400), person(0.2))
    kept = gated(seen, ROOM, 0.45)
    assert kept.boxes[:, 0].tolist() == [400, 110]
    assert kept.scores[0] == pytest.approx(0.46)
    assert gated(seen, NOBODY, 0.45).boxes[:, 0].tolist() == [400]


def test_a_blob_that_only_touches_an_object_does_not_make_it_move() -> None:
    moving = np.array([[140, 105, 300, 195]], np.float32)
    assert len(gated(found(person(0.3, 107)), moving, 0.45)) == 0


def test_pieces_of_one_object_move_it_together() -> None:
    legs_and_head = np.array([[112, 105, 148, 118], [112, 175, 148, 195]], np.float32)
    assert len(gated(found(person(0.3)), legs_and_head, 0.45)) == 1


@pytest.mark.parametrize("alone", [0.2, 0.45, 0.9])
def test_a_model_is_read_from_where_a_bonus_can_matter(alone: float) -> None:
    assert 0 < least(alone) < alone
    assert gated(found(), ROOM, alone).boxes.shape == (0, 4)


def test_a_part_of_what_moves_gets_no_bonus_of_its_own() -> None:
    whole, part = ("vehicle", 0.7, 100, 100, 160, 200), ("vehicle", 0.4, 105, 110, 155, 180)
    assert gated(found(whole, part), ROOM, 0.45).boxes[:, 3].tolist() == [200]
    other = ("person", 0.4, 105, 110, 155, 180)
    assert len(gated(found(whole, other), ROOM, 0.45)) == 2, "another class is another object"
    sure = ("vehicle", 0.5, 105, 110, 155, 180)
    assert len(gated(found(whole, sure), ROOM, 0.45)) == 2, "what is sure by itself stays"


def test_a_box_round_a_group_gets_no_bonus_for_those_who_move_in_it() -> None:
    group = ("person", 0.3, 95, 95, 170, 205)
    assert gated(found(group), ROOM, 0.45).scores[0] == pytest.approx(0.6), "nobody else moves there"
    kept = gated(found(group, person(0.4)), ROOM, 0.45)
    assert kept.boxes[:, 0].tolist() == [110]
    other = ("person", 0.25, 140, 110, 165, 200)
    kept = gated(found(group, person(0.4), other), ROOM, 0.45)
    assert kept.boxes[:, 0].tolist() == [110, 140], "a group explains nobody in it"


def test_a_box_in_a_better_one_goes_whether_or_not_something_else_is_cropped() -> None:
    seen = found(person(0.9), ("person", 0.5, 112, 110, 140, 150))
    about = Fake(input=Fake(crops=1.5, size=(300, 300)), output=Fake(overlap=0.5))
    fake: Any = Fake(model=about, alone=0.45, look=lambda _frame, regions, _least: [seen] * len(regions))
    assert len(DetectorFinder(fake, 4).find(street(), SearchPlaces(NOBODY, NOBODY, NOBODY))) == 1
