"""What a vision process, a decoder or a camera says, made fit for a log, an event and a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit, urlunsplit

from agent.config.address import SLOT, hidden

_SHORTEST = 4
"""A secret of fewer letters is in every text by chance."""


def plain(text: str, secrets: Iterable[str] = ()) -> str:
    """One line without control characters, without ``secrets``, and with addresses as ``hidden`` leaves them."""
    for secret in secrets:
        for form in {secret, quote(secret), quote(secret, safe="")}:
            if len(form) >= _SHORTEST:
                text = text.replace(form, "***")
    return hidden("".join(letter if letter.isprintable() else " " for letter in text))


def with_password(source: str, password: str) -> str:
    """A URL whose user gets ``password``, or the place that is kept for it; anything else as it is."""
    if SLOT in source:
        return source.replace(SLOT, quote(password, safe=""))
    parts = urlsplit(source)
    if not parts.username or not parts.hostname:
        return source
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{host}{port}"))
