"""Where a camera sends us, followed within the same camera only: this process has no way to another."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from agent.config.address import PORTS, Address
from agent.vision import sentences_stream as say
from agent.vision.stream.trouble import Ended

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses of HTTP and RTSP."""


def target_of(here: Address, location: str) -> str:
    """Path and query of ``location``, which answers a request of ``here``. Ended: it leads elsewhere, or nowhere."""
    try:
        parts = urlsplit(location)
        port = parts.port or PORTS.get(parts.scheme.lower(), here.port)
    except ValueError as exc:
        raise Ended(say.CAMERA_SENDS_US_ADDRESS()) from exc
    if parts.hostname and ((parts.hostname, port) != (here.host, here.port) or parts.scheme.lower() != here.scheme):
        raise Ended(say.CAMERA_SENDS_US_ANOTHER())
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    target = target if target.startswith("/") else f"/{target}"
    if not re.fullmatch(r"[\x21-\x7e]+", target):
        raise Ended(say.CAMERA_SENDS_US_ADDRESS())
    return target
