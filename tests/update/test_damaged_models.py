"""Models that are damaged in any of their bytes: the loader may die of them, alone, and the updater says of what."""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from agent.analysis.worker import SeriesModel
from agent.errors import ConfigError
from agent.models.describe import read_model
from agent.system.child import command
from agent.update.fit import ReleaseRefused, judge, try_golden
from agent.vision.detector import Classifier
from contract.bundle import MANIFEST
from contract.release import Manifest
from release.packing import pack
from tests.release.desks import model_folder, new_desk

_EXTREMES = (0, 1, 4, 0x7FFF, 0xFFFF, 0x7FFFFFFC, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF)


def _bytes(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 4, 64))):
        data[chance.randrange(chance.choice((64, 4096, len(data))))] = chance.randrange(256)


def _bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 8, 256))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    """A tail is missing, or stands there from elsewhere."""
    at = chance.randrange(chance.choice((16, 4096, len(data))))
    tail = chance.choice((b"", chance.randbytes(64), bytes(len(data) - at)))
    data[at:] = tail


def _blocks(data: bytearray, chance: random.Random) -> None:
    """Blocks of a disk change places, are zero, or are another's."""
    size = chance.choice((4, 64, 512, 4096))
    one, two = (chance.randrange(len(data) - size) // size * size for _ in range(2))
    first, second = data[one : one + size], data[two : two + size]
    data[one : one + size] = chance.choice((second, bytes(size), chance.randbytes(size)))
    data[two : two + size] = chance.choice((first, second))


def _header(data: bytearray, chance: random.Random) -> None:
    """The root's offset, the identifier, and the first table with its list of fields."""
    (root,) = struct.unpack_from("<I", data)
    (back,) = struct.unpack_from("<i", data, root)
    at = chance.choice(
        (0, 4, root, root - back, root - back + 2 * chance.randrange(12), root + 4 * chance.randrange(8))
    )
    form, mask = chance.choice((("<I", 0xFFFFFFFF), ("<H", 0xFFFF)))
    struct.pack_into(form, data, at, chance.choice((*_EXTREMES, chance.getrandbits(32))) & mask)


def _offsets(data: bytearray, chance: random.Random) -> None:
    """Words that lead to another place of the file lead elsewhere, or out of it."""
    leads = [at for at in range(0, len(data) - 4, 4) if 0 < struct.unpack_from("<I", data, at)[0] < len(data) - at]
    for _ in range(chance.choice((1, 3))):
        at = chance.choice(leads)
        (now,) = struct.unpack_from("<I", data, at)
        there = chance.choice((*_EXTREMES, now + 4, now - 4, len(data) - at, chance.randrange(len(data))))
        struct.pack_into("<I", data, at, there & 0xFFFFFFFF)


KINDS: tuple[Callable[[bytearray, random.Random], None], ...] = (_bytes, _bits, _cut, _blocks, _header, _offsets)


SERIES = """
task = "anomaly"
name = "damaged"
file = "crops.tflite"
sha256 = "{sha256}"
step_s = 300.0
window = 4
quantities = ["noise"]
mean = [50.0]
std = [2.0]
"""


class Damaged:
    """The shipped model, and copies of it that are damaged, each in the same folder, ready to be tried."""

    def __init__(self, work: Path) -> None:
        self.folder = model_folder(work / "crops")
        self.manifest: Manifest
        self.manifest, _ = pack(self.folder, new_desk(work / "desk"), None)
        (self.folder / MANIFEST).write_bytes(msgspec.json.encode(self.manifest))
        self._good = (self.folder / "crops.tflite").read_bytes()
        self._page = (self.folder / "model.toml").read_text(encoding="utf-8")

    def copies(self, count: int, seed: int) -> Iterator[str]:
        """Makes the next one and yields how it is damaged; the same ones for the same seed."""
        chance = random.Random(seed)
        old = self._page.partition('sha256 = "')[2][:64]
        for at in range(count):
            data = bytearray(self._good)
            kind = KINDS[at % len(KINDS)]
            while data == self._good:
                kind(data, chance)
            (self.folder / "crops.tflite").write_bytes(data)
            page = self._page.replace(old, hashlib.sha256(data).hexdigest())
            (self.folder / "model.toml").write_text(page, encoding="utf-8")
            yield kind.__name__[1:]


def test_a_damaged_model_ends_the_child_that_tries_it_and_nothing_else(tmp_path: Path) -> None:
    damaged = Damaged(tmp_path)
    for _ in damaged.copies(len(KINDS), 1):
        run = command("agent.models.golden", str(damaged.folder))
        subprocess.run(run, capture_output=True, timeout=300, check=False)


def test_a_damaged_model_that_loads_and_cannot_run_is_refused_in_a_sentence(tmp_path: Path) -> None:
    damaged = Damaged(tmp_path)
    for _ in damaged.copies(352, 2):  # the last one has an input without data in the middle
        pass
    with pytest.raises(ReleaseRefused, match="the model cannot be run on it: Input tensor 12 lacks data"):
        try_golden(damaged.folder, damaged.manifest)
    says = "cannot be loaded as a LiteRT model: Input tensor 12 lacks data"
    with pytest.raises(ConfigError, match=says):
        Classifier(read_model(damaged.folder))
    digest = hashlib.sha256((damaged.folder / "crops.tflite").read_bytes()).hexdigest()
    (damaged.folder / "model.toml").write_text(SERIES.format(sha256=digest), encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        SeriesModel(damaged.folder)


TRIES = """
import json, os, signal, sys, traceback
import numpy, agent.models.interpreter
from agent.models import golden
from agent.system.resident import resident_bytes
agent.models.interpreter._runtime()
print(resident_bytes(), flush=True)
for line in sys.stdin:
    folder, seconds = json.loads(line)
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(into, 2)
        os.nice = lambda _: 0
        signal.alarm(seconds)
        code = 1
        try:
            code = golden.main([folder])
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    os.close(into)
    with open(out, "rb") as pipe:
        said = pipe.read()[-2000:].decode("utf-8", "replace")
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps([code, said, used.ru_maxrss << 10, used.ru_utime + used.ru_stime]), flush=True)
"""
"""The same trial without the start of a Python for each: a process that has loaded the libraries forks."""


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.timeout(6 * 3600)
@pytest.mark.fault(
    "a model on trial is damaged: bits, bytes, cuts, blocks, its header or its offsets",
    "the child that tries it ends within its memory and time, nothing else does, and the refusal says of what",
)
def test_ten_thousand_damaged_models_end_only_the_children_that_try_them(tmp_path: Path, seed: int) -> None:
    damaged = Damaged(tmp_path)
    limits = damaged.manifest.limits
    seconds = math.ceil(limits.seconds) + 60
    seen: Counter[tuple[str, str]] = Counter()
    most_memory, most_cpu_s, began = 0, 0.0, time.monotonic()
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", TRIES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as tries:
        assert tries.stdin is not None
        assert tries.stdout is not None
        base = int(tries.stdout.readline())
        for kind in damaged.copies(2_500, seed):
            print(json.dumps([str(damaged.folder), seconds]), file=tries.stdin, flush=True)
            status, said, memory, cpu_s = json.loads(tries.stdout.readline())
            most_memory, most_cpu_s = max(most_memory, memory), max(most_cpu_s, cpu_s)
            seen[kind, _outcome(status, said.encode())] += 1
        tries.stdin.close()
    for (kind, outcome), count in sorted(seen.items()):
        print(f"{kind:8} {count:5}  {outcome}")
    print(f"a child holds {most_memory >> 20} MiB at most, {base >> 20} before it loads, and runs {most_cpu_s:.2f} s")
    print(f"{sum(seen.values())} models in {time.monotonic() - began:.0f} s")
    assert sum(seen.values()) == 2_500
    assert not [outcome for _, outcome in seen if "SIGALRM" in outcome], "a loader hung"
    assert not [outcome for _, outcome in seen if "no reason given" in outcome]
    assert not [outcome for _, outcome in seen if "Traceback" in outcome or "Error:" in outcome]
    assert most_memory < base + (limits.memory_mib << 20)
    assert most_cpu_s < limits.seconds + 2


def _outcome(status: int, said: bytes) -> str:
    """What the updater says of it, without what differs from file to file."""
    try:
        judge(status, said)
    except ReleaseRefused as reason:
        return re.sub(r"/\S+/", "", re.sub(r"-?\d[\d.e+]*|\bnan\b|\binf\b", "#", str(reason)))[:120]
    return "passes: what is damaged changes no output by more than its tolerance"
