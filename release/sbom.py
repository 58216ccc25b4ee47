"""The bill of materials of a package, CycloneDX 1.6 (ECMA-424): what lies in it, with the hashes that the lock allows.

`python -m release.sbom NAME VERSION LOCK FOLDER` prints it for the libraries in FOLDER (a site-packages). The same tree
gives the same bytes: its time is SOURCE_DATE_EPOCH, and it has no serial number. Libraries that a wheel has linked in
(FFmpeg in PyAV's) are those of the wheel and not listed.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageMetadata, distributions
from pathlib import Path
from typing import Any

from release.errors import ReleaseError

OURS = "poleagent"
"""The distribution that all packages are made from; it is what is described and none of its own parts."""
_LONGEST_NAME = 80
"""Characters; some libraries write their whole licence where its name belongs."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One release as the lock has it; ``hashes`` are SHA-256, hexadecimal, of each of its files."""

    version: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A library that lies in the package. ``licence`` is an SPDX expression if ``spdx``, else a name, or empty."""

    name: str
    version: str
    licence: str = ""
    spdx: bool = False


def locked(lock: str) -> dict[str, Locked]:
    """Name -> release, from the text of a file of requirements/."""
    entries = re.findall(r"^([a-z0-9-]+)==(\S+)(.*(?:\n +\S.*)*)", lock, re.MULTILINE)
    return {name: Locked(version, tuple(re.findall("sha256:([0-9a-f]{64})", rest))) for name, version, rest in entries}


def parts(folder: Path) -> tuple[Part, ...]:
    """The libraries whose ``.dist-info`` lies in ``folder``, by name."""
    found = map(_part, distributions(path=[str(folder)]))
    return tuple(sorted((part for part in found if part.name != OURS), key=lambda part: part.name))


def document(
    name: str, version: str, parts: Iterable[Part], lock: Mapping[str, Locked], at: datetime
) -> dict[str, Any]:
    """The bill of materials of the package ``name``.

    Raises ReleaseError for a part that the lock does not have, or has in another version.
    """
    own = f"pkg:generic/{name}@{version}"
    components = [_component(part, lock) for part in parts]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": name,
                "version": version,
                "purl": own,
                "licenses": [{"expression": "MIT"}],
            },
        },
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [component["bom-ref"] for component in components]}],
    }


def main(arguments: list[str]) -> int:
    name, version, lock, folder = arguments
    at = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    try:
        made = document(name, version, parts(Path(folder)), locked(Path(lock).read_text(encoding="utf-8")), at)
    except ReleaseError as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - a command
        return 1
    print(json.dumps(made, indent=1, ensure_ascii=False))  # noqa: T201
    return 0


def _part(found: Distribution) -> Part:
    about = found.metadata
    name = re.sub(r"[-_.]+", "-", about["Name"]).lower()
    if expression := _first(about, "License-Expression"):
        return Part(name, found.version, expression, spdx=True)
    said = _first(about, "License")
    if not said or "\n" in said or len(said) > _LONGEST_NAME:
        rows = [row for row in about.get_all("Classifier") or () if row.startswith("License :: ")]
        said = rows[0].rpartition(" :: ")[2] if rows else ""
    return Part(name, found.version, said)


def _first(about: PackageMetadata, name: str) -> str:
    return next(iter(about.get_all(name) or ()), "")


def _component(part: Part, lock: Mapping[str, Locked]) -> dict[str, Any]:
    release = lock.get(part.name)
    if release is None or release.version != part.version:
        has = f"{part.name} {release.version}" if release else f"no {part.name}"
        raise ReleaseError(f"{part.name} {part.version} lies in the package, and its lock has {has}: run 'make lock'")
    purl = f"pkg:pypi/{part.name}@{part.version}"
    made = {
        "type": "library",
        "bom-ref": purl,
        "name": part.name,
        "version": part.version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in release.hashes],
    }
    if part.licence:
        made["licenses"] = [{"expression": part.licence} if part.spdx else {"license": {"name": part.licence}}]
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
