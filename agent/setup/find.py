"""What hangs on the box: devices on its serial lines, all lines at once, and its cameras."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.acquire.fragment import name_of
from agent.acquire.listen import LineFinding
from agent.acquire.scan import Result, Scan
from agent.acquire.tty import ports_there
from agent.api import Driver
from agent.config.settings import LineSettings
from agent.errors import Retry
from agent.system.clock import Clock
from agent.vision.usb import cameras_there

TTYS = Path("/sys/class/tty")


class LineFind(msgspec.Struct, frozen=True, kw_only=True):
    """A port with what answered, and ``why`` nothing did, or not all."""

    port: str
    result: Result | None
    why: str = ""


class Find(msgspec.Struct, frozen=True, kw_only=True):
    """One find under the name that it gets in the settings; empty: it is left out."""

    name: str
    line: str = ""
    device: LineFinding | None = None
    source: str = ""
    """Of a camera."""


def free_ports(taken: Iterable[str], asked: Iterable[str] | None, ttys: Path = TTYS) -> list[str]:
    """The ports to scan: those that were asked for, else all but the console, without those that settings have.

    A port without a chip behind it (the kernel lists some in case there is one) is none.
    """
    known = {str(Path(port).resolve()) for port in taken}
    if asked is None:
        with suppress(OSError):
            known |= {f"/dev/{name}" for name in (ttys / "console" / "active").read_text(encoding="ascii").split()}
    ports = ports_there() if asked is None else asked
    return [port for port in ports if str(Path(port).resolve()) not in known and (asked or not _bare(port, ttys))]


def _bare(port: str, ttys: Path) -> bool:
    """Whether the kernel knows of no UART behind the port: PORT_UNKNOWN of linux/serial_core.h."""
    try:
        return (ttys / Path(port).resolve().name / "type").read_text(encoding="ascii").strip() == "0"
    except OSError:
        return False


def scan_ports(
    ports: Iterable[str], drivers: Mapping[str, Driver], clock: Clock, tell: Callable[[str, str, int, int], None]
) -> list[LineFind]:
    """All ports at the same time; ``tell`` is given port, what is being done, and how many steps of how many are."""

    async def one(port: str) -> LineFind:
        def said(what: str, step: int, steps: int) -> None:
            tell(port, what, step, steps)

        try:
            result = await Scan(LineSettings(port=port), drivers, clock, said, thorough=False).run()
        except Retry as reason:
            return LineFind(port=port, result=None, why=str(reason))
        found = result.line is not None and result.devices
        return LineFind(port=port, result=result if found else None, why=" ".join(result.hints))

    async def all_of_them() -> list[LineFind]:
        return list(await asyncio.gather(*map(one, ports)))

    return asyncio.run(all_of_them())


def cameras(taken: Iterable[str]) -> list[str]:
    """USB cameras that give frames and stand in no settings, by their lasting names."""
    known = {str(Path(source).resolve()) for source in taken if source.startswith("/dev/")}
    return [source for source in cameras_there() if str(Path(source).resolve()) not in known]


def proposed(lines: Iterable[tuple[str, LineFind]], sources: Iterable[str], taken: Iterable[str]) -> list[Find]:
    """A name for each find that nothing else has. ``lines``: the name of each line, and what is on it."""
    names = set(taken)
    finds = [
        Find(name=_free(_clean(name_of(device)), names), line=line, device=device)
        for line, found in lines
        for device in (found.result.devices if found.result else ())
    ]
    finds += [Find(name=_free("camera", names), source=source) for source in sources]
    return finds


def about(find: Find) -> str:
    """What a find is, in a line: a device by its driver and options, a camera by its source."""
    if find.device is None:
        return find.source
    options = " ".join(f"{key} {value}" for key, value in find.device.options.items() if value is not None)
    return f"{find.device.driver} {options} {find.device.text}".strip()


def _clean(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "-", name.lower()).strip("-_")[:50] or "device"


def _free(name: str, names: set[str]) -> str:
    number = 2
    free = name
    while free in names:
        free, number = f"{name}-{number}", number + 1
    names.add(free)
    return free


def line_names(count: int, taken: Iterable[str]) -> list[str]:
    """``count`` names of lines that are free: a, b ... z, line-27 ..."""
    names = set(taken)
    free = [name for name in "abcdefghijklmnopqrstuvwxyz" if name not in names]
    return [*free, *(f"line-{number}" for number in range(27, 27 + count) if f"line-{number}" not in names)][:count]
