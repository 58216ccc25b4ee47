"""A counter that nobody reads is a bound that nobody sees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from agent.analysis.model import Consultant
from agent.config.settings import AnomalySettings
from agent.system.clock import SystemClock, always_synced
from contract.health import PoleStatus, UplinkHealth

AGENT = Path(__file__).resolve().parent.parent.parent / "agent"


def counted(tree: ast.AST) -> set[str]:
    """Attributes of ``self`` that something is added to."""
    return {
        node.target.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.AugAssign)
        and isinstance(node.op, ast.Add)
        and isinstance(node.target, ast.Attribute)
        and isinstance(node.target.value, ast.Name)
        and node.target.value.id == "self"
    }


def read(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}


def test_every_counter_is_read_somewhere() -> None:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in AGENT.rglob("*.py")]
    assert set().union(*map(counted, trees)) - set().union(*map(read, trees)) == set()


@pytest.mark.parametrize("name", ["turned_away", "left_out"])
def test_what_was_too_much_is_in_the_status(name: str) -> None:
    assert name in PoleStatus.__struct_fields__


def test_commands_that_came_twice_are_in_the_status_of_the_link() -> None:
    assert "repeated" in UplinkHealth.__struct_fields__


def test_windows_without_a_model_are_not_left_out() -> None:
    assert Consultant(AnomalySettings(), SystemClock(always_synced), lambda _: None).left_out == 0
