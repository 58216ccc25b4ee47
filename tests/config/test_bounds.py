"""No settings file costs more than a bound of time and memory, whatever is in it."""

from __future__ import annotations

import time
import tomllib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.config.bounds import MOST_MARKS, MOST_PARTS, marks, too_deep
from agent.config.document import LARGEST
from agent.config.load import MOST_PROBLEMS, check
from tests.config.fakes import DRIVERS

POLE = '[pole]\nid = "p1"\n'
SECONDS = 20.0
"""Of processor time under tracemalloc, which makes it three times slower; the unbounded parser took minutes."""
BYTES = 64 << 20
MANY = MOST_MARKS - 10
NASTY = {
    "one key of many parts": "a" + ".a" * 10_000 + " = 1",
    "one quoted key of many parts": '"a"' + ' . "a"' * 10_000 + " = 1",
    "a header of many parts": "[" + "a." * 10_000 + "a]",
    "a header in a list of tables": "[[" + "a." * 10_000 + "a]]",
    "a deep key in an inline table": "x = { " + "a." * 10_000 + "a = 1 }",
    "a deep key behind a text with marks": "x = '# = \"'\n" + "a." * 10_000 + "a = 1",
    "keys of as many parts as may be": "\n".join(".".join("abcdefg") + f"{n} = 1" for n in range(4900)),
    "headers of as many parts as may be": "\n".join(f"[{'.'.join('abcdef')}{n}]" for n in range(4900)),
    "lists in lists": "a = " + "[" * MANY,
    "tables in tables": "a = " + "{a=" * (MANY // 2),
    "an option that is not there, often": POLE + "".join(f"idd{n} = 1\n" for n in range(MANY)),
    "a long name of an option": POLE + "q" * (LARGEST - 100) + " = 1",
    "a long value": '[pole]\nid = "' + "q" * (LARGEST - 100) + '"',
    "a long number": "a = " + "1" * (LARGEST - 100),
    "sections that are not there": "".join(f"[s{n}]\n" for n in range(MANY)),
    "devices with a misspelt driver": POLE
    + "".join(f'[device.d{n}]\ndriver = "weathr"\nline = "b"\nunitt = 1\n' for n in range(499)),
    "devices on one address": POLE
    + '[line.b]\nport = "/dev/x"\n'
    + "".join(f'[device.d{n}]\ndriver = "weather"\nline = "b"\n' for n in range(499)),
    "cameras": POLE + "".join(f'[camera.c{n}]\nsource = "x"\n' for n in range(499)),
    "rules": POLE + "".join(f'[rule.c{n}]\nwhen = "x"\n' for n in range(499)),
    "quotation marks": '"' * (LARGEST - 100),
    "threefold quotation marks": '"""\n' * (LARGEST // 4 - 100),
    "blanks before a dot": "a" + " " * (LARGEST - 100) + ".b = 1",
    "one word": "a" * (LARGEST - 100),
}


@pytest.mark.fault("a settings file is made to be expensive", "it is refused within seconds and 64 MiB")
@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_file_costs_little(name: str, tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(NASTY[name])
    assert file.stat().st_size <= LARGEST + 500_000
    tracemalloc.start()
    began = time.process_time()
    problems = check(file, DRIVERS)
    spent, most = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problems
    assert len(problems) <= MOST_PROBLEMS
    assert all(len(str(problem)) < 2000 for problem in problems)
    assert spent < SECONDS
    assert most < BYTES


def test_a_deep_key_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(POLE + '# a comment\nx = """\ntwo lines"""\n' + ".".join("a" * (MOST_PARTS + 1)) + " = 1\n")
    assert str(check(file, DRIVERS)[0]) == f"{file}:6: a name of more than {MOST_PARTS} parts between dots is a mistake"


def test_an_escape_sequence_in_a_name_is_shown_and_not_sent(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(POLE + '"\\u001b]0;x\\u0007" = 1\n')
    assert "\\x1b]0;x\\x07" in str(check(file, DRIVERS)[0])


WORD = st.text(st.characters(whitelist_categories=("Lu", "Ll", "Nd"), max_codepoint=126), min_size=1, max_size=4)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\u{ord(char):04x}" if ord(char) < 0xFFFF else "" for char in text) + '"'


KEY = st.one_of(WORD, TEXT.map(_quoted), WORD.map("'{}'".format))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(KEY, min_size=1, max_size=12), st.sampled_from(["x = 1 # a.b", "[x]", "s = '''a.b'''"]))
    )
)
def test_depth_and_number_are_those_that_the_parser_sees(rows: list[tuple[list[str], str]]) -> None:
    text = "".join(f"k{n}.{' . '.join(keys)} = '.'\n" for n, (keys, _) in enumerate(rows))
    depth = max((1 + len(keys) for keys, _ in rows), default=0)
    assert (too_deep(text) is not None) == (depth > MOST_PARTS)
    assert marks(text) == len(rows)
    tomllib.loads(text)
