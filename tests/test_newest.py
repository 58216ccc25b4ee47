"""The search for the release that broke something."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.newest import changes, culprits

CHANGED = {"msgspec": ("0.20.0", "0.23.0"), "numpy": ("2.3", "2.4")}


def test_the_release_without_which_it_is_green_is_named() -> None:
    said = culprits(CHANGED, [["python", "-m", "tests.docs_check"]], lambda _, name: name == "msgspec")
    assert said == ["msgspec 0.23.0 breaks: tests.docs_check (green with 0.20.0)"]


def test_where_no_release_alone_is_to_blame_that_is_said() -> None:
    said = culprits(CHANGED, [["python", "-m", "mypy"]], lambda _, __: False)
    assert said == ["no single release explains: mypy"]


def test_only_what_is_installed_and_differs_counts() -> None:
    assert changes({"msgspec": "0.1", "pytest": version("pytest"), "no-such-package": "1"}) == {
        "msgspec": ("0.1", version("msgspec"))
    }


@pytest.mark.parametrize("status", [0, 3])
def test_a_command_under_load_keeps_its_exit_status(status: int) -> None:
    command = [sys.executable, "-m", "tests.loaded", sys.executable, "-c", f"raise SystemExit({status})"]
    assert subprocess.run(command, check=False).returncode == status


def test_a_run_with_the_same_seed_goes_on_behind_what_has_passed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from tests.conftest import *")
    pytester.makepyfile("def test_good(chance): print(chance.random())\ndef test_bad(): assert False")
    first = pytester.runpytest_subprocess("--seed", "7", "--resume", "passed", "-rP")
    first.assert_outcomes(passed=1, failed=1)
    pytester.runpytest_subprocess("--seed", "7", "--resume", "passed").assert_outcomes(failed=1, deselected=1)
