"""The manual pages as groff reads them, and what bash proposes. `tests.docs_check` compares both with the parsers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from agent import cli
from tests import man_pages
from tests.test_cli_page import commands

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("poleagent", "polefleet", "polerelease")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_begins_and_ends_as_a_manual_page(name: str) -> None:
    text = (ROOT / f"docs/man/{name}.1").read_text(encoding="utf-8")
    assert text.startswith(f'.TH {name.upper()} 1 "" {name} "User Commands"\n.SH NAME\n{name} \\- ')
    sections = [line for line in text.splitlines() if line.startswith(".SH ")]
    assert [section for section in sections if section != ".SH OPTIONS"] == [
        ".SH NAME",
        ".SH SYNOPSIS",
        ".SH COMMANDS",
        ".SH EXIT STATUS",
        ".SH SEE ALSO",
    ]


def test_the_agents_page_has_every_command_and_option() -> None:
    text = man_pages.poleagent()
    for name, command in commands().items():
        assert f".SS poleagent {name.replace(chr(45), chr(92) + chr(45))}\n" in text
        for action in command._actions:
            for option in action.option_strings if action.dest != "help" else ():
                assert f"\\fB{man_pages.roff(option)}" in text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (".conf", r"\&.conf"),
        ("'x'", r"\&'x'"),
        ("a\\b", r"a\eb"),
        ("--json", r"\-\-json"),
        ("two\n lines", "two lines"),
    ],
)
def test_no_text_is_a_request_to_troff(text: str, made: str) -> None:
    assert man_pages.roff(text) == made


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff with man's macros")
@pytest.mark.parametrize("name", NAMES)
def test_groff_has_nothing_to_complain_about(name: str) -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", str(ROOT / f"docs/man/{name}.1")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if "can't open" in done.stderr or "cannot load" in done.stderr:
        pytest.skip(f"groff without man's macros: {done.stderr.splitlines()[0]}")
    assert (done.returncode, done.stderr) == (0, "")


def proposed(line: str, folder: Path) -> list[str]:
    """What bash proposes where ``line`` ends."""
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script = f"source {ROOT}/packaging/completions/{words[0]}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}"
    script += f"; _{words[0]}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    command = ["bash", "--norc", "-c", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("poleagent do", ["doctor"]),
        ("poleagent --lang ", ["en", "zh"]),
        ("poleagent --lang zh doctor --b", ["--bundle"]),
        ("poleagent doctor --watch --q", ["--qr"]),
        ("poleagent check no", ["notes.toml"]),
        ("poleagent run --settings n", ["notes.toml"]),
        ("poleagent web --for ", []),
        ("poleagent update st", ["status"]),
        ("poleagent vision te", ["test"]),
        ("polefleet series p s q --step ", ["hour", "day"]),
        ("polefleet account --role ad", ["admin"]),
        ("polerelease pu", ["publish"]),
    ],
)
def test_bash_proposes_what_can_stand_there(line: str, wanted: list[str], tmp_path: Path) -> None:
    (tmp_path / "notes.toml").touch()
    assert proposed(line, tmp_path) == wanted


def test_every_command_is_proposed(tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    assert set(proposed("poleagent ", tmp_path)) == {*cli.commands(), "--help", "--lang"}
