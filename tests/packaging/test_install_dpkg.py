"""The script that installs the agent's own package, with Debian's own dpkg in a root of the test's own."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging/install-release"
POLEAGENT = """#!/bin/sh
if [ "$1" = update ]; then
    mkdir -p "$STATE/new"
    cp "$BOX/next.deb" "$STATE/new/poleagent.deb"
    cat "$BOX/request" >"$STATE/release"
    exit 0
fi
version=$(dpkg-query -W -f '${Version}' poleagent)
[ -f "$BOX/edit" ] && cp "$BOX/edit" "$DPKG_ROOT/etc/poleagent/poleagent.toml"
[ "$version" = "$(cat "$BOX/sick")" ] || echo "{\\"version\\":\\"$version\\",\\"stale\\":[]}"
"""

pytestmark = pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg")


class DpkgBox:
    """Version 1 is installed in ``root``, and a technician has written the settings."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.state = folder, folder / "root", folder / "state"
        self.settings = self.root / "etc/poleagent/poleagent.toml"
        for name in ("info", "updates", "triggers"):
            (self.root / "var/lib/dpkg" / name).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        (self.root / "var/lib/dpkg/available").touch()
        tools = folder / "bin"
        tools.mkdir()
        for name, text in (("poleagent", POLEAGENT), ("sync", "#!/bin/sh\n"), ("sleep", "#!/bin/sh\n")):
            (tools / name).write_text(text, encoding="utf-8")
            (tools / name).chmod(0o755)
        self.environment = {
            "PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin",
            "BOX": str(folder),
            "STATE": str(self.state),
            "DPKG_ROOT": str(self.root),
            "DPKG_FORCE": "not-root,bad-path,script-chrootless",
        }
        package = self.package(1)
        subprocess.run(["dpkg", "-i", package], env=self.environment, check=True, capture_output=True)
        self.settings.write_text("the technician's, with a secret\n", encoding="utf-8")

    def package(self, version: int) -> Path:
        """A package whose sample of settings is another in each version."""
        tree = self.folder / f"tree{version}"
        for path in ("etc/poleagent/poleagent.toml", "usr/share/poleagent/poleagent.toml"):
            (tree / path).parent.mkdir(parents=True)
            (tree / path).write_text(f"sample {version}\n", encoding="utf-8")
        (tree / "DEBIAN").mkdir()
        (tree / "DEBIAN/conffiles").write_text("/etc/poleagent/poleagent.toml\n", encoding="utf-8")
        (tree / "DEBIAN/control").write_text(
            f"Package: poleagent\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n",
            encoding="utf-8",
        )
        package = self.folder / f"{version}.deb"
        build = ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(package)]
        subprocess.run(build, check=True, capture_output=True)
        return package

    def update(self, version: int, *, sick: bool = False) -> str:
        """The unit starts with a release to install; what the script ended with."""
        shutil.copy(self.package(version), self.folder / "next.deb")
        (self.folder / "sick").write_text(str(version) if sick else "", encoding="utf-8")
        (self.folder / "request").write_text(f"software/poleagent/{version}\n", encoding="utf-8")
        return self.again()

    def again(self) -> str:
        """The unit starts once more."""
        run = ["sh", str(SCRIPT), str(self.state), "10", str(self.folder / "request")]
        done = subprocess.run(run, env=self.environment, check=False, timeout=300, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return (self.state / "result").read_text(encoding="utf-8").strip()

    @property
    def installed(self) -> str:
        ask = ["dpkg-query", "-W", "-f", "${Version}", "poleagent"]
        return subprocess.run(ask, env=self.environment, check=True, capture_output=True, text=True).stdout


def test_settings_of_the_pole_outlive_a_roll_back_and_the_release_after_it(tmp_path: Path) -> None:
    box = DpkgBox(tmp_path)
    (tmp_path / "edit").write_text("the technician's, edited during the trial\n", encoding="utf-8")
    assert box.update(2, sick=True) == "software/poleagent/2 back it was not healthy within 10 s"
    assert box.installed == "1"
    (tmp_path / "edit").unlink()
    assert box.update(3) == "software/poleagent/3 kept it is healthy"
    assert box.installed == "3"
    assert box.settings.read_text(encoding="utf-8") == "the technician's, edited during the trial\n"


def test_the_package_that_is_kept_holds_no_settings_of_the_pole_and_is_roots_alone(tmp_path: Path) -> None:
    box = DpkgBox(tmp_path)
    cut = box.folder / "bin/sleep"
    cut.write_text('#!/bin/sh\nkill -9 "$PPID"\n', encoding="utf-8")  # the power goes in the trial
    with pytest.raises(AssertionError):
        box.update(2)
    kept = box.state / "old/poleagent.deb"
    assert kept.stat().st_mode & 0o777 == 0o600
    subprocess.run(["dpkg-deb", "-x", str(kept), str(tmp_path / "out")], check=True)
    assert (tmp_path / "out/etc/poleagent/poleagent.toml").read_text(encoding="utf-8") == "sample 1\n"


@pytest.mark.fault(
    "another dpkg is at work, or the disk is full, while a version of the agent is to be installed",
    "it waits, says so, and tries again every ten minutes; the release is not condemned",
)
def test_a_release_waits_for_another_dpkg_that_is_at_work(tmp_path: Path) -> None:
    box = DpkgBox(tmp_path)
    locks = [(box.root / "var/lib/dpkg" / name).open("w", encoding="utf-8") for name in ("lock-frontend", "lock")]
    for file in locks:
        fcntl.lockf(file, fcntl.LOCK_EX)
    with pytest.raises(AssertionError, match="locked by another process"):
        box.update(2)
    assert (box.state / "step").read_text(encoding="utf-8") == "installing\n"
    assert (box.state / "waits").read_text(encoding="utf-8") == "another dpkg is at work\n"
    for file in locks:
        file.close()
    assert box.again() == "software/poleagent/2 kept it is healthy"
    assert box.installed == "2"
