"""What a decoder that was taken over can do: look at its own camera and keep its own evidence, and nothing else."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import platform
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.config.scene import EvidenceSettings
from agent.system import confine
from tests.vision.hostile import attempts
from tests.vision.stage import ROOT
from tests.vision.test_camera import settings, watched

HAS_LANDLOCK = ctypes.CDLL(None).syscall(444, None, 0, 1) > 0
ALLOWED = {"write where evidence is", "reach the camera"}


@pytest.mark.skipif(not HAS_LANDLOCK, reason="this kernel has no Landlock")
@pytest.mark.skipif(platform.machine() not in confine._ARCHES, reason="no filter of system calls for this processor")
@pytest.mark.fault(
    "a decoder is taken over by what a camera sends", "it reaches no key, database, serial port, program or other host"
)
def test_a_hostile_decoder_tries_everything_and_can_do_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, database, evidence = tmp_path / "private.pem", tmp_path / "state" / "pole.db", tmp_path / "evidence"
    database.parent.mkdir()
    for path in (key, database):
        path.write_text("secret")
        path.chmod(0o600)
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\nexec {sys.executable} -m tests.vision.hostile\n")
    fake.chmod(0o755)
    main, line = pty.openpty()

    async def story() -> dict[str, str]:
        reached: list[int] = []

        async def camera(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.append(1)
            writer.close()

        async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.append(2)
            writer.close()

        server = await asyncio.start_server(camera, "127.0.0.1", 0)
        elsewhere = await asyncio.start_server(other, "127.0.0.1", 0)
        control = await asyncio.start_unix_server(other, str(tmp_path / "control"))
        plan = {
            "key": str(key),
            "database": str(database),
            "evidence": str(evidence),
            "tty": os.ttyname(line),
            "port": str(elsewhere.sockets[0].getsockname()[1]),
            "control": str(tmp_path / "control"),
            "memory": str(300 * 1024 * 1024),
        }
        kept = EvidenceSettings(
            purpose="a test of evidence",
            keep_days=1,
            key_file=str(tmp_path / "public.pem"),
            rules=("parking",),
            folder=str(evidence),
        )
        source = f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/1"
        monkeypatch.setattr(sys, "executable", str(fake))
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        async with watched(settings(source, purpose=json.dumps(plan), evidence=kept, memory_mib=100)) as it:
            await it.until((evidence / "could.json").exists, "everything was tried")
            await asyncio.sleep(0)
            could: dict[str, str] = json.loads((evidence / "could.json").read_text())
        for each in (server, elsewhere, control):
            each.close()
        assert 2 not in reached
        return could

    could = asyncio.run(story())
    os.close(main)
    os.close(line)
    assert {name for name, how in could.items() if how == "done"} == ALLOWED, could
    assert key.stat().st_mode & 0o777 == 0o600
    assert database.read_text() == "secret"


def test_the_list_of_attempts_is_the_list_that_was_judged() -> None:
    """A name that is misspelt in ALLOWED would let a test pass that tried nothing."""
    assert set(attempts({"port": "1"}, None)) > ALLOWED  # type: ignore[arg-type]


def test_where_a_kernel_lacks_one_of_the_two_the_other_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
import ctypes, socket, sys
from agent.system import confine as system
from agent.vision import confine
from agent.config.scene import CameraSettings
system._landlock = lambda *_: False
print(confine.confine(CameraSettings(source="rtsp://10.0.0.5/1")))
try:
    socket.socket()
except PermissionError:
    print("no socket")
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.splitlines() == ["('landlock',)", "no socket"]


@pytest.mark.skipif(not HAS_LANDLOCK, reason="this kernel has no Landlock")
def test_a_camera_with_a_detector_reads_the_shipped_classifier_as_well(tmp_path: Path) -> None:
    """It names riders and what detectors overlook."""
    (tmp_path / "model.toml").write_text("mine")
    code = f"""
from agent.config.scene import CameraSettings
from agent.models.describe import shipped_folder
from agent.vision.confine import confine
confine(CameraSettings(source="rtsp://10.0.0.5/1", model={str(tmp_path)!r}))
for folder in ({str(tmp_path)!r}, str(shipped_folder())):
    print(len(open(folder + "/model.toml").read()) > 0)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert out.stdout.split() == ["True", "True"], out.stderr


@pytest.mark.parametrize("machine", confine._ARCHES)
def test_each_jump_of_the_filter_stays_within_it(machine: str) -> None:
    program = confine._program(*confine._ARCHES[machine])
    assert len(program) % 8 == 0
    count = len(program) // 8
    for place in range(count):
        code, yes, no = (
            int.from_bytes(program[8 * place : 8 * place + 2], "little"),
            program[8 * place + 2],
            program[8 * place + 3],
        )
        if code & 7 == 5:
            assert place + 1 + max(yes, no) < count
    assert int.from_bytes(program[-8:-6], "little") == 6, "it ends in a decision"


@pytest.mark.fault("a decoder takes memory without end", "it gets memory_mib and a tenth more at most")
def test_memory_beyond_the_bound_cannot_be_taken() -> None:
    code = """
from agent.vision.confine import bound_memory
import numpy, cv2, av
bound_memory(200)
taken = []
try:
    while len(taken) < 400:
        taken.append(bytearray(b"x") * (1 << 20))
except MemoryError:
    from agent.system.resident import resident_bytes
    print(resident_bytes() >> 20)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert 150 < int(out.stdout) < 220, out


HEADERS = (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm-generic/unistd.h"))


@pytest.mark.skipif(
    not all(map(Path.exists, HEADERS)), reason="the kernel's headers (linux-libc-dev) are not installed"
)
@pytest.mark.parametrize("column", [0, 1])
def test_the_numbers_of_the_calls_are_those_of_the_kernels_headers(column: int) -> None:
    """x86-64 has a table of its own; arm64 has the generic one."""
    text = HEADERS[column].read_text()
    numbers = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+)\s+(\d+)", text)}
    own = {"clone": confine._CLONE, "clone3": confine._CLONE3, "tgkill": confine._TGKILL, "sendto": confine._SENDTO}
    for name, pair in {**confine._DENIED, **own}.items():
        if pair[column] is None:
            assert name not in numbers
        elif name in numbers:  # the headers may be older than the newest calls
            assert pair[column] == numbers[name], name
    assert len(set(confine._DENIED) - set(numbers)) <= 8
