"""A vision process whose decoder was taken over: it tries what it must not be able to do, and notes what it could.

Run in place of Python by a test's own ``sys.executable``; everything but the decoder is real: the order, the door, and
what was given up before the decoder began.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
import types
from collections.abc import Callable
from pathlib import Path

from agent.vision import child
from agent.vision.order import Order
from agent.vision.shell import Shell
from agent.vision.stream.door import AskedDoor, Door, DoorAsk

PLAN = Path(__file__)


def attempts(plan: dict[str, str], door: AskedDoor) -> dict[str, Callable[[], object]]:
    """By name; each raises OSError where it is kept from."""
    daemon = os.getppid()
    here = ("127.0.0.1", int(plan["port"]))

    def tell_somebody() -> None:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(here)

    def lend() -> None:
        one, _ = socket.socketpair()
        socket.send_fds(one, [b"x"], [2])

    def run() -> None:
        os.execv("/bin/true", ["true"])

    def child_of_ours() -> None:
        if os.fork() == 0:
            os._exit(0)

    def attach() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, daemon, 0, 0) == -1:
            raise OSError(ctypes.get_errno(), "ptrace")

    return {
        "read a key": lambda: Path(plan["key"]).read_bytes(),
        "read the database": lambda: Path(plan["database"]).read_bytes(),
        "write to the database": lambda: Path(plan["database"]).open("r+b"),
        "delete the database": lambda: Path(plan["database"]).unlink(),
        "move the database": lambda: Path(plan["database"]).rename(Path(plan["evidence"]) / "x"),
        "make a key readable": lambda: Path(plan["key"]).chmod(0o666),
        "open a serial port": lambda: os.open(plan["tty"], os.O_RDWR | os.O_NOCTTY),
        "list the state folder": lambda: os.listdir(Path(plan["database"]).parent),  # noqa: PTH208
        "read settings": lambda: os.listdir("/etc"),  # noqa: PTH208
        "read the daemon's memory": lambda: Path(f"/proc/{daemon}/mem").open("rb"),
        "read the daemon's environment": lambda: Path(f"/proc/{daemon}/environ").read_bytes(),
        "trace the daemon": attach,
        "kill the daemon": lambda: os.kill(daemon, signal.SIGKILL),
        "connect to another port": tell_somebody,
        "send a datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", here),
        "open a port": lambda: socket.create_server(("127.0.0.1", 0)),
        "connect to the daemon's socket": lambda: socket.socket(socket.AF_UNIX).connect(plan["control"]),
        "send from a datagram socket it has": lambda: door.datagrams()[0].sendto(b"x", here),
        "pass descriptors on": lend,
        "run a program": run,
        "start a process": child_of_ours,
        "open a file by the door": lambda: door.path(),  # noqa: PLW0108
        "aim at a port of another": lambda: door._ask(DoorAsk(what="aim", ports=(0, 70_000)), 0),
        "take more memory": lambda: bytearray(int(plan["memory"])),
        "write where evidence is": lambda: (Path(plan["evidence"]) / "allowed").write_text("x"),
        "reach the camera": lambda: door.stream().sendall(b"x"),
    }


def work(order: Order, shell: Shell, door: Door | None) -> None:
    assert isinstance(door, AskedDoor)
    plan = json.loads(order.settings.purpose)
    could: dict[str, str] = {}
    for name, attempt in attempts(plan, door).items():
        try:
            attempt()
            could[name] = "done"
        except (OSError, MemoryError) as exc:
            could[name] = f"{type(exc).__name__}: {exc}"
    (Path(plan["evidence"]) / "could.json").write_text(json.dumps(could))
    while True:
        shell.wait(60.0)


if __name__ == "__main__":
    taken_over = types.ModuleType("agent.vision.worker")
    taken_over.work = work  # type: ignore[attr-defined]
    sys.modules["agent.vision.worker"] = taken_over
    sys.exit(child.main())
