"""Where the state lies, by settings of which some may be wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.system.slots import USUAL_STORE, state_folder


def test_the_last_file_that_names_a_store_says_it(tmp_path: Path) -> None:
    settings = tmp_path / "poleagent.toml"
    settings.write_text("[pole]\nid = 'p'\n")
    assert state_folder(settings) == Path(USUAL_STORE).parent
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "store.toml").write_text("[store]\npath = '/data/pole.db'\n")
    (tmp_path / "conf.d" / "wrong.toml").write_text("[store\n")
    assert state_folder(settings) == Path("/data")


@pytest.mark.parametrize("name", ["poleagent.toml", "conf.d/more.toml"])
def test_a_named_pipe_among_the_settings_is_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / "conf.d").mkdir()
    os.mkfifo(tmp_path / name)
    code = "import sys, pathlib; from agent.system.slots import state_folder; state_folder(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(tmp_path / "poleagent.toml")]
    subprocess.run(command, check=True, timeout=60)
