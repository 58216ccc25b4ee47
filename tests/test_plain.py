"""Texts of others are shown and never obeyed."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from agent.plain import plain, plain_json, plain_tree

TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


def test_escape_sequences_and_turned_writing_are_spelt_out() -> None:
    assert plain("\x1b]0;owned\x07 12 °C") == "\\x1b]0;owned\\x07 12 °C"
    assert plain("a\u202eb\x9bc\nd\te") == "a\\u202eb\\x9bc\\nd\\te"
    assert plain("one\ntwo", keep="\n") == "one\ntwo"
    assert plain("深南大道\u3000十二号") == "深南大道\u3000十二号"


@given(TEXT)
def test_nothing_but_what_prints_is_left(text: str) -> None:
    assert all(char.isprintable() or char == "\u3000" for char in plain(text))
    assert plain(plain(text)) == plain(text)


@given(st.recursive(TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)))
def test_json_means_the_same_and_prints(tree: object) -> None:
    shown = plain_json(json.dumps(tree, ensure_ascii=False))
    assert json.loads(shown) == tree
    assert all(char.isprintable() for char in shown)
    assert "\x1b" not in str(plain_tree(tree))
