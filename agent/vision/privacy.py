"""What a vision process, a decoder or a camera says, made fit for a log, an event and a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from agent.config.address import hidden

_SHORTEST = 4
"""A secret of fewer letters is in every text by chance."""


def plain(text: str, secrets: Iterable[str] = ()) -> str:
    """One line without control characters, without ``secrets``, and with addresses as ``hidden`` leaves them."""
    for secret in secrets:
        for form in {secret, quote(secret), quote(secret, safe="")}:
            if len(form) >= _SHORTEST:
                text = text.replace(form, "***")
    return hidden("".join(letter if letter.isprintable() else " " for letter in text))
