"""Makes the cameras' package small: what no pole runs is left out, and what two wheels both bring is kept once.

`python -m release.slim FOLDER`: FOLDER is a site-packages with OpenCV, PyAV, numpy and LiteRT, which is changed. The
wheels may be those of another 64-bit architecture. It uses the standard library alone.
"""

from __future__ import annotations

import re
import shutil
import struct
import sys
from pathlib import Path
from typing import NamedTuple

LEFT_OUT = (
    "**/tests",
    "**/include",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "cv2/data",  # models of faces
    "numpy/f2py",
    "numpy/_core/*_tests.*.so",
    "numpy/_core/_simd.*.so",  # what tests of numpy call
    "numpy/_core/lib",
    # The interpreter is all that is used: not the compiler, nor its accelerators, nor tools that make models.
    "ai_edge_litert/aot",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",
    "ai_edge_litert/libLiteRt*.so",
)
"""Patterns below a site-packages."""
FFMPEG = ("avcodec", "avformat", "avutil", "swresample", "swscale")
CV2, AV = "opencv_python_headless.libs", "av.libs"
_NAMED = re.compile(rf"lib({'|'.join(FFMPEG)})-[0-9a-f]+\.so\.(\d+)\.(\d+)\.(\d+)")
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRTAB = 1, 5


class ElfSegment(NamedTuple):
    """A row of a program header: where it lies in the file and in memory."""

    kind: int
    offset: int
    address: int
    size: int


def segments(data: bytes) -> list[ElfSegment]:
    """The program header of a 64-bit little-endian ELF file; empty where it is none.

    e_phoff at 32, e_phentsize at 54, e_phnum at 56; in a row p_type at 0, p_offset at 8, p_vaddr at 16, p_filesz at 32.
    """
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    (first,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    found = []
    for at in range(first, first + size * count, size):
        (kind,) = struct.unpack_from("<I", data, at)
        offset, address, _, length = struct.unpack_from("<QQQQ", data, at + 8)
        found.append(ElfSegment(kind=kind, offset=offset, address=address, size=length))
    return found


def bare(data: bytes) -> bytes:
    """A shared library without what is not loaded: symbols for debuggers, and the table of sections.

    e_shoff at 40, e_shentsize, e_shnum and e_shstrndx from 58 on.
    """
    (first,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    kept = [(0, 64), (first, first + size * count)]
    kept += [(each.offset, each.offset + each.size) for each in segments(data)]
    out = bytearray(max(end for _, end in kept))
    for begin, end in kept:
        out[begin:end] = data[begin:end]
    struct.pack_into("<Q", out, 40, 0)
    struct.pack_into("<HHH", out, 58, 0, 0, 0)
    return bytes(out)


def needed(data: bytes) -> set[str]:
    """The names of the libraries that one asks for."""
    parts = segments(data)
    rows: list[tuple[int, int]] = []
    for part in parts:
        if part.kind == _DYNAMIC:
            rows += struct.iter_unpack("<qQ", data[part.offset : part.offset + part.size // 16 * 16])
    texts = next((value for tag, value in rows if tag == _STRTAB), 0)
    place = next(
        (p.offset - p.address for p in parts if p.kind == _LOAD and p.address <= texts < p.address + p.size), 0
    )
    starts = [texts + place + value for tag, value in rows if tag == _NEEDED]
    return {data[start : data.index(b"\0", start)].decode() for start in starts}


def share(folder: Path) -> None:
    """OpenCV gets PyAV's FFmpeg, which has the same major numbers and is not older; else both stay.

    OpenCV finds its libraries, and theirs, in its own folder alone, so it has a link to each of PyAV's there.
    """
    ours, theirs = folder / CV2, folder / AV
    if not ours.is_dir() or not theirs.is_dir():
        return
    there = {found[1]: (file, found) for file in theirs.iterdir() if (found := _NAMED.fullmatch(file.name))}
    own = {file: found for file in ours.iterdir() if (found := _NAMED.fullmatch(file.name))}
    if not own or not all(_fits(found, there[found[1]][1]) for found in own.values() if found[1] in there):
        return
    for file, found in own.items():
        file.unlink()
        file.symlink_to(f"../{AV}/{there[found[1]][0].name}")
    for file in theirs.iterdir():
        (ours / file.name).unlink(missing_ok=True)
        (ours / file.name).symlink_to(f"../{AV}/{file.name}")


def _fits(wanted: re.Match[str], there: re.Match[str]) -> bool:
    """FFmpeg's own rule: a library with the same major number and the same or a later minor one takes its place."""
    major, *later = map(int, wanted.groups()[1:])
    other, *others = map(int, there.groups()[1:])
    return major == other and others >= later


def orphans(folder: Path) -> list[Path]:
    """The libraries that wheels brought along and nothing in ``folder`` asks for, nor what they ask for."""
    files = {file for file in folder.rglob("*.so*") if file.is_file() and not file.is_symlink()}
    asked = {file: needed(file.read_bytes()) for file in files}
    brought = {file for file in files if file.parent.name in {CV2, AV}}
    wanted = set().union(*(asked[file] for file in files - brought))
    while more := {name for file in brought if _known(file, folder) & wanted for name in asked[file]} - wanted:
        wanted |= more
    return sorted(file for file in brought if not _known(file, folder) & wanted)


def _known(file: Path, folder: Path) -> set[str]:
    """All names of a file in the folders of libraries."""
    links = (link for name in (CV2, AV) for link in (folder / name).glob("*") if link.is_symlink())
    return {file.name, *(link.name for link in links if link.resolve() == file)}


def slim(folder: Path) -> None:
    """All of it."""
    for pattern in LEFT_OUT:
        for found in sorted(folder.glob(pattern)):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)
    share(folder)
    gone = orphans(folder)
    for link in (folder / CV2).glob("*"):
        if link.is_symlink() and link.resolve() in gone:
            link.unlink()
    for file in gone:
        file.unlink()
    for file in sorted(folder.rglob("*.so*")):
        if file.is_symlink() or not segments(data := file.read_bytes()):
            continue
        mode = file.stat().st_mode
        file.unlink()  # it may be linked elsewhere
        file.write_bytes(bare(data))
        file.chmod(mode)


def main(arguments: list[str]) -> int:
    slim(Path(arguments[0]).resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
