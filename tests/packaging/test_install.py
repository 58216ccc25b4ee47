"""The script that installs the agent's own package, with a dpkg of the test's own and a power cut at every step."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging/install-release"
DPKG = """#!/bin/sh
# What is installed is the word in $BOX/installed; dpkg dies of the power at its N-th call, N in $BOX/cut.
case "$*" in *--configure*) exit 0 ;; esac
for last; do :; done
left=$(($(cat "$BOX/cut" 2>/dev/null || echo 0) - 1))
echo "$left" >"$BOX/cut"
if [ "$left" = 0 ]; then echo half >"$BOX/installed"; kill -9 "$PPID"; exit 1; fi
[ -f "$BOX/world" ] && { cat "$BOX/world" >&2; exit "$(cat "$BOX/status")"; }
grep -q refused "$last" && exit 1
cat "$last" >"$BOX/installed"
"""
DPKG_DEB = """#!/bin/sh
case "$1" in
-f) cat "$2" ;;
*) for last; do :; done; cat "$BOX/installed" >"$last" ;;
esac
"""
DPKG_QUERY = """#!/bin/sh
case "$1" in -L) echo /nowhere ;; -s) echo "Package: poleagent" ;; *) exit 1 ;; esac
"""
CUT_AT = """#!/bin/sh
# The power goes before the N-th call of any of these tools, N in $BOX/cut_at.
left=$(($(cat "$BOX/cut_at" 2>/dev/null || echo 0) - 1))
echo "$left" >"$BOX/cut_at"
if [ "$left" = 0 ]; then kill -9 "$PPID"; exit 1; fi
exec /bin/TOOL "$@"
"""
POLEAGENT = """#!/bin/sh
if [ "$1" = update ]; then
    [ -f "$STATE/result" ] && exit 0
    mkdir -p "$STATE/new"
    echo "$NEW" >"$STATE/new/poleagent.deb"
    echo software/poleagent/2 >"$STATE/release"
    exit 0
