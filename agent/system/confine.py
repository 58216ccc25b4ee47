"""A child gives up what a broken library could misuse: Landlock, seccomp and rlimits, before it loads one.

It loses: all files but those that it names, among them keys, the database and serial ports; making connections of its
own; starting programs; looking into other processes. Where a kernel lacks one of the two the other one holds (Landlock:
Linux 5.13; seccomp filters: 3.5).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sysconfig
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import agent
import contract

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
# linux/landlock.h
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_FILES_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights over files that each version can take away; from 4 on TCP as well, from 6 on signals and abstract sockets."""
_READ = 1 << 2 | 1 << 3
_WRITE = _READ | 1 << 1 | 1 << 5 | 1 << 8 | 1 << 14  # and remove, make files, shorten
_SYSTEM = (
    "/usr/lib",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system",
    "/dev/null",
    "/dev/urandom",
)
_PACKAGES = ("numpy", "cv2", "av", "ai_edge_litert", "tflite_runtime", "cryptography", "msgspec")
_DENIED = {
    # making sockets, and all that leads out by one
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # programs, and other processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "kcmp": (312, 272),
    # the kernel's larger surfaces
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "clock_settime": (227, 112),
    "settimeofday": (164, 170),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "personality": (135, 92),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "mknodat": (259, 33),
    "mknod": (133, None),
}
"""Numbers of a call on x86-64 and arm64 (asm/unistd.h)."""
_CLONE, _CLONE3, _TGKILL, _SENDTO, _CLONE_THREAD = (56, 220), (435, 435), (234, 131), (44, 206), 0x00010000
_ARCHES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def confine(readable: Iterable[str], writable: Iterable[str] = ()) -> tuple[str, ...]:
    """Give up the rights, of this thread and all that it starts; what this kernel cannot take away is returned.

    ``readable``, ``writable``: files and folders that stay, next to those of ``libraries``.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return ("no_new_privs", "landlock", "seccomp")
    missing = []
    if not _landlock(libc, [*libraries(), *readable], writable):
        missing.append("landlock")
    if not _seccomp(libc):
        missing.append("seccomp")
    return tuple(missing)


def libraries() -> list[str]:
    """What Python, our own code and the libraries that it may load are read from."""
    python = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    own = [str(Path(module.__file__).parent) for module in (agent, contract) if module.__file__]
    found = (spec for name in _PACKAGES if (spec := find_spec(name)) and spec.origin)
    packages = [str(Path(spec.origin).parents[1]) for spec in found if spec.origin]  # their libraries lie next to them
    return [*_SYSTEM, *python, *own, *packages]


def _landlock(libc: ctypes.CDLL, readable: Iterable[str], writable: Iterable[str]) -> bool:
    version = libc.syscall(_CREATE, None, 0, 1)
    if version < 1:
        return False
    files = _FILES_BY_ABI.get(version, _FILES_BY_ABI[5])
    rules = struct.pack("=QQQ", files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE, ctypes.c_char_p(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for path, rights in [*((each, _READ) for each in readable), *((each, _WRITE) for each in writable)]:
            _allow(libc, ruleset, path, rights & files)
        return bool(libc.syscall(_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    """A path that is not there needs no right."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        mask = rights if os.path.isdir(path) else rights & (1 << 1 | 1 << 2 | 1 << 14)  # noqa: PTH112  # of a file: write, read, shorten
        libc.syscall(_ADD, ruleset, 1, ctypes.c_char_p(struct.pack("=Qi", mask, handle)), 0)
    finally:
        os.close(handle)


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("rules", ctypes.c_char_p))


def _seccomp(libc: ctypes.CDLL) -> bool:
    arch = _ARCHES.get(platform.machine())
    if arch is None:
        return False
    program = _program(*arch)
    held = _Filter(len(program) // 8, program)
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(held), 0, 0) == 0)


def _program(column: int, arch: int) -> bytes:
    """Classic BPF over struct seccomp_data: number at 0, architecture at 4, arguments from 16 on."""
    refuse = _give(_ERRNO | errno.EPERM)
    rules = [_load(4), (0x15, 1, 0, arch), _give(_KILL), _load(0)]
    if column == 0:
        rules += [(0x35, 0, 1, 0x40000000), refuse]  # the x32 calls
    for numbers in _DENIED.values():
        number = numbers[column]
        if number is not None:
            rules += [(0x15, 0, 1, number), refuse]
    rules += [(0x15, 0, 1, _CLONE3[column]), _give(_ERRNO | errno.ENOSYS)]  # so that clone is used, whose flags show
    rules += [(0x15, 0, 4, _CLONE[column]), _load(16), (0x45, 1, 0, _CLONE_THREAD), refuse, _give(_ALLOW)]
    rules += [(0x15, 0, 4, _TGKILL[column]), _load(16), (0x15, 1, 0, os.getpid()), refuse, _give(_ALLOW)]
    rules += [
        (0x15, 0, 6, _SENDTO[column]),
        _load(48),
        (0x15, 0, 3, 0),
        _load(52),
        (0x15, 0, 1, 0),
        _give(_ALLOW),
        refuse,
    ]
    rules.append(_give(_ALLOW))
    return b"".join(struct.pack("=HBBI", *rule) for rule in rules)


def _load(offset: int) -> tuple[int, int, int, int]:
    return (0x20, 0, 0, offset)


def _give(value: int) -> tuple[int, int, int, int]:
    return (0x06, 0, 0, value)
