"""The demo that is stopped takes its children along: no daemon and no broker stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

PATIENCE_S = 120.0


def children_of(folder: str) -> list[str]:
    """Command lines of the processes whose files lie in ``folder``."""
    said = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue
        if f"{folder}/" in line:
            said.append(line)
    return said


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_a_demo_that_is_stopped_leaves_nothing_behind(how: signal.Signals) -> None:
    with tempfile.TemporaryDirectory(prefix="stop-") as folder:  # short: the path of a unix socket has its bound
        command = [sys.executable, "-m", "agent.cli", "demo", "--seconds", "60"]
        with subprocess.Popen(command, env={**os.environ, "TMPDIR": folder}, stdout=subprocess.DEVNULL) as demo:
            until = time.monotonic() + PATIENCE_S
            while len(children_of(folder)) < 2:
                assert time.monotonic() < until, "broker and daemon are there"
                with contextlib.suppress(subprocess.TimeoutExpired):
                    demo.wait(0.05)
            demo.send_signal(how)
            assert demo.wait(PATIENCE_S) == 128 + how
        assert children_of(folder) == []
        assert list(Path(folder).iterdir()) == []
