"""The certificate of the page: the pole's own where it may be shown by a server, else one made for this run."""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path

from agent.config.files import path_of
from agent.config.uplink import TlsSettings
from agent.setup.key import make_key, self_signed
from agent.system.certificates import serves


def server_tls(own: TlsSettings | None, addresses: tuple[str, ...]) -> tuple[ssl.SSLContext, str, bool]:
    """What serves TLS, the SHA-256 of its certificate in hex pairs, and whether the certificate is the pole's.

    ``own``: the pole's files, None where it has none. The key of one that is made lies in a file for a moment only.
    Raises SetupError where openssl fails.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    if own is not None and own.cert_file and own.key_file:
        cert, key = path_of(own.cert_file), path_of(own.key_file)
        if cert is not None and key is not None and serves(cert, key):
            with suppress(OSError):
                context.load_cert_chain(cert, key)
                return context, fingerprint(cert.read_text(encoding="ascii")), True
    with tempfile.TemporaryDirectory(prefix="poleagent-web-") as folder:
        key = Path(folder) / "key.pem"
        key.touch(mode=0o600)
        key.write_bytes(make_key())
        cert = Path(folder) / "cert.pem"
        cert.write_bytes(self_signed(key, addresses))
        context.load_cert_chain(cert, key)
        return context, fingerprint(cert.read_text(encoding="ascii")), False


def fingerprint(pem: str) -> str:
    """SHA-256 of the first certificate of a PEM text, as browsers show it: ``3A:F0:...``."""
    end = "-----END CERTIFICATE-----"
    first = pem[pem.index("-----BEGIN CERTIFICATE-----") : pem.index(end) + len(end)]
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
