"""Evidence snapshots: off unless settings ask; pixelated before they are encoded, encrypted before they are kept.

File:  MAGIC (8) | ephemeral X25519 public key (32) | nonce (12) | AES-256-GCM of the JPEG, MAGIC as associated data
Key:   HKDF-SHA256 of the X25519 exchange, info = MAGIC (RFC 7748, RFC 5869, NIST SP 800-38D)
The pole holds the public key only: who takes the box cannot open a snapshot, and neither can the agent.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from agent.config.scene import EvidenceSettings
from agent.errors import ConfigError
from agent.models.needs import HOW
from agent.vision import sentences as say
from agent.vision.boxes import Frame
from agent.vision.finder import Finder
from agent.vision.pipeline import Seen
from agent.vision.retention import delete, snapshot_name, snapshots_of
from contract.events import Evidence

MAGIC = b"POLESTL1"
_PART = ".part"
_CELLS = 6
"""Blocks across a pixelated box: too few for a face or a plate."""
_COARSE = 64
"""Blocks across a whole frame in which nobody knows where persons are."""
_WIDTH = 960
_QUALITY = 80
_GROWN = 0.15


class Keeper:
    """The folder of one camera's snapshots: what is put into it, within a bound. ``retention`` deletes on time."""

    def __init__(self, camera: str, settings: EvidenceSettings) -> None:
        """ConfigError: the key or the folder cannot be used, or what encrypts is not installed."""
        self._camera = camera
        self._settings = settings
        self._folder = Path(settings.folder)
        self._key = _public_key(Path(settings.key_file))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._folder.stat().st_mode & 0o077:
                self._folder.chmod(0o700)
            for part in snapshots_of(camera, self._folder, _PART):  # a power cut left it
                part.unlink(missing_ok=True)
        except OSError as exc:
            raise ConfigError(
                say.CAMERA_EVIDENCE_FOLDER(camera=camera, folder=self._folder, strerror=exc.strerror)
            ) from exc

    def wants(self, rule: str) -> bool:
        return rule in self._settings.rules

    def keep(self, frame: Frame, hide: Sequence[tuple[float, ...]] | None, rule: str, utc_s: float) -> list[Evidence]:
        """Keep a snapshot with ``hide`` (x1, y1, x2, y2) made unrecognisable; None: all of it. Oldest go for room."""
        if not self.wants(rule):
            return []
        data = seal(encode(coarse(frame) if hide is None else pixelated(frame, hide)), self._key)
        if len(data) > self._settings.max_bytes:
            return []
        path = self._folder / snapshot_name(self._camera, utc_s, secrets.token_hex(4))
        events: list[Evidence] = []
        try:
            events.extend(self._make_room(len(data)))
            _write(path, data)
        except OSError as exc:
            failed = say.CANNOT_TAKE(folder=self._folder, strerror=exc.strerror)[:200]
            return [*events, Evidence(type="failed", file=path.name, reason=failed)]
        why = f"{rule}: {self._settings.purpose}"[:200]
        return [*events, Evidence(type="kept", file=path.name, reason=why, bytes=len(data))]

    def _make_room(self, size: int) -> Iterator[Evidence]:
        snapshots = [(path, path.stat().st_size) for path in snapshots_of(self._camera, self._folder)]
        used = sum(bytes_ for _, bytes_ in snapshots)
        for path, bytes_ in snapshots:
            if used + size <= self._settings.max_bytes:
                return
            used -= bytes_
            yield delete(path, say.ROOM_NEWER_ONE())


def _write(path: Path, data: bytes) -> None:
    """All of it under its name, or nothing. OSError: why not."""
    part = path.with_suffix(_PART)
    try:
        part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def followed(seen: Seen) -> list[tuple[float, ...]]:
    """The boxes of all that is tracked or moves."""
    return [*(track.box for track in seen.tracks), *(tuple(box) for box in seen.moving.tolist())]


def to_hide(frame: Frame, seen: Seen, finder: Finder) -> list[tuple[float, ...]] | None:
    """What must not be shown: all that is followed, or looks like an object. None: nobody knows, so all of it."""
    everything = None if seen.wrong else finder.everything(frame)  # a view that is wrong is one that nobody knows
    return None if everything is None else [*followed(seen), *(tuple(box) for box in everything.tolist())]


