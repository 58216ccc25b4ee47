"""The models folder: every description is whole, the shipped file is the one the card speaks of, and it works."""

from __future__ import annotations

import hashlib
import runpy
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from agent.models.describe import read_model, shipped_folder
from agent.vision.detector import Classifier
from contract.model import CLASSES, ModelDescription
from tests.vision.stage import ROOT

sys.path.append(str(ROOT / "models"))  # scripts that import each other
synthetic = runpy.run_path(str(ROOT / "models" / "synthetic.py"))
PAGES = sorted((ROOT / "models").glob("*/model.toml"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_every_description_is_whole_and_names_its_licence_and_source(page: Path) -> None:
    about = msgspec.toml.decode(page.read_bytes(), type=ModelDescription)
    assert about.licence
    assert about.source
    assert set(about.classes.values()) <= set(CLASSES)


def test_the_shipped_file_is_the_described_one_and_below_its_bound() -> None:
    about = msgspec.toml.decode((shipped_folder() / "model.toml").read_bytes(), type=ModelDescription)
    data = (shipped_folder() / about.file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == about.sha256
    assert len(data) <= 400 * 1024


@pytest.mark.parametrize("label", [*CLASSES, "background"])
def test_drawn_objects_that_it_has_not_seen_are_named_rightly(label: str) -> None:
    rng = np.random.default_rng(77)
    classifier = Classifier(read_model(shipped_folder()))
    whole = np.array([0, 0, synthetic["SIDE"], synthetic["SIDE"]], np.float32)
    right = 0
    for _ in range(60):
        shares = classifier.name(synthetic["sample"](label, rng, []), whole)
        reported = CLASSES[int(shares.argmax())] if shares.max() >= classifier.least else "background"
        right += reported == label
    assert right >= 48


@pytest.mark.parametrize("name", ["crops", "groups"])
def test_the_card_holds_the_tables_that_people_need(name: str) -> None:
    card = (ROOT / "models" / name / "CARD.md").read_text(encoding="utf-8")
    for part in ("## Data", "## Confusion", "## Limits", "licence", "two-wheeler"):
        assert part in card
