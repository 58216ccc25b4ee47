"""Keys: ed25519, each private one in a PEM file that a pass phrase encrypts, each public one in the root metadata."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner

from release.errors import ReleaseError

LEAST_PASS_PHRASE = 12
"""Characters; the file of a key may fall into other hands, and then the pass phrase is all that holds."""


def read_pass_phrase(path: Path) -> bytes:
    """The first line of the file. ReleaseError: it cannot be read, is too short, or every user can read it."""
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()[:4096].partition(b"\n")[0].removesuffix(b"\r")
    except OSError as exc:
        raise ReleaseError(f"the pass phrase's file {path} cannot be read: {exc.strerror}") from exc
    if mode & 0o004:
        raise ReleaseError(f"the pass phrase's file {path} can be read by every user: chmod 600 {path}")
    if len(text) < LEAST_PASS_PHRASE:
        raise ReleaseError(f"the pass phrase in {path} has {len(text)} characters; take {LEAST_PASS_PHRASE} or more")
    return text


def make_key(path: Path, pass_phrase: bytes) -> CryptoSigner:
    """A new key in the new file ``path``. ReleaseError: there is such a file, or it cannot be written."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(pass_phrase))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as exc:
        raise ReleaseError(f"{path} is there already; a key is never written over") from exc
    except OSError as exc:
        raise ReleaseError(f"the key's file {path} cannot be written: {exc.strerror}") from exc
    return CryptoSigner(key)


def read_key(path: Path, pass_phrase: bytes) -> CryptoSigner:
    """The key in ``path``. ReleaseError: the file or the pass phrase is wrong."""
    try:
        key = load_pem_private_key(path.read_bytes(), pass_phrase)
    except OSError as exc:
        raise ReleaseError(f"the key's file {path} cannot be read: {exc.strerror}") from exc
    except (ValueError, TypeError) as exc:
        raise ReleaseError(f"{path} is no key that this pass phrase opens") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise ReleaseError(f"{path} is no ed25519 key; 'polerelease key' makes one")
    return CryptoSigner(key)
