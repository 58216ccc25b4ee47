"""The conditions under which a camera may look at a street, and passwords that must not be seen."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from agent.config.settings import CameraSettings

_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*):(?P<password>[^\s/]*)@", re.IGNORECASE)
_QUERY = re.compile(r"(?P<before>[?&](?:password|passwd|pwd|pass|token|key|secret|auth)=)[^&\s]*", re.IGNORECASE)


def why_not(name: str, settings: CameraSettings) -> str:
    """Why this camera may not start, as a sentence; empty when it may.

    Public cameras need a purpose and a conspicuous sign: PIPL (China) article 26; GDPR articles 5(1)(b) and 13.
    """
    missing = [option for option in ("purpose", "signage") if len(getattr(settings, option).strip()) < 4]
    if not missing:
        return ""
    wanted = {
        "purpose": 'purpose = "what the camera is for"',
        "signage": 'signage = "where the sign hangs that tells passers-by"',
    }
    return (
        f"[camera.{name}] does not start: it says no {' and no '.join(missing)}. A camera in a public place needs a "
        f"stated purpose and a sign (PIPL art. 26, GDPR art. 5): add {' and '.join(wanted[each] for each in missing)}"
    )


def masked(text: str) -> str:
    """``text`` with the password of every URL in it replaced by ``***``."""
    text = _PASSWORD.sub(r"\g<before>:***@", text)
    return _QUERY.sub(r"\g<before>***", text)


def with_password(source: str, password: str) -> str:
    """A URL whose user gets ``password``; anything else as it is."""
    parts = urlsplit(source)
    if not parts.username or not parts.hostname:
        return source
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{host}{port}"))
