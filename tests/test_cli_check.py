"""``poleagent check``: on a pole and off it, and as a user who may not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent import cli
from tests.uplink.certificates import Authority

ROOT = Path(__file__).resolve().parent.parent
POLE = """[pole]
id = "{id}"
[line.a]
port = "/dev/serial/by-id/usb-a-port0"
[device.gnss]
driver = "nmea"
line = "a"
"""
UPLINK = """[uplink]
host = "mqtt.example.org"
username = "p"
password_file = "/nowhere/password"
[uplink.tls]
ca_file = "/nowhere/ca.pem"
"""


def test_a_good_file_is_said_to_be_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.toml").write_text(POLE.format(id="p1"))
    assert cli.main(["check", str(tmp_path / "p.toml")]) == cli.OK
    assert "good: pole p1, 1 lines, 1 devices" in capsys.readouterr().out


@pytest.mark.fault("the settings are the untouched sample", "check says so, as the start does")
def test_the_untouched_sample_is_not_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sample"]) == cli.OK
    text = capsys.readouterr().out
    (tmp_path / "p.toml").write_text(f"# a comment of mine\n{text}")
    assert cli.main(["check", str(tmp_path / "p.toml")]) == cli.WRONG_SETTINGS
    assert "still the sample: set at least the pole's id" in capsys.readouterr().err
    (tmp_path / "p.toml").write_text(text.replace('id = "pole-0001"', 'id = "SZ-0042"'))
    assert cli.main(["check", str(tmp_path / "p.toml")]) == cli.OK


@pytest.mark.fault("settings name the folder of a model that is not there", "check warns, for cameras and for series")
def test_a_missing_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "poleagent.toml"
    camera = '[camera.gate]\nsource = "rtsp://10.0.0.5/1"\npurpose = "x"\nsignage = "y"\nmodel = "/nope/crops"\n'
    file.write_text(f'[pole]\nid = "p1"\n{camera}[anomaly]\nmodel = "/nope/series"\n')
    cli.main(["check", str(file)])
    said = "".join(capsys.readouterr())
    assert "[camera.gate] model: there is no /nope/crops/model.toml" in said
    assert "[anomaly] model: there is no /nope/series/model.toml" in said


@pytest.mark.fault("settings of other poles are checked in a repository", "files of their boxes are not looked for")
def test_off_the_pole_files_of_other_boxes_are_not_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, wrong = tmp_path / "a.toml", tmp_path / "b.toml"
    good.write_text(POLE.format(id="p1") + UPLINK)
    assert cli.main(["check", str(good)]) == cli.WRONG_SETTINGS, "on the pole they must be there"
    assert "/nowhere/password" in capsys.readouterr().err
    wrong.write_text(POLE.format(id="p2") + "bauud = 1\n")
    assert cli.main(["check", "--offline", str(good), str(wrong)]) == cli.WRONG_SETTINGS
    out, err = capsys.readouterr()
    assert "1 of 2 good" in out
    assert f"{wrong}:8: [device.gnss] has no option 'bauud'" in err


def test_two_poles_of_one_id_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(POLE.format(id="p1"))
    assert cli.main(["check", "--offline", str(tmp_path / "a.toml"), str(tmp_path / "b.toml")]) == cli.WRONG_SETTINGS
    assert f"{tmp_path}/b.toml: pole id p1 is that of {tmp_path}/a.toml too" in capsys.readouterr().err
    assert cli.main(["check", str(tmp_path / "a.toml"), str(tmp_path / "b.toml")]) == cli.FAILED
    assert "check --offline FILE..." in capsys.readouterr().err


def test_check_looks_at_the_certificates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authority = Authority(tmp_path, "ca", days=400)
    cert, _ = authority.sign("pole", "pole-1", days=100)
    _, key = authority.sign("other", "pole-2")
    tls = (
        f'[uplink]\nhost = "b"\n[uplink.tls]\nca_file = "{authority.file}"\ncert_file = "{cert}"\nkey_file = "{key}"\n'
    )
    (tmp_path / "p.toml").write_text(POLE.format(id="p1") + tls)
    assert cli.main(["check", str(tmp_path / "p.toml")]) == cli.WRONG_SETTINGS
    assert f"key_file {key} is not the key of cert_file {cert}" in capsys.readouterr().err


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.fault(
    "check, run or vision test is called by a user who may not read the settings", "one sentence, no traceback"
)
@pytest.mark.parametrize(
    "command", [["check", "{}"], ["run", "--settings", "{}"], ["vision", "test", "x.mp4", "--settings", "{}"]]
)
def test_a_user_who_may_not_read_the_settings_gets_a_sentence(command: list[str], tmp_path: Path) -> None:
    if not all(folder.stat().st_mode & 0o005 == 0o005 for folder in (ROOT, *ROOT.parents)):
        pytest.skip("this checkout lies where other users may not read")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "poleagent.toml").write_text(POLE.format(id="p1"))
    words = [word.format(closed / "poleagent.toml") for word in command]
    code = (
        "import os, sys; from agent import cli; import agent.app, agent.vision.cli, agent.acquire.registry as r;"
        "r.find_drivers(); cli.parser();"
        f"os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.exit(cli.main({words!r}))"
    )
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == cli.WRONG_SETTINGS, done.stderr
    assert done.stderr.strip()
    if "vision" not in command:
        assert "cannot be read by this user; try as the agent's own: sudo -u poleagent" in done.stderr
