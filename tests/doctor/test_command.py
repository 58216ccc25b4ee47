"""`poleagent doctor` as people call it, and the same over the command table."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent.answers import diagnosis
from agent.cli import doctor, main
from agent.doctor import pole, run
from agent.doctor.box import Box, User
from agent.doctor.check import DoctorCheck, Tell
from agent.doctor.page import page
from agent.doctor.pole import PoleAtHand
from agent.doctor.sentences_checks import SETTINGS_UNUSABLE
from agent.errors import AgentError
from contract.commands import COMMANDS, Face
from contract.diagnosis import Checked, Diagnosis, named
from tests.doctor.test_code import diagnosis as canned


def test_a_pole_without_settings_is_named_so_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["doctor", "--settings", str(tmp_path / "poleagent.toml"), "--socket", str(tmp_path / "none")]
    assert main(asked) == 1
    shown = capsys.readouterr().out
    assert "There are no settings." in shown
    assert "-> Write them: 'poleagent sample' prints a beginning." in shown
    assert main([*asked, "--lang", "zh"]) == 1
    assert "没有配置文件。" in capsys.readouterr().out


@pytest.mark.parametrize("written", [None, "[uplink]\nhost = 5\n"])
def test_settings_that_cannot_be_used_are_not_said_to_have_no_uplink(tmp_path: Path, written: str | None) -> None:
    path = tmp_path / "poleagent.toml"
    if written:
        path.write_text(written, encoding="utf-8")
    asked = frozenset({"certificates", "link"})
    found = asyncio.run(run.diagnose(path, socket=str(tmp_path / "none"), only=asked))
    assert {check.why_not for check in found.checks} == {str(SETTINGS_UNUSABLE())}


def test_the_command_gives_the_same_out_of_a_process_of_its_own(tmp_path: Path) -> None:
    found = asyncio.run(diagnosis(tmp_path / "poleagent.toml"))
    assert "settings.missing" in [cause.name for cause in found.causes]


def test_a_doctor_that_gives_no_answer_is_an_error_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.answers.command", lambda *_: ["sleep", "600"])
    monkeypatch.setattr("agent.answers.DIAGNOSE_S", 0.2)
    with pytest.raises(AgentError, match="poleagent doctor"):
        asyncio.run(diagnosis(tmp_path))


def test_the_command_is_harmless_and_on_every_face() -> None:
    row = next(row for row in COMMANDS if row.name == "diagnose")
    assert row.harmless
    assert row.faces == frozenset(Face)


def test_json_is_a_diagnosis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--settings", str(tmp_path / "x")]) == 1
    assert msgspec.json.decode(capsys.readouterr().out, type=Diagnosis).version


def test_a_code_is_shown_that_fits_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--qr", "--settings", str(tmp_path / "x")]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) > 20
    assert "causes" in rows[-1]


def test_watching_repeats_what_failed_until_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad = msgspec.structs.replace(
        canned([named("link.dns", "no address")]),
        checks=(Checked(name="link", seconds=0, found=1), Checked(name="disk", seconds=0)),
    )
    asked: list[frozenset[str] | None] = []
    answers: Iterator[Diagnosis] = iter([bad, bad, canned([]), canned([])])

    def answer(_: object, only: frozenset[str] | None = None) -> Diagnosis:
        asked.append(only)
        return next(answers)

    monkeypatch.setattr(doctor, "_diagnosis", answer)
    monkeypatch.setattr(doctor, "AGAIN_S", 0.0)
    assert main(["doctor", "--watch", "--settings", str(tmp_path / "x")]) == 0
    assert asked == [None, frozenset({"link"}), frozenset({"link"}), None]
    assert "found nothing wrong" in capsys.readouterr().out


def test_a_check_that_fails_or_hangs_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(_: PoleAtHand, tell: Tell) -> str:
        tell("link.dns", "before")
        raise ZeroDivisionError

    async def hangs(_: PoleAtHand, tell: Tell) -> str:
        tell("disk.slow", "before")
        await asyncio.Event().wait()
        return ""

    checks = (DoctorCheck(name="wrong", limit_s=60, look=wrong), DoctorCheck(name="hangs", limit_s=0.1, look=hangs))
    monkeypatch.setattr(run, "find_checks", lambda: checks)
    found = asyncio.run(run.diagnose(tmp_path / "x", Box(), stopped=True))
    assert {cause.name for cause in found.causes} == {"link.dns", "doctor.bug", "disk.slow", "doctor.unfinished"}
    assert "检测到：0 秒内未完成" in page(found, "zh")


def test_settings_that_take_long_are_named_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text('[pole]\nid = "a"\n', encoding="utf-8")
    monkeypatch.setattr(pole, "SETTINGS_S", 0.0)
    found = asyncio.run(run.diagnose(file, Box(), stopped=True, only=frozenset({"settings"})))
    assert "takes more than 0 s" in page(found)
    assert "读取配置用时超过 0 秒" in page(found, "zh")


def test_the_doctor_of_a_pole_without_cameras_imports_no_numpy(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from agent.doctor.run import diagnose;"
        f"asyncio.run(diagnose(Path({str(tmp_path / 'x')!r}), stopped=True));"
        "print([name for name in ('numpy', 'cv2', 'av', 'tuf', 'sqlite_utils') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("mode", "owner", "groups", "may"),
    [(0o600, 0, {0}, False), (0o660, 0, {5}, False), (0o660, 0, {0}, True), (0o666, 0, {5}, True)],
)
def test_what_the_agents_user_may_is_known_by_the_mode(
    tmp_path: Path, mode: int, owner: int, groups: set[int], *, may: bool
) -> None:
    file = tmp_path / "port"
    file.touch()
    file.chmod(mode)
    found = file.stat()
    groups = {found.st_gid if group == 0 else group + 70_000 for group in groups}
    assert User(found.st_uid + 1 + owner, frozenset(groups)).may(file, os.R_OK | os.W_OK) is may


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that every user may enter; those of pytest are closed again by each run of it."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_user_with_few_rights_gets_no_false_alarm_and_is_shown_what_was_not_looked_at(open_folder: Path) -> None:
    root = Path(__file__).resolve().parent.parent.parent
    if not all(folder.stat().st_mode & 0o005 == 0o005 for folder in (root, *root.parents)):
        pytest.skip("this checkout lies where other users may not read")
    tmp_path = open_folder
    (tmp_path / "state").mkdir(mode=0o700)
    secret = tmp_path / "key"
    secret.write_text("x", encoding="utf-8")
    secret.chmod(0o600)
    settings = tmp_path / "poleagent.toml"
    settings.write_text(
        f'[pole]\nid = "a"\n[store]\npath = "{tmp_path}/state/pole.db"\n[local]\nsocket = "{tmp_path}/s"\n'
        f'[clock]\ntrust = "always"\n[uplink]\nhost = "x"\nplain_text = true\nusername = "u"\n'
        f'password_file = "{secret}"\n',
        encoding="utf-8",
    )
    code = (
        "import asyncio, os; from pathlib import Path; from agent.doctor.run import diagnose;"
        f"look = lambda: asyncio.run(diagnose(Path({str(settings)!r}), stopped=True));"
        "look(); os.setgroups([]); os.setgid(65534); os.setuid(65534); found = look();"  # all is imported by then
        "print([c.name for c in found.causes], sum('may not see' in c.why_not for c in found.checks))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip().startswith("[] "), done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) >= 5
