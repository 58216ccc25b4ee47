"""A desk with three people, a site, and folders to pack; keys are made once for all tests of a process."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from contract.plan import Assignment
from contract.release import Manifest, ReleaseId
from release.beginning import begin
from release.desk import OFFLINE, ReleaseDesk
from release.packing import pack, put
from release.publishing import assign, publish

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PEOPLE = ("anna", "bo", "carl")
CROPS = Path(__file__).resolve().parents[2] / "models/crops"


@cache
def key(person: str) -> CryptoSigner:
    return CryptoSigner.generate_ed25519()


def new_desk(folder: Path) -> ReleaseDesk:
    return begin(folder, {person: key(person) for person in PEOPLE}, key("online"), 2, NOW)


def sign(desk: ReleaseDesk, *people: str) -> None:
    for person in people:
        for role in OFFLINE:
            desk.sign(role, key(person))


def settings_folder(folder: Path, text: str, name: str = "street") -> Path:
    """A folder to pack: a revision of settings."""
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    (folder / "release.toml").write_text(f'kind = "settings"\nname = "{name}"\nlicence = "MIT"\n', encoding="utf-8")
    return folder


def model_folder(folder: Path, *, spoil: bool = False) -> Path:
    """A folder to pack: the shipped classifier with one golden sample; ``spoil``: one that it does not fit."""
    shutil.copytree(CROPS, folder)
    (folder / "release.toml").write_text(
        'kind = "model"\nname = "crops"\nlicence = "MIT"\nabout = "The shipped classifier."\n', encoding="utf-8"
    )
    (folder / "golden-grey.in").write_bytes(bytes(48 * 48 * 3))
    if spoil:
        (folder / "golden-grey.out").write_bytes(b"\0\0\x80\x3f" * 4)
    return folder


def stand_in_model(folder: Path, content: bytes, name: str = "crops") -> Path:
    """A folder to pack: a model that no interpreter was asked about, quick to make."""
    folder.mkdir(parents=True)
    (folder / "weights.tflite").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    page = (CROPS / "model.toml").read_text(encoding="utf-8")
    head, _, tail = page.partition("\nlicence")
    (folder / "model.toml").write_text(
        f'name = "{name}"\ntask = "classify"\nfile = "weights.tflite"\nsha256 = "{digest}"\nlicence{tail}',
        encoding="utf-8",
    )
    assert head
    (folder / "release.toml").write_text(f'kind = "model"\nname = "{name}"\nlicence = "MIT"\n', encoding="utf-8")
    (folder / "golden-1.in").write_bytes(b"\0")
    (folder / "golden-1.out").write_bytes(b"\0" * 16)
    return folder


def deb_folder(folder: Path, data: bytes, name: str = "poleagent") -> Path:
    folder.mkdir(parents=True)
    (folder / "poleagent.deb").write_bytes(data)
    (folder / "release.toml").write_text(f'kind = "software"\nname = "{name}"\nlicence = "MIT"\n', encoding="utf-8")
    return folder


def release(desk: ReleaseDesk, site: Path, folder: Path, *poles: str) -> ReleaseId:
    """Packed, signed by two, assigned and published."""
    manifest: Manifest
    manifest, bundle = pack(folder, desk, None)
    put(desk, manifest, bundle)
    sign(desk, "anna", "bo")
    assign(desk, Assignment(release=manifest.release, poles=poles or ("*",)), key("online"))
    publish(desk, site, key("online"), lambda _: None)
    return manifest.release
