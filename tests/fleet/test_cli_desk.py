"""Accounts and notifications on the command line of the machine itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.cli import main
from tests.fleet.site import NOW, PASSWORD, Site, open_site


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path, logged_in=False) as site:
        yield site


def test_who_has_lost_the_password_gets_a_new_link_on_the_machine(
    opened: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.cli.account.now", lambda: NOW)
    assert main(["account", "root", "--link", "--folder", str(tmp_path)]) == 0
    secret = capsys.readouterr().out.strip().partition("#")[2]
    opened.post("/link/use", secret=secret, password=PASSWORD + "!")
    opened.log_in("root", PASSWORD + "!")


def test_accounts_are_made_listed_and_shut_out(
    opened: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ("--folder", str(tmp_path))
    assert main(["account", "anna", "--role", "operator", *folder]) == 0
    assert main(["account", "anna", "--disable", *folder]) == 0
    capsys.readouterr()
    assert main(["account", *folder]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["anna", "operator"], ["root", "admin"]]
    opened.log_in()
    assert [line["what"] for line in opened.get("/audit", who="command line")["items"]] == [
        "account changed", "account added"
    ]  # fmt: skip


@pytest.mark.parametrize("words", [("anna",), ("anna", "--link"), ("No Name", "--role", "viewer")])
def test_what_cannot_be_done_is_one_sentence(
    opened: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert main(["account", *words, "--folder", str(tmp_path)]) != 0
    assert capsys.readouterr().err.count("\n") == 1


def test_notifications_are_tested_channel_by_channel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ("--folder", str(tmp_path))
    assert main(["notify", *folder]) == 1
    assert "no channel" in capsys.readouterr().err
    channel = '[[channel]]\nname = "{}"\nprogram = {{run = ["{}", "-c", "import sys; sys.exit({})"]}}\n'
    text = "".join(channel.format(name, sys.executable, code) for name, code in (("good", 0), ("bad", 3)))
    (tmp_path / "notify.toml").write_text(text)
    assert main(["notify", *folder]) == 1
    said = capsys.readouterr()
    assert (said.out, "bad" in said.err, "ended with 3" in said.err) == ("channel good: sent\n", True, True)
    assert main(["notify", "good", *folder]) == 0
