"""A box's life with the package: a bare Debian 12 boots under systemd, installs, runs, hangs, upgrades, purges it.

The bare system is made once by debootstrap and kept in POLEAGENT_CACHE (default /var/cache/poleagent-tests); each run
gets a throw-away layer over it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MISSING = [tool for tool in ("debootstrap", "systemd-nspawn", "dpkg-deb") if shutil.which(tool) is None]
SETTINGS = """\
[pole]
id = "box-1"
name = "before"

[local]
group = "poleagent"

[uplink]
host = "127.0.0.1"
port = 1
plain_text = true
username = "box-1"
password_file = "credential:mqtt-password"

[line.a]
port = "/run/gnss"

[device.gnss]
driver = "nmea"
line = "a"
"""

pytestmark = [
    pytest.mark.long,
    pytest.mark.root,
    pytest.mark.xdist_group("deb"),
    pytest.mark.skipif(os.geteuid() != 0, reason="boots a system: needs root"),
    pytest.mark.skipif(bool(MISSING), reason=f"apt-get install debootstrap systemd-container dpkg ({MISSING} missing)"),
    pytest.mark.timeout(7200),
]


@pytest.fixture(scope="module")
def story(box: Path, debs: tuple[Path, Path]) -> dict[str, str]:
    """What each step of story.sh came to."""
    (box / "deb").mkdir()
    for deb, name in zip(debs, ("poleagent.deb", "vision.deb"), strict=True):
        shutil.copy(deb, box / "deb" / name)
    for name in ("story.sh", "gnss.py", "renew.py"):
        shutil.copy(HERE / name, box / "deb" / name)
    shutil.copytree(HERE.parent.parent / "simulator", box / "deb" / "simulator")
    (box / "deb" / "settings.toml").write_text(SETTINGS)
    unit = "[Service]\nType=exec\nExecStart=/deb/story.sh\nStandardOutput=append:/deb/log\nStandardError=inherit\n"
    (box / "etc/systemd/system/story.service").write_text(unit)
    wants = box / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "story.service").symlink_to("/etc/systemd/system/story.service")
    boot = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "--console=pipe", "-b", "-D", str(box)]
    for _ in range(2):
        subprocess.run(boot, timeout=300, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    log = (box / "deb" / "log").read_text()
    print(log)
    return dict(re.findall(r"^STEP (\w+): (.*)$", log, re.MULTILINE))


def test_the_story_ran_to_its_end(story: dict[str, str]) -> None:
    assert story["done"] == "yes"


def test_a_fresh_install_waits_for_its_settings_and_says_so_without_a_crash_loop(story: dict[str, str]) -> None:
    assert story["installed"] == "0"
    assert story["enabled"] == "enabled"
    assert story["unedited"] == "inactive"
    assert story["refused"] == "78"
    assert story["loops"] == "0"
    assert story["reported"] == "1"
    assert story["without"] == "3"


def test_with_settings_it_runs_as_its_own_user_and_answers(story: dict[str, str]) -> None:
    assert [story[name] for name in ("checked", "started", "status", "machines", "statusline")] == ["0"] * 5
    assert story["user"] == "poleagent"


def test_the_sandbox_lets_it_use_serial_ports_network_and_credentials(story: dict[str, str]) -> None:
    assert story["device"] == "yes"
    assert story["sensible"] == "yes"
    assert story["link"] == "yes"


def test_the_group_may_ask_and_strangers_may_not(story: dict[str, str]) -> None:
    assert story["member"] == "0"
    assert story["stranger"] == "4"


def test_a_camera_without_its_package_reads_what_to_install_and_with_it_counts(story: dict[str, str]) -> None:
    assert story["no_vision"] == "yes"
    assert story["vision_installed"] == "0"
    assert story["camera"] == "yes"
    assert story["counted"] == "yes"
    assert story["tried"] == "0"


def test_reload_applies_good_settings_and_refuses_wrong_ones(story: dict[str, str]) -> None:
    assert story["reloaded"] == "0"
    assert story["renamed"] == "1"
    assert story["refused_reload"] != "0"
    assert story["reload_code"] == "78"
    assert story["survived"] == "active"


def test_a_certificate_can_be_renewed_in_the_sandbox(story: dict[str, str]) -> None:
    assert story["renewal"] == "0"
    assert story["restarted"] == "0"


def test_an_agent_that_hangs_or_dies_is_back_by_itself(story: dict[str, str]) -> None:
    assert story["watchdog"] == "yes"
    assert int(story["trace"]) > 0, "the journal shows where it was stuck"
    assert story["killed"] == "yes"


def test_an_upgrade_keeps_the_settings_and_runs_on(story: dict[str, str]) -> None:
    assert [story[name] for name in ("upgraded", "kept", "after_upgrade")] == ["0", "1", "yes"]


def test_a_box_that_is_switched_on_again_measures_by_itself(story: dict[str, str]) -> None:
    assert story["booted"] == "yes"
    assert story["measures"] == "yes"
    assert int(story["kept_events"]) > 1


def test_remove_keeps_what_was_not_delivered_and_purge_leaves_nothing(story: dict[str, str]) -> None:
    assert story["removed"] == "inactive"
    assert "pole.db" in story["state"]
    assert story["purged"] == "0"
    assert story["left"] == ""
