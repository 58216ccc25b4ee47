"""The serial ports of the settings: there, serial ports, and open to the agent's user. None is opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from agent.acquire.tty import is_recording, ports_there
from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.system.aside import aside

SHOWN = 4


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if pole.settings is None:
        return say.SETTINGS_UNUSABLE()
    ports = {name: Path(line.port) for name, line in pole.settings.lines.items() if line.port}

    def each() -> None:
        for name, path in ports.items():
            _look(pole, path, f"line {name}", tell)

    await aside(each, "ports")
    return ""


def _look(pole: PoleAtHand, path: Path, about: str, tell: Tell) -> None:
    if is_recording(str(path)):
        return
    try:
        mode = path.stat().st_mode
    except PermissionError as reason:
        tell("serial.permission", f"{path}: {reason.strerror}", about)
        return
    except OSError:
        if path.is_symlink():
            tell("serial.unplugged", say.POINTS_NOWHERE(port=path, target=os.readlink(path)), about)  # noqa: PTH115
            return
        there = ports_there()
        what = ", ".join(there[:SHOWN]) + (" ..." if len(there) > SHOWN else "") or "none"
        tell("serial.missing", say.PORTS_THERE(port=path, what=what), about)
        return
    if not stat.S_ISCHR(mode) or not _is_terminal(path):
        tell("serial.not_a_port", say.NO_PORT(port=path), about)
    elif not pole.user.may(path, os.R_OK | os.W_OK):
        found = path.stat()
        group_may = found.st_mode & 0o060 == 0o060
        reading = say.PORT_MODE(port=path, mode=stat.filemode(found.st_mode), group=found.st_gid, name=pole.user.name)
        tell("serial.group" if group_may else "serial.permission", reading, about)


def _is_terminal(path: Path) -> bool:
    """By the kernel's list of drivers (proc(5), /proc/tty/drivers): a device's major number is one of a terminal."""
    major = os.major(path.stat().st_rdev)
    try:
        rows = Path("/proc/tty/drivers").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    return any(row.split()[2] == str(major) for row in rows if len(row.split()) >= 4)