def pixelated(frame: Frame, hide: Sequence[tuple[float, ...]]) -> Frame:
    """A copy in which every box, a little grown, is a few blocks of one colour each."""
    out = frame.copy()
    height, width = out.shape[:2]
    for x1, y1, x2, y2 in hide:
        grow = _GROWN * max(x2 - x1, y2 - y1)
        left, top = max(0, int(x1 - grow)), max(0, int(y1 - grow))
        right, bottom = min(width, int(x2 + grow) + 1), min(height, int(y2 + grow) + 1)
        if right <= left or bottom <= top:
            continue
        part = out[top:bottom, left:right]
        cells = (max(1, min(_CELLS, right - left)), max(1, min(_CELLS, bottom - top)))
        rough = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
        out[top:bottom, left:right] = cv2.resize(rough, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
    return out


def coarse(frame: Frame) -> Frame:
    """A copy in few blocks: where the road and the houses are can be seen, and no person and no plate."""
    height, width = frame.shape[:2]
    rough = cv2.resize(frame, (_COARSE, max(1, round(_COARSE * height / width))), interpolation=cv2.INTER_AREA)
    blocks: Frame = cv2.resize(rough, (width, height), interpolation=cv2.INTER_NEAREST)
    return blocks


def encode(frame: Frame) -> bytes:
    if frame.shape[1] > _WIDTH:
        size = (_WIDTH, round(frame.shape[0] * _WIDTH / frame.shape[1]))
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(np.asarray(data).tobytes())


def seal(data: bytes, key: Any) -> bytes:
    """``data`` for the holder of the private key that belongs to ``key``, and nobody else."""
    crypto = _Crypto()
    own = crypto.x25519.X25519PrivateKey.generate()
    nonce = secrets.token_bytes(12)
    sealed = crypto.aead(_derived(crypto, own.exchange(key))).encrypt(nonce, data, MAGIC)
    return MAGIC + bytes(own.public_key().public_bytes_raw()) + nonce + bytes(sealed)


def unseal(data: bytes, private_key: Any) -> bytes:
    """What ``seal`` hid. ValueError: it is no snapshot, or of another key."""
    if data[:8] != MAGIC:
        raise ValueError(say.NO_SNAPSHOT_POLEAGENT())
    crypto = _Crypto()
    shared = private_key.exchange(crypto.x25519.X25519PublicKey.from_public_bytes(data[8:40]))
    try:
        return bytes(crypto.aead(_derived(crypto, shared)).decrypt(data[40:52], data[52:], MAGIC))
    except crypto.invalid as exc:
        raise ValueError(say.SNAPSHOT_SEALED_ANOTHER_KEY()) from exc


class _Crypto:
    """The package ``cryptography``, imported where snapshots are asked for and nowhere else."""

    def __init__(self) -> None:
        try:
            from cryptography.exceptions import InvalidTag  # noqa: PLC0415
            from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
            from cryptography.hazmat.primitives.asymmetric import x25519  # noqa: PLC0415
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415
            from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415
        except ImportError as exc:
            raise ConfigError(
                say.EVIDENCE_SNAPSHOTS_NEED_LIBRARY(how=HOW.replace("[vision]", "[vision,evidence]"))
            ) from exc
        self.x25519, self.aead, self.invalid = x25519, AESGCM, InvalidTag
        self.hashes, self.hkdf, self.load = hashes, HKDF, load_pem_public_key


def _derived(crypto: _Crypto, shared: bytes) -> bytes:
    hkdf = crypto.hkdf(algorithm=crypto.hashes.SHA256(), length=32, salt=None, info=MAGIC)
    return bytes(hkdf.derive(shared))


def _public_key(path: Path) -> Any:
    crypto = _Crypto()
    try:
        key = crypto.load(path.read_bytes())
    except OSError as exc:
        raise ConfigError(say.EVIDENCE_KEY_CANNOT_READ(path=path, strerror=exc.strerror)) from exc
    except ValueError as exc:
        raise ConfigError(say.NO_PEM_PUBLIC_KEY(path=path)) from exc
    if not isinstance(key, crypto.x25519.X25519PublicKey):
        raise ConfigError(say.NO_X_KEY_MAKE(path=path))
    return key
