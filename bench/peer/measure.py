"""What a process and all its children have used: /proc, read from outside."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the process and its children: CPU and bytes since start, memory at this moment."""

    cpu_s: float = 0.0
    rss_kb: int = 0
    pss_kb: int = 0
    written: int = 0


def used(root: int) -> Used:
    """Children that have ended are counted by the one who waited for them (``cutime``)."""
    cpu = written = rss = pss = 0
    for pid in _tree(root):
        try:
            stat = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            io = dict(line.split(": ") for line in (_PROC / str(pid) / "io").read_text().splitlines())
            memory = (_PROC / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue  # it has just ended
        cpu += sum(map(int, stat[11:15]))  # utime stime cutime cstime, fields 14 to 17 of proc(5)
        written += int(io["write_bytes"])
        fields = {line.split(":")[0]: line.split()[1] for line in memory.splitlines()[1:]}
        rss += int(fields["Rss"])
        pss += int(fields["Pss"])
    return Used(cpu_s=cpu / _TICK, rss_kb=rss, pss_kb=pss, written=written)


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for children in _PROC.glob(f"{pid}/task/*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found
