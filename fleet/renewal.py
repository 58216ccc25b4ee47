"""The certificates of broker, pages and platform are renewed while they serve."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from typing import Never

from fleet.broker.files import BACKLOG, PLATFORM
from fleet.pki import Authority, Pair

EVERY_S = 3600.0
log = logging.getLogger(__name__)


async def renew(
    authority: Authority, names: Sequence[str], pages: ssl.SSLContext | None, reload: Callable[[], None] | None
) -> Never:
    """Looks every hour; what is renewed is used at once: by ``pages``, and by the broker, which ``reload`` tells.

    The platform shows its own certificate when it next connects. Ends by cancellation only.
    """
    used = _content(authority.server(names))
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            for name in (PLATFORM, BACKLOG):
                authority.client(name)
            pair = authority.server(names)
            if (content := _content(pair)) != used:
                if pages is not None:
                    pages.load_cert_chain(pair.cert, pair.key)
                if reload is not None:
                    reload()
                used = content
                log.info("broker and pages have a new certificate")
        except (OSError, ValueError) as reason:
            log.warning("certificates cannot be renewed: %s; it is tried again in an hour", reason)


def _content(pair: Pair) -> bytes:
    return pair.cert.read_bytes()
