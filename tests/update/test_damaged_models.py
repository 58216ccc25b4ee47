"""Models that are damaged in any of their bytes: the loader may die of them, alone."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent.system.child import command
from contract.bundle import MANIFEST
from release.packing import pack
from tests.release.desks import model_folder, new_desk


def mutated(count: int, tmp_path: Path, seed: int) -> Iterator[Path]:
    """So many damaged copies of the shipped model, each in the same folder, ready to be tried."""
    folder = model_folder(tmp_path / "crops")
    manifest, _ = pack(folder, new_desk(tmp_path / "desk"), None)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    good = (folder / "crops.tflite").read_bytes()
    page = (folder / "model.toml").read_text(encoding="utf-8")
    old = page.partition('sha256 = "')[2][:64]
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(good)
        for _ in range(chance.choice((1, 4, 64))):
            data[chance.randrange(chance.choice((64, 4096, len(data))))] = chance.randrange(256)
        (folder / "crops.tflite").write_bytes(data)
        (folder / "model.toml").write_text(page.replace(old, hashlib.sha256(data).hexdigest()), encoding="utf-8")
        yield folder


def test_a_damaged_model_ends_the_child_that_tries_it_and_nothing_else(tmp_path: Path) -> None:
    for folder in mutated(3, tmp_path, 1):
        subprocess.run(command("agent.models.golden", str(folder)), capture_output=True, timeout=300, check=False)


TRIES = """
import os, signal, sys
import numpy, agent.models.interpreter
from agent.models import golden
agent.models.interpreter._runtime()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        signal.alarm(300)
        os._exit(golden.main([line.rstrip()]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""The same trial without the start of a Python for each: a process that has loaded the libraries forks."""


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
@pytest.mark.fault("a model on trial is damaged in any of its bytes", "the child that tries it ends, and nothing else")
def test_ten_thousand_damaged_models_end_only_the_children_that_try_them(tmp_path: Path) -> None:
    seen: dict[int, int] = {}
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", TRIES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as tries:
        assert tries.stdin is not None
        assert tries.stdout is not None
        for folder in mutated(10_000, tmp_path, 2):
            print(folder, file=tries.stdin, flush=True)
            status = int(tries.stdout.readline())
            seen[status] = seen.get(status, 0) + 1
        tries.stdin.close()
    print(f"exit status of the child, below 0 the signal: {dict(sorted(seen.items()))}")
    assert sum(seen.values()) == 10_000
    assert signal.SIGALRM not in {-status for status in seen}, "a loader hung"
