"""Passwords in the addresses of cameras, which must not be seen anywhere."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

# to the last '@': people write passwords with '/' and '@' as they are, and rather too much is hidden than too little
_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/]*):(?P<password>\S*)@", re.IGNORECASE)
_QUERY = re.compile(r"(?P<before>[?&/_;](?:password|passwd|pwd|pass|token|key|secret|auth)=)[^&\s]*", re.IGNORECASE)


def masked(text: str) -> str:
    """``text`` with the password of every URL in it replaced by ``***``."""
    text = _PASSWORD.sub(r"\g<before>:***@", text)
    return _QUERY.sub(r"\g<before>***", text)


def plain(text: str) -> str:
    """``masked``, and nothing in it that could forge a line of the log or steer a terminal."""
    return masked("".join(letter if letter.isprintable() else " " for letter in text))


def with_password(source: str, password: str) -> str:
    """A URL whose user gets ``password``; anything else as it is."""
    parts = urlsplit(source)
    if not parts.username or not parts.hostname:
        return source
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{host}{port}"))
