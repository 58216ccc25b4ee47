"""Texts of devices, brokers, cameras and settings on a terminal: shown, never obeyed.

A device's answer may hold escape sequences (ECMA-48), which a terminal would carry out with the rights of the
user who looks, and signs that turn the direction of writing, so that a line reads as what it is not.
"""

from __future__ import annotations

from typing import Any


def plain(text: str, *, keep: str = "") -> str:
    r"""``text`` with each character that does not print as ``\x1b`` or ``\u202e``; those in ``keep`` stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep or char == "\u3000" else _escaped(char) for char in text)


def plain_tree(tree: Any) -> Any:
    """The same for every text in what JSON holds, names of fields among them."""
    if isinstance(tree, str):
        return plain(tree)
    if isinstance(tree, dict):
        return {plain(name): plain_tree(item) for name, item in tree.items()}
    if isinstance(tree, list):
        return [plain_tree(item) for item in tree]
    return tree


def plain_json(text: str) -> str:
    r"""JSON that means the same, with ``\u009b`` for each character that does not print."""
    return text if text.isascii() else "".join(char if char.isprintable() else _as_json(char) for char in text)


def _escaped(char: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    return short or (f"\\x{ord(char):02x}" if ord(char) < 0x100 else char.encode("ascii", "backslashreplace").decode())


def _as_json(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
