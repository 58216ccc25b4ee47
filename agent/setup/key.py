"""The pole's key (EC P-256), its certificate requests and signatures, by the ``openssl`` program of the box.

The key is made on the pole, and no message carries it. Why the program and no library: docs/dependencies.md.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from agent.setup import sentences as say

WAIT_S = 60.0
SELF_DAYS = 2
"""The page that shows it ends within hours; its box may have no true clock, and a browser then says so."""


def make_key() -> bytes:
    """A new private key, PKCS #8 in PEM. Raises ``SetupError``."""
    return _openssl(("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))


def request_for(key: Path, pole: str) -> bytes:
    """The certificate signing request of ``pole`` for its key, PKCS #10 in PEM. Raises ``SetupError``."""
    return _openssl(("req", "-new", "-key", str(key), "-subj", f"/CN={pole}"))


def self_signed(key: Path, addresses: Sequence[str]) -> bytes:
    """A certificate of the key by itself for a server at these addresses, good for ``SELF_DAYS``; PEM. Raises
    ``SetupError``.
    """
    names = ",".join(["DNS:localhost", *(f"IP:{address}" for address in addresses)])
    extensions = (f"subjectAltName={names}", "extendedKeyUsage=serverAuth", "basicConstraints=critical,CA:FALSE")
    added = [word for extension in extensions for word in ("-addext", extension)]
    subject = ("-subj", "/CN=poleagent web", "-days", str(SELF_DAYS))
    return _openssl(("req", "-x509", "-new", "-key", str(key), *subject, *added))


def sign(key: Path, data: bytes) -> bytes:
    """The ECDSA signature (SHA-256, DER) of ``data``. Raises ``SetupError``."""
    return _openssl(("dgst", "-sha256", "-sign", str(key)), data)


def _openssl(arguments: Sequence[str], data: bytes = b"") -> bytes:
    # no configuration of the box has a say, and nothing is asked on a terminal
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C", "OPENSSL_CONF": "/dev/null"}
    # who is root and acts as another user just now does so for good in the program
    user, group = (os.geteuid(), os.getegid()) if os.geteuid() != os.getuid() else (None, None)
    try:
        done = subprocess.run(
            ["openssl", *arguments],
            input=data,
            capture_output=True,
            env=environment,
            timeout=WAIT_S,
            check=True,
            user=user,
            group=group,
        )
    except FileNotFoundError as reason:
        raise say.SetupError(say.NO_OPENSSL) from reason
    except (OSError, subprocess.SubprocessError) as reason:
        said = getattr(reason, "stderr", None) or str(reason).encode()
        text = said.decode("utf-8", "replace").strip().partition("\n")[0][:200]
        raise say.SetupError(say.OPENSSL_FAILS, what=arguments[0], why=text) from reason
    return done.stdout
