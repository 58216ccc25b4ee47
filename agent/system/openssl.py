"""The ``openssl`` program as a child: what Python's ``ssl`` cannot do. No configuration of the box has a say."""

from __future__ import annotations

import asyncio

from agent.errors import AgentError

WAIT_S = 60.0
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C", "OPENSSL_CONF": "/dev/null"}


class OpensslFailed(AgentError):
    """``missing``: there is no such program; else ``str()`` is its first line."""

    def __init__(self, text: str, *, missing: bool = False) -> None:
        super().__init__(text)
        self.missing = missing


async def openssl(*arguments: str, data: bytes = b"") -> bytes:
    """What it writes; ``data`` is its input. Raises ``OpensslFailed``."""
    try:
        child = await asyncio.create_subprocess_exec(
            *("openssl", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT,
        )
    except OSError as reason:
        raise OpensslFailed("openssl", missing=True) from reason
    try:
        async with asyncio.timeout(WAIT_S):
            written, wrong = await child.communicate(data)
    except TimeoutError:
        raise OpensslFailed(f"openssl {arguments[0]}: {WAIT_S:.0f} s") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise OpensslFailed(wrong.decode("utf-8", "replace").strip().partition("\n")[0][:200] or "openssl")
    return written
