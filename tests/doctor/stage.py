"""Builds the pole that a plan describes, has it diagnosed, and clears it away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec.structs import replace

from agent import VERSION
from agent.config.settings import LocalSettings
from agent.control.client import Client
from agent.control.server import open_control
from agent.doctor.box import Box
from agent.doctor.run import diagnose
from agent.errors import AgentError
from agent.store.database import new_database
from agent.system.clock import SystemClock
from contract.diagnosis import Diagnosis
from contract.health import PoleStatus
from contract.requests import NoArgs
from tests.doctor.brokers import broker
from tests.doctor.certs import City
from tests.doctor.plan import Plan
from tests.doctor.wires import line
from tests.doctor.written import write_settings
from tests.status.canned import HEALTHY, RS485, WEATHER

ROOT = Path(__file__).resolve().parents[2]
SETTLED_S = 120.0


async def diagnosed(plan: Plan, city: City, chance: random.Random) -> Diagnosis:
    """What the doctor says of the pole of ``plan``."""
    with tempfile.TemporaryDirectory(prefix="dr") as name:
        async with _built(plan, Path(name), city, chance) as settings:
            await _settled(plan, Path(name))
            if plan.faketime or plan.no_network:
                return await _in_child(plan, Path(name), settings)
            box = Box(
                facts=Path(name) / "facts",
                clock=SystemClock(lambda: plan.synced),
                sync=lambda handle: _slow_sync(handle, plan.disk.sync_s),
                version=lambda library: plan.versions.get(library) or version(library),
                present=lambda library: library not in plan.absent and find_spec(library) is not None,
            )
            return await diagnose(settings, box, stopped=plan.daemon == "stopped")


def _folders(folder: Path) -> None:
    for each in ("etc", "state", "dev", "run", "facts", "bin"):
        (folder / each).mkdir()
    folder.chmod(0o755)


def _slow_sync(handle: int, seconds: float) -> None:
    time.sleep(seconds)  # noqa: TID251 - a worn card
    os.fsync(handle)


@contextlib.asynccontextmanager
async def _built(plan: Plan, folder: Path, city: City, chance: random.Random) -> AsyncIterator[Path]:
    """The pole, with everything around it; yields its settings file."""
    _folders(folder)
    async with contextlib.AsyncExitStack() as stack:
        ports = {
            name: await stack.enter_async_context(line(wire, folder / "dev" / name, chance))
            for name, wire in plan.wires.items()
        }
        port = await stack.enter_async_context(broker(plan.broker, folder, city, plan.table["pole"]["id"]))
        stack.enter_context(_disk(plan, folder))
        camera = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port=0)
        stack.callback(camera.close)
        ports["camera"] = str(camera.sockets[0].getsockname()[1])
        settings = write_settings(plan, folder, city, ports, port)
        if plan.table.get("model"):
            shutil.copytree(ROOT / "models" / "crops", folder / "model")
        for name, text in plan.facts.items():
            (folder / "facts" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "facts" / name).write_text(text, encoding="ascii")
        for change in plan.files:
            change(folder)
        stack.enter_context(_systemctl(plan, folder))
        if plan.daemon == "canned":
            await stack.enter_async_context(_canned(plan, folder, ports, port))
        elif plan.daemon == "real":
            stack.enter_context(_real(folder, settings))
        yield settings


@contextlib.contextmanager
def _disk(plan: Plan, folder: Path) -> Iterator[None]:
    disk, state = plan.disk, folder / "state"
    if not disk.folder:
        state.rmdir()
        yield
        return
    if disk.size_mib:
        more = f",nr_inodes={disk.inodes}" if disk.inodes else ""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk.size_mib}m{more}", "tmpfs", state], check=True)
    try:
        _database(plan, state)
        about = os.statvfs(state)
        if disk.fill and disk.size_mib:
            room = int(about.f_bavail * about.f_frsize - about.f_blocks * about.f_frsize * (1 - disk.fill))
            with contextlib.suppress(OSError), (state / "filling").open("wb") as filling:
                for _ in range(max(0, room) // 4096):
                    filling.write(bytes(4096))
        with contextlib.suppress(OSError):
            for number in range(disk.inodes):
                (state / f"file{number}").touch()
        for file in (state, *state.iterdir()):
            os.chown(file, disk.owner, 0)
            if behind_s := plan.table.get("behind_s"):
                os.utime(file, times=(time.time() + behind_s,) * 2)
        if disk.read_only:
            subprocess.run(["mount", "-o", "remount,ro", state], check=True)
        yield
    finally:
        if disk.size_mib:
            subprocess.run(["umount", "-l", state], check=True)


def _database(plan: Plan, state: Path) -> None:
    path = state / "pole.db"
    if plan.daemon == "real":
        return
    with new_database(path, 1000) as made:
        made.execute("INSERT INTO state VALUES ('room', zeroblob(200000))")
        if plan.disk.damage == "newer":
            made.execute("PRAGMA user_version = 999")
    data = bytearray(path.read_bytes())
    if plan.disk.damage == "page":
        for at in range(4096, len(data), 4096):
            data[at : at + 64] = b"\x55" * 64
    elif plan.disk.damage == "not a database":
        data[:] = b"this was a card once" * 5000
    path.write_bytes(data)


@contextlib.contextmanager
def _systemctl(plan: Plan, folder: Path) -> Iterator[None]:
    """A systemctl that says what the plan wants; on a box without systemd there is none."""
    script = folder / "bin" / "systemctl"
    state = "inactive\nSubState=dead" if plan.daemon in {"stopped", "dead"} else "active\nSubState=running"
    text = plan.systemctl or f"ActiveState={state}\nResult=success\nNRestarts=0\n"
    script.write_text(f"#!/bin/sh\ncat <<'E'\n{text}E\n", encoding="utf-8")
    script.chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}/bin:{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextlib.asynccontextmanager
async def _canned(plan: Plan, folder: Path, ports: dict[str, str], port: int) -> AsyncIterator[None]:
    """A daemon that is only its control socket."""
    lines = tuple(replace(RS485, name=name, port=where) for name, where in ports.items() if name in plan.wires)
    devices = tuple(
        replace(WEATHER, name=f"{name}{unit}", line=name) for name, wire in plan.wires.items() for unit in wire.units
    )
    assert HEALTHY.uplink is not None
    status = replace(
        HEALTHY,
        pole=plan.table["pole"]["id"],
        version=VERSION,
        lines=lines,
        devices=devices,
        uplink=replace(HEALTHY.uplink, broker=f"127.0.0.1:{port}"),
        uptime_s=90_000.0,
    )
    status = plan.status(status) if plan.status else status

    async def answer(_: NoArgs, __: str) -> PoleStatus:
        if plan.table.get("mute"):
            await asyncio.sleep(3600)
        return status

    with open_control(LocalSettings(socket=f"{folder}/run/s")) as control:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(control.serve({"status": answer}, SystemClock()))
            try:
                yield
            finally:
                task.cancel()


@contextlib.contextmanager
def _real(folder: Path, settings: Path) -> Iterator[None]:
    """The program itself, with the clock of a box whose time is right."""
    settings.write_text(settings.read_text(encoding="utf-8").replace("[clock]", '[clock]\ntrust = "always"'), "utf-8")
    command = [sys.executable, "-m", "agent.cli", "run", "--settings", str(settings)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait()


async def _settled(plan: Plan, folder: Path) -> None:
    """A real daemon knows of each device and of the link what it will say of them."""
    if plan.daemon != "real":
        return
    until = time.monotonic() + SETTLED_S
    while time.monotonic() < until:
        with contextlib.suppress(AgentError):
            status = await asyncio.to_thread(_ask, f"{folder}/run/s")
            states = {*(each.state for each in status.devices), *(each.state for each in status.lines)}
            assert status.uplink is not None
            if "waiting" not in states and status.uplink.state != "connecting" and status.uptime_s > 8:
                return
        await asyncio.sleep(0.2)
    raise AssertionError((folder / "log").read_text(encoding="utf-8"))


def _ask(path: str) -> PoleStatus:
    with Client(path) as client:
        return msgspec.json.decode(client.ask("status"), type=PoleStatus)


async def _in_child(plan: Plan, folder: Path, settings: Path) -> Diagnosis:
    """For what is true of a whole process: its clock, its network."""
    command = [sys.executable, "-m", "tests.doctor.child", str(settings), str(folder / "facts"), str(int(plan.synced))]
    if plan.faketime:
        command = ["faketime", "-m", "-f", f"@{plan.faketime}", *command]
    if plan.no_network:
        up = "ip link set lo up"
        if plan.no_network == "no route":
            up += " && ip link add d0 type veth peer name d1 && ip addr add 192.0.2.9/24 dev d0 && ip link set d0 up"
        command = ["unshare", "-n", "sh", "-c", f'{up} && exec "$@"', "sh", *command]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {"DONT_FAKE_MONOTONIC": "1"}
    )
    out, _ = await process.communicate()
    return msgspec.json.decode(out, type=Diagnosis)
