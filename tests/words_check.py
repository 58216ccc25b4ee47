"""The words of the glossary: `python -m tests.words_check` names each use of a word that docs/glossary.md replaces.

Sentences, names and messages of all files are read, and the words inside identifiers as well.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BANNED = {
    "told": "reported, published, logged",
    "film": "video, clip",
    "films": "videos, clips",
    "picture": "frame",
    "pictures": "frames",
    "stills": "snapshots",
    "beside": "next to, compared with, in addition to",
    "hear": "receive",
    "heard": "received",
    "hears": "receives",
    "goodbye": "offline message",
    "whoever": "the user, the technician",
    "habit": "baseline",
    "habits": "baselines",
}
"""Word -> what docs/glossary.md calls it."""
FREE = ("CHANGELOG.md", "tests/words_check.py", "agent/config/renamed.py", "tests/config/test_renamed.py")
"""What was, and what names old words since it takes them."""
_KINDS = {".py", ".md", ".toml", ".c", ".h", ".sh", ".sql", ""}
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""A word of a sentence, or one of an identifier: ``is_told``, ``WhatWasTold``."""


def uses() -> list[str]:
    """``file:line: word -> term`` of each banned word."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if name in FREE or path.suffix not in _KINDS or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = dict.fromkeys(map(str.lower, _PART.findall(line)))
            found += [f"{name}:{number}: {word!r}: say {BANNED[word]}" for word in words if word in BANNED]
    return found


if __name__ == "__main__":
    problems = uses()
    print("\n".join(problems) or "the words are those of docs/glossary.md")
    sys.exit(1 if problems else 0)
