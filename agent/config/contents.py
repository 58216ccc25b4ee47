"""What the folders that settings name hold: models count by their content, not by the name of their folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from agent.config.bounds import parsed

_MOST_BYTES = 256 << 20
_PAGE = 1 << 20


def content(folder: str) -> str:
    """The first 12 hex digits of the SHA-256 over ``model.toml`` and the file that it names; empty: there is none.

    What is wrong with a model is said where it is used, and by ``poleagent check``.
    """
    try:
        page = _read(Path(folder) / "model.toml", _PAGE)
        name = parsed(page.decode()).get("file", "model.tflite")
        digest = hashlib.sha256(page)
        if isinstance(name, str) and name:
            digest.update(_read(Path(folder) / name, _MOST_BYTES))
    except (OSError, ValueError):
        return ""
    return digest.hexdigest()[:12]


def _read(path: Path, most: int) -> bytes:
    """ValueError: no plain file of a bearable size."""
    if not path.is_file() or path.stat().st_size > most:
        raise ValueError(path)
    return path.read_bytes()
