"""Lines of keys: whatever tomllib can read, the locator finds every key of; and nothing makes it raise."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.config.locate import locate

KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=5).map(
        json.dumps
    ),
    st.from_regex(r"'[ -&(-~]{0,5}'", fullmatch=True),
)
SCALARS = st.one_of(
    st.integers(-99, 10**9).map(str),
    st.sampled_from(["1.5", "true", "inf", "2026-11-01 07:32:00Z", "07:32:00", '"# no comment"', "'[no.table]'"]),
    st.sampled_from(
        ['"""\na = 1\n[b]\n"""', "'''\n\"\"\"\nx = 1'''", '"""quote "" \\""""""', "''''a'''''", '"\\""', '""']
    ),
)


def _values(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blank = st.sampled_from(["", " ", "\n", " # comment ]\n"])
    lists = st.tuples(blank, st.lists(inner, max_size=3), blank).map(
        lambda parts: f"[{parts[0]}{f',{parts[2]}'.join(parts[1])}{parts[2]}]"
    )
    tables = st.lists(st.tuples(KEYS, inner), max_size=3).map(
        lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
    )
    return st.one_of(lists, tables)


DOTTED = st.lists(KEYS, min_size=1, max_size=3).map(" . ".join)
LINES = st.one_of(
    st.tuples(DOTTED, st.recursive(SCALARS, _values, max_leaves=6)).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    DOTTED.map(lambda keys: f"[{keys}]"),
    DOTTED.map(lambda keys: f"[[ {keys} ]] # twice"),
    st.sampled_from(["", "# a = 1", "\t "]),
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, item in items:
        found += _paths(item, (*path, key))
    return found


@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_every_key_that_tomllib_reads_has_a_line(lines: list[str], end: str) -> None:
    text = end.join(lines).replace("\r\n", "\n")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        locate(text)
        return
    found = locate(text)
    assert set(_paths(table)) == set(found.lines)
    assert not found.twice
    count = text.count("\n") + 1
    assert all(1 <= line <= count for line in found.lines.values())


@given(st.text())
def test_nothing_makes_it_raise(text: str) -> None:
    locate(text)


def test_deep_nesting_ends_the_walk() -> None:
    assert ("a",) in locate("a = " + "[" * 10_000).lines


def test_lines_of_all_ways_to_write_a_key() -> None:
    text = '''\
top = """
[not.a.table]
"""
[a.b]
"c d".e = 1  # two keys
list = [
  1,
  { x = 2 },
]
[[a.many]]
x = 1
[[a.many]]
x = 2
[a.many.inner]
'y' = 3
'''
    assert locate(text).lines == {
        ("top",): 1,
        ("a",): 4,
        ("a", "b"): 4,
        ("a", "b", "c d"): 5,
        ("a", "b", "c d", "e"): 5,
        ("a", "b", "list"): 6,
        ("a", "b", "list", 0): 7,
        ("a", "b", "list", 1): 8,
        ("a", "b", "list", 1, "x"): 8,
        ("a", "many"): 10,
        ("a", "many", 0): 10,
        ("a", "many", 0, "x"): 11,
        ("a", "many", 1): 12,
        ("a", "many", 1, "x"): 13,
        ("a", "many", 1, "inner"): 14,
        ("a", "many", 1, "inner", "y"): 15,
    }
