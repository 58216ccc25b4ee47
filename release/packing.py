"""From a folder to a bundle on the desk, and what must be true of a bundle before anybody signs it."""

from __future__ import annotations

import io
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from tuf.api.metadata import TargetFile

from contract.bundle import MANIFEST, Bundle, BundleError, entry, open_bundle, write_bundle
from contract.model import ModelDescription, contradiction
from contract.release import ROLES, Golden, Limits, Manifest, Needs, ReleaseId, ReleaseKind, ReleaseName, ShadowLimits
from contract.settings import forbidden
from release.child import agent_command
from release.desk import ReleaseDesk, write
from release.errors import ReleaseError

PAGE = "release.toml"
MOST_FILE_BYTES = 256 << 20


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``release.toml``, next to what it is about: all of the manifest that a person writes."""

    kind: ReleaseKind
    name: ReleaseName
    licence: Annotated[str, Meta(min_length=1, max_length=200)]
    about: Annotated[str, Meta(max_length=1000)] = ""
    tolerance: Annotated[float, Meta(ge=0)] = 0.02
    needs: Needs = Needs()
    limits: Limits = Limits()
    shadow: ShadowLimits = ShadowLimits()
    training: dict[str, str] = {}


def pack(folder: Path, desk: ReleaseDesk, number: int | None) -> tuple[Manifest, bytes]:
    """The bundle of ``folder`` under the next number, or under ``number``. ReleaseError: something is wrong with it."""
    recipe = _recipe(folder)
    role = ROLES[recipe.kind]
    taken = [ReleaseId.parse(path.removesuffix(".zip")) for path in desk.read(role).signed.targets]
    last = max((each.number for each in taken if each.name == recipe.name), default=0)
    if number is not None and number <= last:
        raise ReleaseError(f"{role}/{recipe.name} has a release {last} already; numbers only grow")
    release = ReleaseId(kind=recipe.kind, name=recipe.name, number=number or last + 1)
    contents = {path.name: _read(path) for path in sorted(folder.iterdir()) if _belongs(path)}
    golden = _golden(folder, contents, recipe) if recipe.kind == "model" else ()
    manifest = Manifest(
        release=release,
        licence=recipe.licence,
        about=recipe.about,
        needs=recipe.needs,
        limits=recipe.limits,
        shadow=recipe.shadow,
        golden=golden,
        training=recipe.training,
        files={name: entry(data) for name, data in contents.items()},
    )
    check_contents(manifest, contents)
    packed = io.BytesIO()
    write_bundle(packed, manifest, contents)
    return manifest, packed.getvalue()


def put(desk: ReleaseDesk, manifest: Manifest, bundle: bytes) -> None:
    """The bundle on the desk, and the draft of its role with it: to be signed."""
    path = manifest.release.path
    role = ROLES[manifest.release.kind]
    write(desk.bundle(path), bundle)
    page = desk.draft(role)
    page.signed.targets[path] = TargetFile.from_data(path, bundle)
    desk.save(role, page)


def verify(path: Path) -> Manifest:
    """The manifest of a bundle of which everything is as it should be. ReleaseError: something is not."""
    try:
        with open_bundle(path) as bundle:
            check_contents(bundle.manifest, {name: bundle.read(name) for name in bundle.manifest.files})
            return bundle.manifest
    except BundleError as exc:
        raise ReleaseError(f"{path}: {exc}") from exc


def check_contents(manifest: Manifest, contents: dict[str, bytes]) -> None:
    """ReleaseError: what is in a bundle does not make a release of its kind."""
    kind = manifest.release.kind
    if kind == "model":
        _check_model(manifest, contents)
    elif kind == "settings":
        _check_settings(contents)
    elif not all(name.endswith(".deb") for name in contents):
        raise ReleaseError(
            "a release of software has .deb files only: poleagent, and poleagent-vision of the same version"
        )


def _check_model(manifest: Manifest, contents: dict[str, bytes]) -> None:
    if not manifest.golden:
        raise ReleaseError(
            "a model needs golden samples: put its input as raw bytes into golden-1.in, golden-2.in, ..."
        )
    try:
        about = msgspec.toml.decode(contents["model.toml"], type=ModelDescription)
    except KeyError as exc:
        raise ReleaseError("a model has a model.toml") from exc
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as exc:
        raise ReleaseError(f"model.toml: {exc}") from exc
    if wrong := contradiction(about):
        raise ReleaseError(f"model.toml: {wrong}")
    if about.file not in contents or entry(contents[about.file]).sha256 != about.sha256:
        raise ReleaseError(f"model.toml speaks of another file than the {about.file} next to it: its SHA-256 differs")
    if about.name != manifest.release.name:
        raise ReleaseError(f"model.toml calls the model '{about.name}', and {PAGE} '{manifest.release.name}'")


def _check_settings(contents: dict[str, bytes]) -> None:
    for name, data in contents.items():
        if not name.endswith(".toml"):
            raise ReleaseError(f"{name}: a revision of settings has .toml files only")
        try:
            table = tomllib.loads(data.decode())
        except ValueError as exc:
            raise ReleaseError(f"{name}: {exc}") from exc
        if wrong := forbidden(table):
            raise ReleaseError(f"{name}: {wrong}")


def _recipe(folder: Path) -> Recipe:
    page = folder / PAGE
    try:
        return msgspec.toml.decode(page.read_bytes(), type=Recipe)
    except OSError as exc:
        raise ReleaseError(f"{page} cannot be read: {exc.strerror}; it says kind, name and licence") from exc
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as exc:
        raise ReleaseError(f"{page}: {exc}") from exc


def _belongs(path: Path) -> bool:
    return path.is_file() and path.name not in {PAGE, MANIFEST} and not path.name.startswith(".")


def _read(path: Path) -> bytes:
    if path.stat().st_size > MOST_FILE_BYTES:
        raise ReleaseError(f"{path} has more than {MOST_FILE_BYTES >> 20} MiB")
    return path.read_bytes()


def _golden(folder: Path, contents: dict[str, bytes], recipe: Recipe) -> tuple[Golden, ...]:
    """The samples of a folder. Outputs that are missing are computed, by the agent's own interpreter in a child."""
    inputs = sorted(name for name in contents if re.fullmatch(r"golden-[A-Za-z0-9_-]+\.in", name))
    outputs = [f"{name.removesuffix('.in')}.out" for name in inputs]
    if set(outputs) - set(contents):
        run = agent_command("agent.models.golden", "--write", str(folder), *inputs)
        child = subprocess.run(run, capture_output=True, text=True, check=False)
        if child.returncode:
            raise ReleaseError(f"the golden samples of {folder} cannot be computed: {child.stderr.strip()[-500:]}")
        contents |= {name: _read(folder / name) for name in outputs}
    return tuple(
        Golden(input=one, output=other, tolerance=recipe.tolerance) for one, other in zip(inputs, outputs, strict=True)
    )


__all__ = ["Bundle", "check_contents", "pack", "put", "verify"]
