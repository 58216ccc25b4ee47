"""A diagnosis as a text that fits a QR code, for a place without network: at most 1 KB, in the alphanumeric set.

``POLE1.`` and base32 of zlib of JSON: ``[pole, version, seconds since 1970, synced, [[name, about, reading], ...]]``.
The sentences are those of ``contract.causes``, so they need not travel. Readings are cut, then causes left out.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from datetime import UTC, datetime

import msgspec

from contract.causes import CAUSES
from contract.diagnosis import Cause, Diagnosis, named
from contract.words import both

CODE_BYTES = 1024
HEAD = "POLE1."
_LONGEST = 64 * 1024
_CUTS = ((12, 160), (10, 100), (8, 60), (6, 40), (4, 30), (2, 20), (1, 0))
"""How many causes, and characters of each reading, are tried until it fits."""


class BadCode(ValueError):
    """The text is no diagnosis; ``str()`` says why."""


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    pole: str
    version: str
    at: int
    synced: bool
    causes: tuple[tuple[str, str, str], ...]
    left_out: int = 0


def code(diagnosis: Diagnosis) -> str:
    """At most ``CODE_BYTES`` letters, digits and points."""
    text = ""
    for most, length in _CUTS:
        causes = tuple((one.name, one.about[:40], one.reading[:length]) for one in diagnosis.causes[:most])
        left_out = diagnosis.left_out + len(diagnosis.causes) - len(causes)
        at = int(diagnosis.at.timestamp())
        packed = _Packed(diagnosis.pole, diagnosis.version, at, diagnosis.synced, causes, left_out)
        body = base64.b32encode(zlib.compress(msgspec.json.encode(packed), 9)).decode().rstrip("=")
        text = HEAD + body
        if len(text) <= CODE_BYTES:
            break
    return text


def read_code(text: str) -> Diagnosis:
    """The diagnosis out of hostile text, without the times of its checks; raises ``BadCode``."""
    text = text.strip()
    if not text.startswith(HEAD) or len(text) > CODE_BYTES:
        raise BadCode(f"a diagnosis begins with {HEAD} and has at most {CODE_BYTES} characters")
    body = text.removeprefix(HEAD)
    try:
        data = base64.b32decode(body + "=" * (-len(body) % 8))
        packed = msgspec.json.decode(zlib.decompressobj().decompress(data, _LONGEST), type=_Packed)
        at = datetime.fromtimestamp(packed.at, UTC)
    except (binascii.Error, zlib.error, msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError) as reason:
        raise BadCode(f"this is no diagnosis: {reason}") from reason
    return Diagnosis(
        pole=packed.pole,
        version=packed.version,
        at=at,
        synced=packed.synced,
        seconds=0.0,
        causes=tuple(_cause(*one) for one in packed.causes),
        left_out=packed.left_out,
    )


def _cause(name: str, about: str, reading: str) -> Cause:
    if name in CAUSES:
        return named(name, reading, about)
    unknown = both("A newer version of the agent names this cause.", "此原因来自更新版本的程序。")
    return Cause(name=name, about=about, reading=reading, text=unknown, todo=both("", ""))
