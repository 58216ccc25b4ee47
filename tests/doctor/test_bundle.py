"""No secret and no frame leaves the pole in a bundle, a diagnosis or a code."""

from __future__ import annotations

import asyncio
import random
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.doctor.box import Box
from agent.doctor.mask import LONGEST_ROW, MASK, Mask, secrets_of
from agent.doctor.run import diagnose
from agent.store.database import new_database
from agent.system.slots import state_folder

KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7Hq\n-----END PRIVATE KEY-----\n"
SECRETS = (
    "hunter2-broker",
    "hunter2-camera",
    "hunter2-comment",
    "hunter2-open",
    "MIGHAgEAMBMGByqGSM49",
    "s3cr3t.t0ken",
)
SETTINGS = """
# the old password was hunter2-comment
[pole]
id = "SZ-0042"
[uplink]
host = "mqtt.example.org"
username = "pole"
password = "hunter2-open"
password_file = "{folder}/mqtt.password"
[uplink.tls]
ca_file = "{folder}/ca.pem"
key_file = "{folder}/pole.key"
[store]
path = "{folder}/pole.db"
[local]
socket = "{folder}/none"
[camera.gate]
source = "rtsp://viewer:hunter2-camera@127.0.0.1:9/stream1"
"""
LOG = """#!/bin/sh
echo '2026-11-30T10:00:00 poleagent: cannot open rtsp://viewer:hunter2-camera@10.0.0.5/stream1'
echo '2026-11-30T10:00:01 poleagent: claimed by https://city.example/claim/SZ-0042#s3cr3t.t0ken'
echo '2026-11-30T10:00:02 poleagent: password=hunter2-broker was refused'
echo '2026-11-30T10:00:03 poleagent: line a: nothing answers'
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pole full of secrets, and a journal that gives them away."""
    (tmp_path / "mqtt.password").write_text("hunter2-broker\n", encoding="utf-8")
    (tmp_path / "pole.key").write_text(KEY, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "journalctl").write_text(LOG, encoding="utf-8")
    (tmp_path / "bin" / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with new_database(tmp_path / "pole.db", 1000) as made:
        row = (1 << 48 | 7, 0, "e1", "incident", "gate", 1_700_000_000_000_000, 1, 1, 1, 0, b'{"frame":"hunter2-open"}')
        made.execute(f"INSERT INTO event VALUES ({', '.join('?' * len(row))})", row)
    file = tmp_path / "poleagent.toml"
    file.write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    return file


def contents(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_a_bundle_has_no_secret(settings: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    assert main(["doctor", "--settings", str(settings), "--bundle", str(file), "--json"]) == 1
    shown = capsys.readouterr()
    parts = contents(file)
    assert set(parts) == {"diagnosis.json", "settings/poleagent.toml.json", "events.json", "log.txt", "box.txt"}
    for secret in SECRETS:
        assert not [name for name, text in parts.items() if secret in text], secret
        assert secret not in shown.out + shown.err
    assert "nothing answers" in parts["log.txt"]
    assert "mqtt.example.org" in parts["settings/poleagent.toml.json"]
    (head,) = msgspec.json.decode(parts["events.json"])
    assert (head["seq"], head["lane"], head["kind"]) == (7, 1, "incident")
    assert file.stat().st_mode & 0o077 == 0


def test_settings_that_are_no_toml_give_only_the_names_of_their_options(settings: Path, tmp_path: Path) -> None:
    settings.write_text(settings.read_text(encoding="utf-8") + 'broken = "hunter2-open\n', encoding="utf-8")
    file = tmp_path / "bundle.zip"
    assert main(["doctor", "--settings", str(settings), "--bundle", str(file)]) == 1
    parts = contents(file)
    for secret in SECRETS[2:5]:
        assert not [name for name, text in parts.items() if secret in text], secret
    assert "host = ***" in parts["settings/poleagent.toml.json"]


def test_a_bundle_overwrites_nothing(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "precious"
    file.write_text("1", encoding="utf-8")
    assert main(["doctor", "--settings", str(settings), "--bundle", str(file)]) == 1
    assert "name a new file" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "1"


@pytest.mark.fault(
    "a link lies in the state folder where the doctor tries the disk",
    "what it leads to is not written",
)
def test_the_doctor_writes_through_no_link(settings: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("whole")
    link = state_folder(settings) / ".doctor"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(other)
    asyncio.run(diagnose(settings, socket=str(tmp_path / "none.sock")))
    assert other.read_text() == "whole"
    assert not list(link.parent.glob(".doctor-*"))


def test_readings_hold_no_secret(settings: Path) -> None:
    found = asyncio.run(diagnose(settings, Box(), stopped=True))
    text = msgspec.json.encode(found).decode()
    assert found.causes
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://user:pw@cam/1", f"rtsp://{MASK}"),
        ("refused: http://10.0.0.5/v?usr=admin&pwd=hunter22", "refused: http://10.0.0.5/v..."),
        ("usr=admin&pwd=hunter22", f"usr=admin&pwd={MASK}"),
        ("user=admin_password=hunter22_channel=1", f"user=admin_password={MASK}"),
        ("rtsp://10.0.0.5:554/live does not answer", "rtsp://10.0.0.5:554/live does not answer"),
        ("pole: broker mqtt.example.org:8883", "pole: broker mqtt.example.org:8883"),
        ('password = "x y"', f"password = {MASK}"),
        ("token: abc", f"token: {MASK}"),
        ("A" * 200, MASK),
        ("line a is silent", "line a is silent"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, shown: str) -> None:
    assert Mask(()).text(text) == shown


def test_noise_is_masked_without_an_error(chance: random.Random) -> None:
    for _ in range(200):
        text = chance.randbytes(chance.randrange(300)).decode("latin-1")
        assert isinstance(Mask([text[:9]]).text(text), str)


def test_a_key_without_end_is_masked_to_the_end() -> None:
    assert "MIGH" not in Mask(()).text(f"{KEY[:60]} cut")
    assert list(secrets_of({"a": [{"password": "abcd"}]})) == ["abcd"]


WORD = "Zq7xW9vK"
"""No text of ours holds it by chance."""
SECRET = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=12)
FORMS = st.sampled_from(
    [
        "rtsp://{user}:{word}@10.0.0.5:554/live/1",
        "rtsp://10.0.0.5:554/user={user}_password={word}_channel=1_stream=0.sdp?real_stream",
        "rtsp://10.0.0.5/{user}:{word}/main",
        "http://cam.example:81/video?usr={user}&pwd={word}",
        "http://cam.example/video.cgi?a=1&{user}={word}&z=2",
        "rtsps://{user}:{word}@[::1]/1?x={word}",
        "http://10.0.0.5/v#{word}",
    ]
)


@given(form=FORMS, user=SECRET, before=SECRET, after=SECRET)
def test_no_password_of_an_address_gets_through(form: str, user: str, before: str, after: str) -> None:
    address = form.format(user=user, word=f"{before}{WORD}{after}")
    mask = Mask(())
    assert WORD not in mask.text(f"12:00 camera gate: cannot open {address}: refused\n12:01 it waits")
    assert WORD not in str(mask.tree({"camera": {"gate": {"source": address, "text": f"({address}) is closed"}}}))
    assert "it waits" in mask.text(f"12:00 {address}\n12:01 it waits")


@given(st.text(max_size=30))
def test_a_source_that_is_no_address_is_shown_only_where_it_is_one_word(rest: str) -> None:
    assert WORD not in str(Mask(()).tree({"source": f" rtsp:/admin:{WORD}@10.0.0.5{rest}"}))


def test_what_a_password_of_an_address_is_is_known_whole() -> None:
    table = {"camera": {"gate": {"source": "rtsp://admin:p@ssw%30rd9@10.0.0.5/s"}}}
    assert {"p@ssw%30rd9", "p@ssw0rd9"} <= set(secrets_of(table))


def test_a_source_of_events_stays() -> None:
    assert Mask(()).tree({"source": "roof/wind-2"}) == {"source": "roof/wind-2"}
    assert Mask(()).tree({"source": "/dev/v4l/by-path/pci-0000:00:14.0-usb"})["source"].startswith("/dev/v4l/")


def test_a_long_row_is_cut_between_words_and_ends_soon() -> None:
    assert len(Mask(()).text("a:/b " * 50_000 + ":" * 50_000)) < 2 * LONGEST_ROW
    begin = "a " * (LONGEST_ROW // 2 - 9)
    assert "12345" not in Mask(()).text(f"{begin}rtsp://u:12345@10.0.0.5/1")
