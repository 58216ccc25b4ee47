"""What an update costs and what a power cut does to it: ``python -m bench.update [--cuts N] [--speed N] [--seed N]``.

The link: a bundle of 5 MB over 64 kbit/s that breaks every 60 s (480 kB), times ``--speed``; a byte counts as sent when
the server has handed it to its kernel. Target: at most 5 % sent twice.
Power cuts: an update of each kind in a child that ends at a seeded one of its writes (rename, link, unlink, new
folder, fsync); then the pole goes on. What was not synced when the child ended is not dropped, as a real cut would.
Target: 0 poles without a working model, settings or agent, 0 steps missing from the events.
The check without news: requests and bytes, HTTP without TLS. Target: 2 and 3 KB.
The daemon: none of the update's modules or of TUF's are loaded; what the shared ones hold.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agent.config.load import load
from agent.errors import Retry
from agent.update import updater as updater_module
from agent.update.bundles import fetch
from agent.update.moment import SystemMoments
from agent.update.source import Download, WebSource
from contract.release import ReleaseKind
from release.desk import ReleaseDesk
from tests.release.desks import deb_folder, new_desk, release, settings_folder, stand_in_model
from tests.update.poles import Box
from tests.update.servers import serving

SIZE, RATE, BREAK_S = 5_000_000, 8_000, 60
KINDS: tuple[ReleaseKind, ...] = ("model", "settings", "software")
_PIECE = 800


class SlowServer:
    """Serves one file, paced, and resets each connection after ``BREAK_S`` of the link's own time."""

    def __init__(self, data: bytes, speed: float) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.data, self.speed, self.sent, self.connections = data, speed, 0, 0

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.connections += 1
                with client, contextlib.suppress(OSError):
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        start = int(head.partition(b"bytes=")[2].partition(b"-")[0] or 0)
        left = len(self.data) - start
        about = f"Content-Range: bytes {start}-{len(self.data) - 1}/{len(self.data)}\r\n" if start else ""
        client.sendall(f"HTTP/1.1 {206 if start else 200} x\r\nContent-Length: {left}\r\n{about}\r\n".encode())
        began, here = time.monotonic(), 0
        while here < left and here < RATE * BREAK_S:
            piece = self.data[start + here : start + here + _PIECE]
            client.sendall(piece)
            here += len(piece)
            self.sent += len(piece)
            time.sleep(  # noqa: TID251 - the pace of a link
                max(0.0, began + here / (RATE * self.speed) - time.monotonic())
            )


def link(speed: float) -> tuple[float, int]:
    """Share of the bundle that was sent twice, and the connections that it took."""
    data = random.Random(1).randbytes(SIZE)
    server = SlowServer(data, speed)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as executor:
        executor.submit(server.run)
        moments = SystemMoments()
        source = WebSource(f"http://127.0.0.1:{server.listener.getsockname()[1]}", moments)
        path = Path(folder) / "bundle"
        fetch(Download(source, moments, 0), "bundle", path, size=SIZE, moments=moments, came=lambda _, __: None)
        source.close()
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        assert path.read_bytes() == data
    return (server.sent - SIZE) / SIZE, server.connections


class Cuts:
    """Ends this process at the ``left``-th write under ``folder``."""

    def __init__(self, folder: Path, left: int) -> None:
        self.folder, self.left = folder, left
        for name in ("replace", "symlink_to", "unlink", "mkdir"):
            setattr(Path, name, self._counted(getattr(Path, name)))
        real = os.fsync
        os.fsync = lambda handle: (self._count(), real(handle))[1]  # type: ignore[func-returns-value]

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            os._exit(9)

    def _counted(self, real: Any) -> Any:
        def counted(path: Path, *args: Any, **options: Any) -> Any:
            if self.folder in path.parents:
                self._count()
            return real(path, *args, **options)

        return counted


