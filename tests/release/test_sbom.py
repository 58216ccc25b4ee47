"""The bill of materials of a package, against the locks and against libraries that lie in a tree."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release.errors import ReleaseError
from release.sbom import Locked, Part, document, locked, parts

ROOT = Path(__file__).resolve().parent.parent.parent
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
LOCK = {"h11": Locked("0.16.0", ("a" * 64, "b" * 64))}


def lie(folder: Path, name: str, version: str, *about: str) -> None:
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "\n".join(("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *about, ""))
    )


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_every_release_of_a_lock_is_read_with_all_its_hashes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = locked(text)
    assert len(found) == text.count("==") - len(re.findall(r"(;.*)==", text))
    assert sum(len(release.hashes) for release in found.values()) == text.count("--hash=sha256:")
    assert all(release.hashes for release in found.values())


def test_a_library_has_name_version_purl_hashes_and_licence() -> None:
    made = document("poleagent", "0.2.0", [Part("h11", "0.16.0", "MIT", spdx=True)], LOCK, AT)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert made["metadata"]["timestamp"] == "2026-11-30T12:00:00Z"
    assert made["components"] == [
        {
            "type": "library",
            "bom-ref": "pkg:pypi/h11@0.16.0",
            "name": "h11",
            "version": "0.16.0",
            "purl": "pkg:pypi/h11@0.16.0",
            "hashes": [{"alg": "SHA-256", "content": "a" * 64}, {"alg": "SHA-256", "content": "b" * 64}],
            "licenses": [{"expression": "MIT"}],
        }
    ]
    assert made["dependencies"][0]["dependsOn"] == ["pkg:pypi/h11@0.16.0"]


@pytest.mark.parametrize(("part", "has"), [(Part("h11", "0.17.0"), "h11 0.16.0"), (Part("extra", "1"), "no extra")])
def test_what_the_lock_does_not_have_is_refused(part: Part, has: str) -> None:
    with pytest.raises(ReleaseError, match=f"lies in the package, and its lock has {has}"):
        document("poleagent", "0.2.0", [part], LOCK, AT)


def test_the_licence_is_taken_from_where_the_library_says_it(tmp_path: Path) -> None:
    lie(tmp_path, "Zz_Top", "1.0", "License-Expression: MIT OR Apache-2.0")
    lie(tmp_path, "by-word", "2.0", "License: BSD")
    lie(
        tmp_path,
        "whole",
        "3.0",
        f"License: {'Permission is granted. ' * 9}",
        "Classifier: License :: OSI Approved :: MIT License",
    )
    lie(tmp_path, "silent", "4.0")
    lie(tmp_path, "poleagent", "0.2.0")
    assert parts(tmp_path) == (
        Part("by-word", "2.0", "BSD"),
        Part("silent", "4.0"),
        Part("whole", "3.0", "MIT License"),
        Part("zz-top", "1.0", "MIT OR Apache-2.0", spdx=True),
    )


def test_the_command_prints_the_same_bytes_each_time_and_names_what_is_wrong(tmp_path: Path) -> None:
    lie(tmp_path, "h11", locked((ROOT / "requirements/pole.txt").read_text(encoding="utf-8"))["h11"].version)
    command = [sys.executable, "-m", "release.sbom", "poleagent", "0.2.0", "requirements/pole.txt", str(tmp_path)]
    runs = [subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=300).stdout for _ in range(2)]
    assert runs[0] == runs[1]
    assert [part["name"] for part in json.loads(runs[0])["components"]] == ["h11"]
    lie(tmp_path, "stray", "1.0")
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "stray 1.0 lies in the package, and its lock has no stray: run 'make lock'\n"
