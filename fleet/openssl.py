"""The ``openssl`` program as a child: CMS, which ``cryptography`` does not open for keys on curves."""

from __future__ import annotations

import subprocess

from fleet.errors import FleetError

WAIT_S = 60.0
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C", "OPENSSL_CONF": "/dev/null"}


class CmsFailed(FleetError):
    """``str()`` is the first line of what it said."""


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    """What it writes; raises ``CmsFailed``, and ``FleetError`` where there is no such program."""
    try:
        done = subprocess.run(
            ["openssl", *arguments], input=data, capture_output=True, env=_ENVIRONMENT, timeout=WAIT_S, check=False
        )
    except FileNotFoundError as reason:
        raise FleetError("the openssl program is missing: apt-get install openssl") from reason
    except (OSError, subprocess.SubprocessError) as reason:
        raise CmsFailed(str(reason)[:200]) from reason
    if done.returncode:
        raise CmsFailed(done.stderr.decode("utf-8", "replace").strip().partition("\n")[0][:200])
    return done.stdout
