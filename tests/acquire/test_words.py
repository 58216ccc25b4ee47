"""What a technician reads fits the way to the device: nobody looks for wires that are not there."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from agent.acquire import sentences_lines as say
from agent.acquire import words
from agent.acquire.words import Others, Way
from contract.types import FaultCode

ROOM = Path(words.__file__).parent


def all_of(way: Way) -> list[str]:
    sentences = [
        words.down("port", "unit 3 (x)", code, silent_s=9.0, others=others, detail="what came", way=way)
        for code, others in product(FaultCode, get_args(Others))
    ]
    sentences += [words.often(code, 0.3, "what came", way=way) for code in FaultCode]
    sentences += [words.cable({"a": 0.05}, way=way), words.cable({"a": 0.05, "b": 0.1}, way=way)]
    return [*sentences, say.ALL_SILENT[way](), say.ALL_DAMAGED[way](), words.too_slow(0.2, 1.0, way=way)]


@pytest.mark.parametrize("way", get_args(Way))
def test_every_sentence_is_whole(way: Way) -> None:
    for sentence in filter(None, all_of(way)):
        assert not set("{}") & set(sentence)
        assert ".." not in sentence
        assert sentence.endswith(".") or ": what came" in sentence, sentence


def test_over_a_network_nobody_looks_for_wires_that_are_not_there() -> None:
    for sentence in all_of("network"):
        assert not any(word in sentence for word in ("A/B", "baud", "ohm", "adapter", "parity", "RX")), sentence


def test_behind_a_serial_server_the_line_is_that_of_the_server() -> None:
    for sentence in all_of("server"):
        assert "adapter" not in sentence
        assert "RX" not in sentence
        if "baud" in sentence:
            assert "server" in sentence, sentence


def test_what_the_driver_recommends_is_said_instead() -> None:
    busy = words.down(
        "p",
        "unit 3 (x)",
        FaultCode.EXCEPTION,
        silent_s=9,
        others="alone",
        detail="it is busy",
        advice="Ask it less often.",
    )
    assert busy == "p: unit 3 (x) answers, but refuses (it is busy). Ask it less often."
    assert "profile" not in words.often(FaultCode.EXCEPTION, 0.3, "it is busy", advice="Ask it less often.")


def test_nobody_writes_another_ones_attributes() -> None:
    """A device, a line and its connection change by their own methods only (but for rows of a table of one's own)."""
    writes = re.compile(r"^\s+(?!self\b)\w+\.\w+(?:, \w+\.\w+)* [-+]?= ", re.MULTILINE)
    found = {path.name for path in ROOM.glob("*.py") if writes.search(path.read_text())}
    assert found <= {"owed.py", "unanswered.py"}
