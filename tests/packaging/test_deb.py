"""The built package, as dpkg-deb shows it; test_box.py installs and runs it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent import VERSION
from release.sbom import parts

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = [
    pytest.mark.xdist_group("deb"),
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="a .deb is built on Debian or its kin"),
]


def field(deb: Path, name: str) -> str:
    done = subprocess.run(["dpkg-deb", "--field", deb, name], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def contents(deb: Path) -> dict[str, str]:
    """Path -> mode, owner and all that `ls -l` shows."""
    done = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True)
    return {line.split(" ./", 1)[1]: line.split(" ./", 1)[0] for line in done.stdout.splitlines() if " ./" in line}


def test_the_package_is_named_as_its_version_and_architecture(deb: Path) -> None:
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    assert field(deb, "Version") == VERSION
    assert field(deb, "Architecture") == architecture.stdout.strip()
    assert deb.name == f"poleagent_{VERSION}_{architecture.stdout.strip()}.deb"


def test_all_that_belongs_is_there_and_belongs_to_root(deb: Path) -> None:
    files = contents(deb)
    for path in (
        "opt/poleagent/pyvenv.cfg",
        "usr/lib/systemd/system/poleagent.service",
        "usr/lib/sysusers.d/poleagent.conf",
        "usr/lib/udev/rules.d/70-poleagent.rules",
        "usr/share/doc/poleagent/copyright",
        "usr/share/doc/poleagent/changelog.gz",
        "etc/poleagent/poleagent.toml",
        "etc/poleagent/conf.d/",
    ):
        assert path in files
    assert "usr/bin/poleagent -> /opt/poleagent/bin/poleagent" in files
    assert all(" root/root " in line for line in files.values())
    assert not [path for path, line in files.items() if line[5] == "w" or line[8] == "w" if not line.startswith("l")]


def test_the_settings_are_a_conffile_so_that_an_upgrade_keeps_them(deb: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--control", deb, tmp_path / "control"], check=True)
    assert (tmp_path / "control" / "conffiles").read_text() == "/etc/poleagent/poleagent.toml\n"


def test_nothing_in_it_knows_where_it_was_built(deb: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    here = str(Path(__file__).resolve().parent.parent.parent).encode()
    reported = [
        str(file.relative_to(tmp_path))
        for file in tmp_path.rglob("*")
        if file.is_file() and not file.is_symlink() and here in file.read_bytes()
    ]
    assert reported == []
    assert (tmp_path / "opt/poleagent/bin/poleagent").read_text().startswith("#!/opt/poleagent/bin/python3 -IB\n")
    sources = list((tmp_path / "opt/poleagent/lib").rglob("agent/**/*.py"))
    assert sources
    for source in sources:
        assert list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")), f"{source} is not compiled"


def test_the_bill_of_materials_lists_the_libraries_that_lie_in_it(deb: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    (site,) = (tmp_path / "opt/poleagent/lib").glob("python3.*/site-packages")
    bill = json.loads((tmp_path / "usr/share/doc/poleagent/sbom.cdx.json").read_text(encoding="utf-8"))
    assert bill["metadata"]["component"]["version"] == VERSION
    listed = {(part["name"], part["version"]) for part in bill["components"]}
    assert listed == {(part.name, part.version) for part in parts(site)}
    assert {"aiomqtt", "h11", "msgspec", "segno", "tuf"} <= {name for name, _ in listed}
    assert all(part["licenses"] for part in bill["components"])


def test_the_manual_page_and_the_completion_are_in_it(deb: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    page = tmp_path / "usr/share/man/man1/poleagent.1.gz"
    assert gzip.decompress(page.read_bytes()) == (ROOT / "docs/man/poleagent.1").read_bytes()
    assert page.read_bytes()[3:8] == bytes(5), "neither the name nor the time of a file"
    completion = tmp_path / "usr/share/bash-completion/completions/poleagent"
    assert completion.read_bytes() == (ROOT / "packaging/completions/poleagent").read_bytes()


@pytest.mark.parametrize("command", ["doctor", "setup", "status", "update", "web"])
def test_a_command_starts_from_what_is_in_the_package_alone(deb: Path, tmp_path: Path, command: str) -> None:
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    (site,) = (tmp_path / "opt/poleagent/lib").glob("python3.*/site-packages")
    # -S: without the libraries of the Python that runs it
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from agent.cli import main; main([{command!r}, '--help'])"
    asked = [sys.executable, "-I", "-S", "-B", "-c", code]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: poleagent {command}" in done.stdout


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_all_three_built_again_elsewhere_have_the_same_bytes(debs: tuple[Path, Path], tmp_path: Path) -> None:
    tree = tmp_path / "a longer name of a folder"
    tree.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)
    head = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True)
    stamp = os.environ.get("SOURCE_DATE_EPOCH") or head.stdout.strip()
    other = os.environ | {"SOURCE_DATE_EPOCH": stamp, "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "TMPDIR": str(tmp_path)}
    command = [str(tree / "packaging/build-deb"), str(tmp_path / "dist")]
    subprocess.run(command, check=True, timeout=3600, cwd=tree, env=other, umask=0o077)
    built = sorted((tmp_path / "dist").iterdir())
    assert sorted(deb.name.split("_")[0] for deb in built) == ["poleagent", "poleagent-vision", "polefleet"]
    assert [deb.name for deb in built if deb.read_bytes() != (debs[0].parent / deb.name).read_bytes()] == []


def test_the_shipped_classifier_is_in_it(deb: Path) -> None:
    files = contents(deb)
    assert {"model.toml", "crops.tflite"} <= {
        Path(path).name for path in files if path.startswith("opt/poleagent/share/poleagent/models/crops/")
    }


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_the_package_for_cameras_adds_to_the_other_and_repeats_nothing_of_it(debs: tuple[Path, Path]) -> None:
    agent, vision = debs
    assert f"poleagent (= {VERSION})" in field(vision, "Depends")
    shared = {path for path in contents(agent).keys() & contents(vision).keys() if path and not path.endswith("/")}
    assert shared == set()
    assert vision.stat().st_size < 75_000_000


def test_it_is_small_enough_for_a_cellular_link(deb: Path) -> None:
    assert deb.stat().st_size < 3_000_000
    assert int(field(deb, "Installed-Size")) < 40_000
