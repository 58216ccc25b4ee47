"""What the package is made of, as far as it can be checked without building it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from agent import cli

PACKAGING = Path(__file__).resolve().parent.parent.parent / "packaging"
SCRIPTS = [
    PACKAGING / "build-deb",
    PACKAGING / "install-release",
    PACKAGING / "start",
    *(PACKAGING / "deb").glob("*p*inst"),
    *(PACKAGING / "deb").glob("p*rm"),
]
RULE = re.compile(r'[A-Z]+(\{[\w/]+\})?(==|!=|\+=|=)"[^"]*"')


@pytest.fixture
def unit() -> str:
    return (PACKAGING / "poleagent.service").read_text()


def option(unit: str, name: str) -> str:
    """The one line ``name=`` of the unit; an option that may stand often is none for this."""
    (value,) = re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)
    return str(value)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_can_be_run_and_parsed(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", script], check=True)


def test_the_unit_never_gives_up_but_on_wrong_settings(unit: str) -> None:
    assert option(unit, "Restart") == "always"
    assert option(unit, "StartLimitIntervalSec") == "0"
    assert option(unit, "RestartPreventExitStatus") == str(cli.WRONG_SETTINGS)
    assert f"exit {cli.WRONG_SETTINGS}" in (PACKAGING / "start").read_text()


def test_the_unit_that_installs_tries_again_what_the_box_could_not_do() -> None:
    unit = (PACKAGING / "poleagent-install.service").read_text()
    assert (option(unit, "Type"), option(unit, "Restart")) == ("oneshot", "on-failure")
    assert (option(unit, "RestartSec"), option(unit, "StartLimitIntervalSec")) == ("10min", "0")


def test_the_units_commands_exist(unit: str) -> None:
    for line in (option(unit, "ExecReload"), (PACKAGING / "start").read_text().splitlines()[-1]):
        command = re.search(r"/usr/bin/poleagent (\w+)$", line)
        assert command
        assert cli.parser().parse_args([command[1]])


def test_the_unit_owns_the_folders_of_the_default_settings(unit: str) -> None:
    from agent.config.settings import LocalSettings, StoreSettings  # noqa: PLC0415 - only this test needs them

    assert Path(StoreSettings().path).parent == Path("/var/lib") / option(unit, "StateDirectory")
    assert Path(LocalSettings().socket).parent == Path("/run") / option(unit, "RuntimeDirectory")
    assert Path(cli.SETTINGS).parent == Path("/etc") / option(unit, "ConfigurationDirectory")


@pytest.mark.fault("the daemon is taken over", "of the hardware it reaches serial ports and cameras only")
def test_the_unit_lets_serial_ports_and_cameras_in_and_nothing_else(unit: str) -> None:
    allowed = re.findall(r"^DeviceAllow=(\S+) rw$", unit, re.MULTILINE)
    names = [name.removeprefix("char-") for name in allowed]
    for kernel in ("ttyUSB", "ttyACM", "ttyS", "ttyAMA", "ttymxc", "ttymsm", "video4linux", "pts"):
        assert any(fnmatch(kernel, name) for name in names), kernel
    for other in ("tty", "mem", "rtc", "drm", "input", "hidraw", "i2c"):
        assert not any(fnmatch(other, name) for name in names), other
    assert "DevicePolicy=closed" in unit
    assert not re.search(r"^(PrivateDevices|ProtectClock)=", unit, re.MULTILINE)
    users = (PACKAGING / "poleagent.sysusers").read_text()
    assert {"m poleagent dialout", "m poleagent video"} <= set(users.splitlines()), "the groups that own them"


def test_what_goes_wrong_inside_is_bounded_and_ends_no_more_than_itself(unit: str) -> None:
    for line in ("MemoryMax=80%", "OOMPolicy=continue", "TasksMax=256"):
        assert f"\n{line}\n" in unit


@pytest.mark.fault("a technician's user is in the group that may look", "it may not read settings and keys")
def test_who_may_look_may_not_read_the_secrets() -> None:
    users = (PACKAGING / "poleagent.sysusers").read_text()
    assert "m poleagent poleagent-secrets" in users
    postinst = (PACKAGING / "deb" / "postinst").read_text()
    assert "chgrp poleagent-secrets /etc/poleagent" in postinst
    assert "chown root:poleagent" not in postinst


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_is_hardened() -> None:
    """At most 1.7 of 10, as systemd 252 counts; the unit names what is left and why."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=17", "--no-pager"]
    done = subprocess.run([*command, PACKAGING / "poleagent.service"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-400:]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_allows_the_calls_that_the_agent_makes_and_no_larger_surface(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True
    )
    groups = {part.split()[0]: part for part in re.split(r"\n(?=@)", done.stdout)}

    def calls(word: str) -> set[str]:
        if not word.startswith("@"):
            return {word}
        lines = (line.strip() for line in groups[word].splitlines()[1:])
        return set().union(*(calls(line) for line in lines if line and not line.startswith("#")))

    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        words = set().union(*map(calls, line.removeprefix("~").split()))
        allowed = allowed - words if line.startswith("~") else allowed | words
    used = (
        "adjtimex clock_adjtime chown fchown fchownat setpriority seccomp landlock_restrict_self prlimit64 memfd_create"
    )
    assert set(used.split()) <= allowed
    larger = (
        "io_uring_setup keyctl mlock setuid setgroups capset clock_settime sched_setscheduler mbind userfaultfd ptrace"
    )
    assert not allowed & {*larger.split(), "process_vm_readv", "open_by_handle_at", "personality", "kcmp", "mount"}


def test_what_the_agent_may_write_cannot_be_executed(unit: str) -> None:
    folders = [f"/{place}/poleagent" for place in ("var/lib", "var/cache", "run")]
    assert set(option(unit, "NoExecPaths").split()) == {*folders, "/tmp", "/var/tmp", "/dev/shm"}


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
@pytest.mark.fault("the package is purged while its state folder is a mount point", "the purge ends well, all is empty")
def test_a_purge_empties_a_mount_point(tmp_path: Path) -> None:
    script = (PACKAGING / "deb" / "postrm").read_text()
    for folder in ("var/lib/poleagent", "var/cache/poleagent", "etc/poleagent"):
        (tmp_path / folder).mkdir(parents=True)
        script = script.replace(f"/{folder}", f"{tmp_path}/{folder}")
    assert "userdel" in script
    script = script.replace("getent", "false").replace("deb-systemd-helper", "true").replace("systemctl", "true")
    (tmp_path / "postrm").write_text(script)
    state, settings = tmp_path / "var/lib/poleagent", tmp_path / "etc/poleagent"
    (settings / "conf.d").mkdir()
    (settings / "poleagent.toml").write_text("x")
    story = (
        f"mount -t tmpfs none {state} && mkdir {state}/deep && touch {state}/pole.db {state}/deep/x && "
        f"sh {tmp_path}/postrm purge && ls -A {state}"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", story], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == f"{state} stays: it is a mount point, or in use"
    assert not settings.exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("name", ["poleagent.service", "poleagent-install.service"])
def test_systemd_knows_every_word_of_the_unit(name: str) -> None:
    done = subprocess.run(["systemd-analyze", "verify", PACKAGING / name], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if f"{name}:" in line]
    not_installed = ("is not executable", "Failed to resolve user", "Failed to resolve group")
    assert [line for line in complaints if not any(words in line for words in not_installed)] == []


def test_every_folder_of_ours_is_a_package_so_that_the_distribution_has_it() -> None:
    root = PACKAGING.parent
    folders = {file.parent for room in ("contract", "agent", "drivers") for file in root.glob(f"{room}/**/*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_udev_rules_are_well_formed_and_jump_to_where_they_say() -> None:
    rules = [line for line in (PACKAGING / "70-poleagent.rules").read_text().splitlines() if line[:1] not in ("#", "")]
    labels = {line.split('"')[1] for line in rules if line.startswith("LABEL=")}
    for rule in rules:
        for part in rule.split(", "):
            assert RULE.fullmatch(part), part
        assert set(re.findall(r'GOTO="(\w+)"', rule)) <= labels
