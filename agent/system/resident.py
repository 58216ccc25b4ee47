"""How much memory this process holds. The file is opened once: a confined process opens none of ``/proc``."""

from __future__ import annotations

import functools
import os

_PAGE = os.sysconf("SC_PAGE_SIZE")


@functools.cache
def _statm() -> int:
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)


def resident_bytes() -> int:
    """Resident memory."""
    return int(os.pread(_statm(), 256, 0).split()[1]) * _PAGE


def data_bytes() -> int:
    """Address space that is private and can be written, used or not: what RLIMIT_DATA bounds, and the stack."""
    return int(os.pread(_statm(), 256, 0).split()[5]) * _PAGE
