"""What a settings file may have before it is parsed: a few bytes of TOML can cost a parser seconds and gigabytes.

tomllib copies the whole path of a dotted key at each of its parts, so that the cost grows with the square of the depth;
each key and each item of a list costs some 100 to 500 bytes. Both are bounded here by one walk over the text that is
linear in its length.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from agent.config import sentences as say

MOST_PARTS = 8
"""Parts of one dotted key; ours have at most five ([device.NAME.report.QUANTITY] option)."""
MOST_MARKS = 5_000
"""Keys, tables and list items of all files together, and then some: the sample settings of a full pole have 400."""

_QUIET = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""'
    r"|'''(?:[^']|'(?!''))*+'''"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'"
    r"|#[^\n]*+",
    re.DOTALL,
)
"""Texts and comments, in which no mark counts."""
_DEEP = re.compile(
    r"(?<![\w-])(?:[\w-]++|\"\")(?:[ \t]*+\.[ \t]*+(?:[\w-]++|\"\")){%d}" % MOST_PARTS  # noqa: UP031 - braces of a regex
)
_MARKS = re.compile(r"[=,\[{]")


def too_deep(text: str) -> int | None:
    """The line of the first dotted key that has more than ``MOST_PARTS`` parts; None where there is none."""
    bare = _bare(text)
    found = _DEEP.search(bare)
    return None if found is None else bare.count("\n", 0, found.start()) + 1


def parsed(text: str) -> dict[str, Any]:
    """A TOML file of a few kB that is no settings file. ValueError: it is none, or is made to be expensive."""
    if too_deep(text):
        raise ValueError(say.NAME_MORE_THAN_PARTS(most_parts=MOST_PARTS))
    if marks(text) > MOST_MARKS:
        raise ValueError(say.MORE_THAN_OPTIONS_TABLES(most_marks=MOST_MARKS))
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(say.LISTS_OR_TABLES_NESTED()) from None


def marks(text: str) -> int:
    """How many keys, tables and list items ``text`` has, at most."""
    return len(_MARKS.findall(_bare(text)))


def _bare(text: str) -> str:
    """``text`` of the same length in lines, with each text as ``""`` and without comments."""
    return _QUIET.sub(lambda quiet: _stand_in(quiet[0]), text)


def _stand_in(quiet: str) -> str:
    return ("" if quiet[0] == "#" else '""') + "\n" * quiet.count("\n")