fi
version=$(cat "$BOX/installed")
[ "$version" != half ] && [ "$version" != "$SICK" ] && echo "{\\"version\\":\\"$version\\",\\"stale\\":[]}"
"""


class InstallBox:
    """A box on which version one is installed."""

    def __init__(self, folder: Path, new: str, sick: str) -> None:
        self.folder, self.state = folder, folder / "state"
        (folder / "bin").mkdir(parents=True)
        for name, text in (
            ("dpkg", DPKG),
            ("dpkg-deb", DPKG_DEB),
            ("dpkg-query", DPKG_QUERY),
            ("poleagent", POLEAGENT),
            ("sync", CUT_AT.replace("/bin/TOOL", "true")),
            ("mv", CUT_AT.replace("TOOL", "mv")),
            ("rm", CUT_AT.replace("TOOL", "rm")),
            ("sleep", "#!/bin/sh\n"),
        ):
            (folder / "bin" / name).write_text(text, encoding="utf-8")
            (folder / "bin" / name).chmod(0o755)
        (folder / "installed").write_text("one\n", encoding="utf-8")
        (folder / "request").write_text("software/poleagent/2\n", encoding="utf-8")
        self._environment = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "BOX": str(folder),
            "STATE": str(self.state),
            "NEW": new,
            "SICK": sick,
        }

    def start(self) -> int:
        """The unit starts once."""
        run = ["sh", str(SCRIPT), str(self.state), "10", str(self.folder / "request")]
        return subprocess.run(run, env=self._environment, check=False, timeout=120, capture_output=True).returncode

    @property
    def left(self) -> set[str]:
        """What is kept besides where it stands."""
        return {path.name for path in self.state.iterdir()} - {"step", "result", "release"}

    @property
    def step(self) -> str:
        return (self.state / "step").read_text(encoding="utf-8").strip()

    @property
    def waits(self) -> str:
        """What it waits for."""
        return (self.state / "waits").read_text(encoding="utf-8").strip()

    @property
    def installed(self) -> str:
        return (self.folder / "installed").read_text(encoding="utf-8").strip()

    @property
    def result(self) -> str:
        return (self.state / "result").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize(
    ("new", "sick", "installed", "result"),
    [
        ("two", "none", "two", "kept it is healthy"),
        ("two", "two", "one", "back it was not healthy within 10 s"),
        ("refused", "none", "one", "back dpkg refused it"),
    ],
)
def test_a_package_is_kept_where_it_is_healthy_else_the_one_before_is_back(
    new: str, sick: str, installed: str, result: str, tmp_path: Path
) -> None:
    box = InstallBox(tmp_path, new, sick)
    assert box.start() == 0
    assert (box.installed, box.result) == (installed, f"software/poleagent/2 {result}")
    assert box.start() == 0
    assert box.installed == installed


@pytest.mark.parametrize("sick", ["none", "two"])
def test_a_power_cut_while_dpkg_works_is_gone_over_at_the_next_start(sick: str, tmp_path: Path) -> None:
    for cut in (1, 2):
        box = InstallBox(tmp_path / str(cut), "two", sick)
        (box.folder / "cut").write_text(str(cut), encoding="utf-8")
        for _ in range(3):
            box.start()
        assert box.installed == ("two" if sick == "none" else "one")


def test_a_box_that_starts_again_and_again_during_a_trial_goes_back(tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "none")
    (box.state / "new").mkdir(parents=True)
    (box.state / "old").mkdir()
    (box.state / "new/poleagent.deb").write_text("two\n", encoding="utf-8")
    (box.state / "old/poleagent.deb").write_text("one\n", encoding="utf-8")
    for name, text in (("step", "trial"), ("starts", "3"), ("release", "software/poleagent/2")):
        (box.state / name).write_text(text + "\n", encoding="utf-8")
    assert box.start() == 0
    assert box.result == "software/poleagent/2 back the box started 4 times during its trial"


def test_nothing_is_done_where_nothing_was_asked_for(tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "none")
    (tmp_path / "request").unlink()
    assert box.start() == 0
    assert box.installed == "one"


@pytest.mark.parametrize("sick", ["none", "two"])
def test_a_power_cut_ends_in_a_result_and_an_empty_folder(sick: str, tmp_path: Path) -> None:
    assert cut_before(range(2, 200, 5), sick, tmp_path) > 3


@pytest.mark.long
@pytest.mark.parametrize("sick", ["none", "two"])
def test_a_power_cut_at_any_write_ends_in_a_result_and_an_empty_folder(sick: str, tmp_path: Path) -> None:
    assert cut_before(range(1, 200), sick, tmp_path) > 20


def cut_before(calls: range, sick: str, tmp_path: Path) -> int:
    """The power goes before these calls, one a box; then the unit starts again. How often it went."""
    cuts = 0
    for at in calls:
        box = InstallBox(tmp_path / str(at), "two", sick)
        (box.folder / "cut_at").write_text(str(at), encoding="utf-8")
        cut = box.start() != 0
        for _ in range(2 if cut else 0):
            box.start()
        wanted = "kept it is healthy" if sick == "none" else "back it was not healthy within 10 s"
        assert (at, box.result) == (at, f"software/poleagent/2 {wanted}")
        assert (at, box.installed) == (at, "two" if sick == "none" else "one")
        assert (at, box.left) == (at, set())
        cuts += cut
        if not cut:
            break
    return cuts


def test_a_version_that_cannot_be_kept_is_tried_again_and_leaves_the_disk_as_it_was(tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "none")
    full = DPKG_DEB.replace('cat "$BOX/installed" >"$last"', 'cat "$BOX/installed" >"$last"; exit 1')
    (box.folder / "bin/dpkg-deb").write_text(full, encoding="utf-8")
    assert box.start() == 1
    assert box.step == "accepted"
    assert box.left == {"new", "waits", "tries"}
    (box.folder / "bin/dpkg-deb").write_text(DPKG_DEB, encoding="utf-8")
    assert box.start() == 0
    assert (box.result, box.left) == ("software/poleagent/2 kept it is healthy", set())


def test_what_never_can_be_kept_is_refused_after_a_day(tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "none")
    (box.folder / "bin/dpkg-deb").write_text(DPKG_DEB.replace("*)", "*) exit 1;"), encoding="utf-8")
    assert box.start() == 1
    (box.state / "tries").write_text("143\n", encoding="utf-8")
    assert box.start() == 0
    assert box.result == "software/poleagent/2 refused the installed version cannot be kept to go back to"
    assert box.left == set()


def test_a_disk_without_room_for_the_installed_version_is_waited_for_and_never_counted(tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "none")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.write(bytes(3 << 20))
    (box.folder / "bin/dpkg-query").write_text(DPKG_QUERY.replace("/nowhere", str(large)), encoding="utf-8")
    (box.folder / "bin/df").write_text("#!/bin/sh\necho x\necho x 9 9 6100 1% /\n", encoding="utf-8")
    (box.folder / "bin/df").chmod(0o755)
    for _ in range(3):
        assert box.start() == 1
    assert (box.step, box.waits) == ("accepted", "the disk has no room to keep the installed version")
    assert box.left == {"new", "waits"}
    (box.folder / "bin/df").unlink()
    assert box.start() == 0
    assert box.result == "software/poleagent/2 kept it is healthy"


@pytest.mark.parametrize(
    ("status", "said", "waits"),
    [
        (2, "dpkg: error: dpkg frontend lock was locked by another process with pid 7", "another dpkg is at work"),
        (1, "cannot copy extracted data: failed to write (No space left on device)", "the disk is full"),
        (137, "", "dpkg ended with status 137"),
    ],
)
def test_a_box_that_cannot_install_now_condemns_no_release(status: int, said: str, waits: str, tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "none")
    (tmp_path / "world").write_text(said, encoding="utf-8")
    (tmp_path / "status").write_text(str(status), encoding="utf-8")
    for _ in range(2):
        assert box.start() == 1
    assert (box.step, box.waits, box.installed) == ("installing", waits, "one")
    (tmp_path / "world").unlink()
    assert box.start() == 0
    assert (box.installed, box.result, box.left) == ("two", "software/poleagent/2 kept it is healthy", set())


def test_a_version_that_goes_back_waits_for_another_dpkg_as_well(tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "two")
    busy = POLEAGENT.replace(
        "version=", 'echo locked by another process >"$BOX/world"; echo 2 >"$BOX/status"\nversion='
    )
    (box.folder / "bin/poleagent").write_text(busy, encoding="utf-8")
    assert box.start() == 1
    assert (box.step, box.waits) == (
        "back",
        "the version before cannot be installed again: another dpkg is at work",
    )
    (tmp_path / "world").unlink()
    assert box.start() == 0
    assert (box.installed, box.result) == ("one", "software/poleagent/2 back it was not healthy within 10 s")


def test_what_an_earlier_attempt_has_left_is_removed_before_the_next(tmp_path: Path) -> None:
    box = InstallBox(tmp_path, "two", "none")
    (tmp_path / "request").unlink()
    (box.state / "new").mkdir(parents=True)
    (box.state / "new/poleagent.deb").write_text("zero\n", encoding="utf-8")
    assert box.start() == 0
    assert box.left == set()
