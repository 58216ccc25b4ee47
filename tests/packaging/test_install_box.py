"""The agent's own package is installed, and goes back, in a bare Debian 12, and the power goes in the middle of it.

Real packages, maintainer scripts, dpkg and file system; the script is ended with all that it started (kill -9), and
started again as its unit does after a power cut. Whether the daemon is healthy is the test's to say.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.packaging.test_box import MISSING

STATE = "/var/lib/poleagent-install"
POLEAGENT = f"""#!/bin/sh
version=$(dpkg-query -W -f '${{Version}}' poleagent)
if [ "$1" = update ]; then
    [ -f {STATE}/result ] && grep -qF "$(cat /request)" {STATE}/result && exit 0
    cp /request {STATE}/release
    rm -rf {STATE}/.new && mkdir {STATE}/.new && cp /next.deb {STATE}/.new/poleagent.deb && mv {STATE}/.new {STATE}/new
    exit 0
fi
/opt/poleagent/bin/python3 -I -c 'import agent.cli, agent.app' || exit 1
[ "$version" = "$(cat /sick)" ] || echo "{{\\"version\\":\\"$version\\",\\"stale\\":[]}}"
"""
RELEASES = 8

pytestmark = [
    pytest.mark.long,
    pytest.mark.root,
    pytest.mark.xdist_group("deb"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for chroot"),
    pytest.mark.skipif(bool(MISSING), reason=f"apt-get install debootstrap systemd-container dpkg ({MISSING} missing)"),
    pytest.mark.timeout(3600),
]


class Debian:
    """A bare Debian with version 0 of the package, whose settings a technician has written."""

    def __init__(self, root: Path, deb: Path, work: Path) -> None:
        self.root = root
        self._work = work
        self._tree = work / "tree"
        subprocess.run(["dpkg-deb", "-R", str(deb), str(self._tree)], check=True)
        (root / "usr/local/bin/poleagent").write_text(POLEAGENT, encoding="utf-8")
        (root / "usr/local/bin/poleagent").chmod(0o755)
        self.put("/sick", "")
        shutil.copy(self.package(0), root / "zero.deb")
        self.run("dpkg", "-i", "/zero.deb")
        self.put("/etc/poleagent/poleagent.toml", "the technician's\n")

    def put(self, path: str, text: str) -> None:
        (self.root / path.lstrip("/")).write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path.lstrip("/")).read_text(encoding="utf-8").strip()

    def run(self, *words: str) -> str:
        done = subprocess.run(["chroot", str(self.root), *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def package(self, version: int) -> Path:
        """The real package under another number, and with another sample of settings."""
        control = self._tree / "DEBIAN/control"
        text = control.read_text(encoding="utf-8")
        control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", text), encoding="utf-8")
        for sample in ("etc/poleagent/poleagent.toml", "usr/share/poleagent/poleagent.toml"):
            (self._tree / sample).write_text(f"# sample {version}\n", encoding="utf-8")
        package = self._work / f"{version}.deb"
        build = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(self._tree), str(package)]
        subprocess.run(build, check=True, capture_output=True)
        return package

    def start(self, cut_s: float | None) -> bool:
        """The unit starts; after ``cut_s`` the power goes. Whether it came to its end."""
        words = ["chroot", str(self.root), "/usr/lib/poleagent/install-release", STATE, "10", "/request"]
        run = subprocess.Popen(words, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return run.wait(cut_s) == 0
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            return False

    @property
    def installed(self) -> str:
        return self.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Abbrev}", "poleagent").strip()


@pytest.fixture
def debian(box: Path, deb: Path, tmp_path: Path) -> Debian:
    return Debian(box, deb, tmp_path)


@pytest.mark.fault(
    "the power goes while a version of the agent is installed, tried or taken back",
    "the next start goes on; one whole version is installed, and the settings are the pole's own",
)
def test_wherever_the_power_goes_one_whole_version_is_installed_in_the_end(debian: Debian) -> None:
    chance = random.Random(15)
    whole, cuts = 0, 0
    for number in range(1, RELEASES + 1):
        sick = number % 2 == 0
        shutil.copy(debian.package(number), debian.root / "next.deb")
        debian.put("/sick", str(number) if sick else "")
        debian.put("/request", f"software/poleagent/{number}#0\n")
        longest_s = 12.0
        for _ in range(12):
            if debian.start(chance.uniform(0.2, longest_s)):
                break
            cuts += 1
            longest_s *= 1.5  # what is cut again and again would never end
        assert debian.read(f"{STATE}/step") == "idle"
        result = debian.read(f"{STATE}/result")
        kept = result.startswith(f"software/poleagent/{number}#0 kept")
        assert kept or result.startswith(f"software/poleagent/{number}#0 back")
        assert not (sick and kept)
        whole = number if kept else whole
        assert debian.installed == f"{whole} ii"
        assert debian.run("dpkg", "--audit") == ""
        assert debian.read("/etc/poleagent/poleagent.toml") == "the technician's"
        assert debian.read("/usr/share/poleagent/poleagent.toml") == f"# sample {whole}"
        left = {path.name for path in (debian.root / STATE.lstrip("/")).iterdir()}
        assert left <= {"step", "result", "release", ".step", ".result"}
        print(f"release {number}: {result}")
    print(f"{cuts} power cuts in {RELEASES} releases")
    assert cuts > 3
