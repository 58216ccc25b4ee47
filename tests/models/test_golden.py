"""The trial of a model whose file takes the interpreter over: it can do nothing but fail."""

from __future__ import annotations

import ctypes
import json
import platform
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from agent.system.confine import _ARCHES
from contract.bundle import MANIFEST
from release.packing import pack
from tests.release.desks import model_folder, new_desk

HAS_LANDLOCK = ctypes.CDLL(None).syscall(444, None, 0, 1) > 0
HOSTILE = """
import json, os, socket, sys
from pathlib import Path
from agent.models import golden

folder, secret = Path(sys.argv[1]), Path(sys.argv[2])

def run():
    os.execv("/bin/true", ["true"])

def fork():
    if os.fork() == 0:
        os._exit(0)

class Taken:
    def __init__(self, _):
        done = []
        for name, attempt in {
            "read": secret.read_bytes,
            "write": lambda: (folder / "x").write_bytes(b""),
            "list": lambda: os.listdir("/etc"),
            "connect": lambda: socket.socket(),
            "run": run,
            "fork": fork,
            "kill": lambda: os.kill(os.getppid(), 0),
        }.items():
            try:
                attempt()
            except OSError:
                continue
            done.append(name)
        print(json.dumps(done), flush=True)
        os._exit(0)

golden._Model = Taken
golden.main([str(folder)])
"""


@pytest.mark.skipif(not HAS_LANDLOCK, reason="this kernel has no Landlock")
@pytest.mark.skipif(platform.machine() not in _ARCHES, reason="no filter of system calls for this processor")
@pytest.mark.fault(
    "the interpreter is taken over by a model on trial",
    "it reaches no key, database, program or other host",
)
def test_a_model_that_takes_the_interpreter_over_can_do_nothing(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "crops")
    manifest, _ = pack(folder, new_desk(tmp_path / "desk"), None)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    secret = tmp_path / "key"
    secret.write_text("secret", encoding="ascii")
    run = [sys.executable, "-c", HOSTILE, str(folder), str(secret)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=root)
    assert json.loads(done.stdout) == [], done.stderr
