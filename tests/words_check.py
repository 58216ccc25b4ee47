"""The words of the glossary: `python -m tests.words_check` names each use of a word that docs/glossary.md replaces."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BANNED = {
    "told": "reported, published, logged",
    "film": "video, clip",
    "picture": "frame",
    "stills": "snapshots",
    "beside": "next to, compared with, in addition to",
    "heard": "received",
    "hears": "receives",
    "goodbye": "offline message",
    "whoever": "the user, the technician",
    "habit": "baseline",
}
"""Word -> what docs/glossary.md calls it."""
ROOMS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/adr",
    "docs/ways",
    "docs/overview.md",
    "docs/board-protocol.md",
    "docs/drivers.md",
    "docs/firmware.md",
    "docs/platform.md",
    "docs/store.md",
    "docs/technician.md",
    "docs/analysis.md",
    "firmware_stubs",
    "bench/peer",
    "agent/acquire",
    "agent/store",
    "agent/uplink",
    "contract",
    "ui",
    "fleet",
    "release",
    "simulator",
    "demo",
    "agent/api.py",
    "drivers",
    "agent/analysis",
    "agent/cli",
    "agent/config",
    "agent/models",
    "agent/app.py",
    "agent/control",
    "agent/flow.py",
    "agent/handlers.py",
    "agent/plain.py",
    "agent/status",
    "agent/system",
)
"""Where the words hold."""
OLD = ":(exclude)agent/config/renamed.py"
"""Names old words, since it takes them."""
_WORD = re.compile(rf"\b(?!besides\b)({'|'.join(BANNED)})s?\b", re.IGNORECASE)


def uses() -> list[str]:
    """``file:line: word -> term`` of each banned word."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *ROOMS, OLD], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or path.suffix not in {".py", ".md", ".toml", ".c", ".h"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = _WORD.findall(line)
            found += [f"{name}:{number}: {word!r}: say {BANNED[word.lower()]}" for word in words]
    return found


if __name__ == "__main__":
    problems = uses()
    print("\n".join(problems) or "the words are those of docs/glossary.md")
    sys.exit(1 if problems else 0)
