"""The command line, as a person uses it: against an agent that answers, one that hangs, and none at all."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent import cli
from agent.control import client
from contract.health import PoleStatus
from tests.child import started
from tests.status.canned import TROUBLED

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def fake_agent(path: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.control.fake_agent", path]
    with started(command, env={**os.environ, **environment}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    with fake_agent(tmp_path / "s"):
        yield str(tmp_path / "s")


def test_status_is_a_table_for_people(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--socket", agent]) == 0
    out = capsys.readouterr().out
    assert "pole SZ-0042" in out
    assert "\x1b" not in out


def test_status_json_is_the_whole_status(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--json", "--socket", agent]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=PoleStatus) == TROUBLED


def test_status_prometheus_prints_metrics(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--prometheus", "--socket", agent]) == 0
    assert 'poleagent_device_up{device="roof"} 1\n' in capsys.readouterr().out


def test_events_are_lines_for_people_and_json_lines_for_machines(
    agent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["events", "--socket", agent]) == 0
    assert "agent        start           version 0.1.0, after a crash or a power cut" in capsys.readouterr().out
    assert cli.main(["events", "--json", "--socket", agent]) == 0
    assert json.loads(capsys.readouterr().out)["body"] == {"version": "0.1.0", "boot": "b", "clean": False}


def test_events_follow_shows_the_next_one_at_once(tmp_path: Path) -> None:
    with fake_agent(tmp_path / "s") as agent:
        command = [sys.executable, "-m", "agent.cli", "events", "--follow", "--socket", str(tmp_path / "s")]
        with started(command, stdout=subprocess.PIPE) as follower:
            assert follower.stdout is not None
            assert "start" in follower.stdout.readline()
            agent.send_signal(signal.SIGUSR1)
            assert "device_state    down: no answer" in follower.stdout.readline()
            follower.send_signal(signal.SIGINT)
            assert follower.wait() == 0


def test_readings_are_listed_with_their_quality(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["readings", "--last", "3", "--socket", agent]) == 0
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.endswith("roof         temperature      20 °C  (bad)")
    assert second.endswith("roof         temperature      21 °C")
    assert cli.main(["readings", "--json", "--last", "1", "--device", "roof", "--socket", agent]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == 22.0
    assert cli.main(["readings", "--device", "cellar", "--socket", agent]) == 0
    assert capsys.readouterr().out == ""


def test_a_device_is_read_at_once_and_says_why_it_cannot(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["device", "roof", "--socket", agent]) == 0
    assert capsys.readouterr().out.endswith("roof         temperature      22 °C\n")
    assert cli.main(["device", "level", "--socket", agent]) == 1
    assert capsys.readouterr().err == "level: unit 3 does not answer\n"
    assert cli.main(["device", "level", "--json", "--socket", agent]) == 1
    assert json.loads(capsys.readouterr().out)["faults"][0]["code"] == "no_answer"
    assert cli.main(["device", "board", "identify", "--socket", agent]) == 0
    assert capsys.readouterr().out == "board: its lamp blinks for 30 s\n"


def test_reload_tells_what_changed(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reload", "--socket", agent]) == 0
    assert capsys.readouterr().out == "[device.roof] every_s: 1 -> 2\nRevision new is in force.\n"


def test_reload_of_wrong_settings_tells_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fake_agent(tmp_path / "s", FAKE_RELOAD="wrong"):
        assert cli.main(["reload", "--socket", str(tmp_path / "s")]) == cli.WRONG_SETTINGS
    problems = capsys.readouterr().err.splitlines()
    assert problems[:2] == ["poleagent.toml, line 3: no option 'baudd'", "and another"]
    assert problems[2] == "Nothing was changed; revision old stays in force."


def test_an_error_of_the_agent_is_its_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fake_agent(tmp_path / "s", FAKE_RELOAD="fails"):
        assert cli.main(["reload", "--socket", str(tmp_path / "s")]) == cli.FAILED
    assert capsys.readouterr().err == "the settings file is gone\n"


@pytest.mark.parametrize("command", ["status", "events", "readings", "reload"])
def test_without_an_agent_one_sentence_says_what_to_do(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, "--socket", str(tmp_path / "s")]) == cli.NOT_RUNNING
    assert capsys.readouterr().err == (
        f"poleagent is not running (nobody answers at {tmp_path / 's'}). Start it with 'systemctl start poleagent'; "
        "'journalctl -u poleagent -n 30' tells why it stopped.\n"
    )


def test_what_a_killed_agent_left_counts_as_not_running(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    assert cli.main(["status", "--socket", str(tmp_path / "s")]) == cli.NOT_RUNNING


def test_an_agent_that_hangs_is_distinguished_from_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE_S", 0.2)
    with fake_agent(tmp_path / "s") as agent:
        agent.send_signal(signal.SIGSTOP)
        assert cli.main(["status", "--socket", str(tmp_path / "s")]) == cli.FAILED
    assert "is running but does not answer" in capsys.readouterr().err


@pytest.mark.fault("the agent dies while it is asked", "the command says so and exits with 3")
def test_an_agent_that_dies_while_it_is_asked_counts_as_not_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_agent(tmp_path / "s") as agent, client.Client(str(tmp_path / "s")) as connection:
        agent.kill()
        agent.wait(10)
        with pytest.raises(client.NotRunning, match="stopped while it was asked"):
            connection.ask("ping")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_stranger_reads_how_to_get_in(agent: str) -> None:
    code = (
        f"import os, sys; from agent import cli; "
        f"o = cli.parser('status').parse_args(['status', '--socket', {agent!r}]);"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.exit(cli.ending(lambda: o.do(o)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == cli.NOT_ALLOWED, done.stderr
    assert "try sudo" in done.stderr


def test_the_socket_of_the_settings_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "10-local.toml").write_text(f'[local]\nsocket = "{tmp_path}/s"\n')
    (tmp_path / "poleagent.toml").write_text("not even [toml")
    with fake_agent(tmp_path / "s"):
        assert cli.main(["status", "--json", "--settings", str(tmp_path / "poleagent.toml")]) == 0


@pytest.mark.fault("this user may not read the settings", "the commands that ask the agent work")
def test_settings_that_may_not_be_read_are_no_obstacle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "glob", closed)
    monkeypatch.setattr(Path, "read_text", closed)
    assert cli.main(["status", "--settings", str(tmp_path / "poleagent.toml")]) == cli.NOT_RUNNING
    assert "/run/poleagent/control.sock" in capsys.readouterr().err


def on_a_terminal(arguments: list[str], until: bytes = b"BOX", **environment: str) -> str:
    """What a person sees on a terminal of 80 columns and 24 rows until the command has shown ``until``."""
    master, slave = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "TERM")}
    command = [sys.executable, "-m", "agent.cli", *arguments]
    with started(command, stdin=slave, stdout=slave, stderr=slave, env={**plain, **environment}):
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):  # EIO: the command is gone
            while until not in seen:
                seen += os.read(master, 65536)
    os.close(master)
    return seen.decode()


def test_colours_on_a_terminal_unless_no_color_says_otherwise(agent: str) -> None:
    assert "\x1b[31mDOWN" in on_a_terminal(["status", "--socket", agent], TERM="xterm")
    assert "\x1b" not in on_a_terminal(["status", "--socket", agent], TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(["status", "--socket", agent], TERM="dumb")


def test_watch_clears_the_terminal_before_each_look(agent: str) -> None:
    seen = on_a_terminal(["status", "--watch", "--socket", agent], b"shows all", TERM="xterm")
    assert seen.startswith("\x1b[H\x1b[2J")
    assert seen.count("\n") < 24, "the problems stay on the terminal"


def test_a_terminal_that_is_no_utf_8_gets_no_traceback(agent: str) -> None:
    for encoding in ("ascii", "gb18030", "latin-1"):
        done = subprocess.run(
            [sys.executable, "-m", "agent.cli", "status", "--socket", agent],
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        )
        assert b"SZ-0042" in done.stdout
        if encoding == "gb18030":
            assert "深南大道" in done.stdout.decode("gb18030")


def test_a_reader_that_has_seen_enough_is_no_error(agent: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m agent.cli status --json --socket {agent} | true"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_status_is_quick_because_it_imports_little(agent: str) -> None:
    code = (
        "import sys; from agent import cli; cli.main(['status', '--socket', sys.argv[1]]);"
        "print('HEAVY', sorted({'asyncio', 'aiomqtt', 'serial', 'sqlite3', 'sqlite_utils'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, agent], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout


def test_wrong_numbers_are_refused_before_anybody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["events", "--last", "0"])
    assert ended.value.code == cli.USAGE
    assert "0 is not between 1 and 200" in capsys.readouterr().err


def run(settings: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent.cli", "run", "--settings", str(settings)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.fault(
    "the settings are wrong at the start", "each problem is named with its file and line, and systemd does not restart"
)
def test_run_with_wrong_settings_ends_with_the_code_that_systemd_does_not_restart_on(tmp_path: Path) -> None:
    (tmp_path / "poleagent.toml").write_text("[pole]\n")
    done = run(tmp_path / "poleagent.toml")
    assert done.returncode == cli.WRONG_SETTINGS
    assert "poleagent.toml:1" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.fault("a second agent is started", "it says that another one is running, and ends")
def test_run_next_to_another_agent_ends_with_a_code_that_systemd_does_restart_on(tmp_path: Path) -> None:
    (tmp_path / "poleagent.toml").write_text(
        f'[pole]\nid = "p"\n[local]\nsocket = "{tmp_path}/s"\n[store]\npath = "{tmp_path}/pole.db"\n'
    )
    with fake_agent(tmp_path / "s"):
        done = run(tmp_path / "poleagent.toml")
    assert done.returncode == cli.FAILED
    assert "another agent is running" in done.stderr
    assert "Traceback" not in done.stderr


def test_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out.count(".") == 2


@pytest.mark.fault("a device answers with escape sequences", "a terminal shows them and obeys none")
@pytest.mark.parametrize("how", [[], ["--json"]])
def test_what_a_device_says_is_shown_and_not_obeyed(
    how: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label = "\x1b]0;owned\x07\u202e\u009b31m"
    with fake_agent(tmp_path / "s", FAKE_LABEL=label):
        assert cli.main(["readings", *how, "--socket", str(tmp_path / "s")]) == cli.OK
    out = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in out)
    if how:
        assert json.loads(out)["value"] == label, "JSON means the same"


@pytest.mark.fault(
    "the pole's id is changed and the settings are reloaded", "reload and status say that it waits for a restart"
)
def test_reload_says_what_waits_for_a_restart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fake_agent(tmp_path / "s", FAKE_RELOAD="pending"):
        assert cli.main(["reload", "--socket", str(tmp_path / "s")]) == cli.OK
    assert "Revision new is in force but for pole.id: 'sudo systemctl restart poleagent'." in capsys.readouterr().out