def power_cuts(count: int, seed: int) -> tuple[int, int, int, dict[ReleaseKind, int]]:
    """Cuts that hit, poles that did not work after it, steps that are missing, and the writes of each update."""
    chance = random.Random(seed)
    updater_module.try_golden = lambda _, __: None  # type: ignore[attr-defined]
    hit = broken = missing = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk, site = new_desk(folder / "desk"), folder / "site"
        starts = {kind: _first(desk, site, folder, kind) for kind in KINDS}
        writes = {kind: _writes(starts[kind], Box(folder / f"whole-{kind}", desk.folder), site) for kind in KINDS}
        for at in range(count):
            kind = KINDS[at % len(KINDS)]
            box = Box(folder / f"pole{at}", desk.folder)
            shutil.copytree(starts[kind].state, box.state, symlinks=True, dirs_exist_ok=True)
            box.pole.listens = False
            if (child := os.fork()) == 0:
                Cuts(box.state, chance.randrange(1, writes[kind] + 1))
                with contextlib.suppress(Retry):
                    box.updater(site).run()
                os._exit(0)
            hit += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
            slots = box.updater(site).slots
            for each in KINDS[:2]:
                here = starts[kind].updater(site).slots.names(each)
                broken += any(slots.running(each, one) is None for one in here)
            load(box.settings, {})
            box.pole.listens = True
            with contextlib.suppress(Retry):
                box.updater(site).run()
            numbers = [step.number for step in box.pole.steps]
            missing += len(set(range(1, max(numbers, default=0) + 1)) - set(numbers) - _known(starts[kind]))
            shutil.rmtree(folder / f"pole{at}")
    return hit, broken, missing, writes


def _writes(start: Box, box: Box, site: Path) -> int:
    """Those of an update from ``start`` that nothing ends: a cut may come at each of them."""
    shutil.copytree(start.state, box.state, symlinks=True, dirs_exist_ok=True)
    box.pole.listens = False
    out, into = os.pipe()
    if (child := os.fork()) == 0:
        cuts = Cuts(box.state, 0)
        with contextlib.suppress(Retry):
            box.updater(site).run()
        os.write(into, str(-cuts.left).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        return int(pipe.read())


def _known(box: Box) -> set[int]:
    return {step.number for step in box.pole.steps}


def _first(desk: ReleaseDesk, site: Path, folder: Path, kind: str) -> Box:
    """A pole with release 1 of this kind; release 2 is published for the poles that come."""
    make = {
        "model": lambda to, text: stand_in_model(to, text.encode(), name=f"a{kind}"),
        "settings": lambda to, text: settings_folder(to, f"[report]\nwindow_s = {len(text)}\n"),
        "software": lambda to, text: deb_folder(to, text.encode()),
    }[kind]
    release(desk, site, make(folder / f"{kind}1", "one"))
    box = Box(folder / f"first-{kind}", desk.folder)
    with contextlib.suppress(Retry):
        box.updater(site).run()
    release(desk, site, make(folder / f"{kind}2", "four"))
    return box


def idle_check() -> tuple[int, int]:
    """Requests, and bytes of both directions, of a check without news."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk = new_desk(folder / "desk")
        release(desk, folder / "site", settings_folder(folder / "a", "[report]\nwindow_s = 30\n"))
        box = Box(folder / "pole", desk.folder)
        with serving(folder / "site") as server:
            for _ in range(2):
                server.asked.clear()
                server.bytes = 0
                source = WebSource(server.address, box.moments)
                box.updater(source).run()
                source.close()
            return len(server.asked), server.bytes


SHARED = ("system/slots", "config/released", "config/update", "uplink/proven", "release", "settings", "events/update")
_LOOK = """
import sys, tracemalloc
tracemalloc.start(8)
import agent.cli.run
taken = tracemalloc.take_snapshot()
for name in sys.argv[1:]:
    taken_by = taken.filter_traces([tracemalloc.Filter(True, '*/' + name + '.py', all_frames=True)])
    print(sum(trace.size for trace in taken_by.traces))
for name in sys.modules:
    if name.partition('.')[0] in ('tuf', 'securesystemslib', 'urllib3') or name.startswith('agent.update'):
        sys.exit(name + ' is loaded')
"""


def daemon() -> int:
    """Bytes on the heap of the modules that the daemon shares with updates; fails where it loads more than these."""
    done = subprocess.run([sys.executable, "-c", _LOOK, *SHARED], capture_output=True, text=True, check=True)
    return sum(map(int, done.stdout.split()))


def rows(options: argparse.Namespace) -> Iterator[str]:
    requests, size = idle_check()
    yield f"check without news: {requests} requests, {size} bytes (target 2, 3000)"
    yield f"daemon: nothing of TUF or the update loaded; slots and the proven link hold {daemon() >> 10} KiB"
    twice, connections = link(options.speed)
    yield f"link: {twice:.2%} of {SIZE} bytes sent twice over {connections} connections (target 5 %)"
    hit, broken, missing, writes = power_cuts(options.cuts, options.seed)
    yield f"power cuts: {hit} of {options.cuts} hit, each at one of as many writes: {writes}"
    yield f"poles without a working release: {broken} (target 0)"
    yield f"steps of updates that are missing from the events: {missing} (target 0)"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    for row in rows(parser.parse_args()):
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
