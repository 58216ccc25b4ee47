"""What is left out of the cameras' package, and that what is left works: the vision tests run on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import av
import msgspec
import pytest

from release.slim import AV, CV2, bare, needed, orphans, segments, share

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(av.__file__).resolve().parent.parent
LIBRARIES = ("ai_edge_litert", "av", AV, "cryptography", "cv2", "ml_dtypes", "numpy", "numpy.libs", CV2)
DECODING = (
    "test_files.py",
    "test_streams.py",
    "test_stream_jpeg.py",
    "test_model.py",
    "test_motion.py",
    "test_worker.py",
)
MODULE = next(Path(msgspec.__file__).parent.glob("_core*.so"))


def test_a_library_without_its_symbols_is_smaller_and_loads(tmp_path: Path) -> None:
    whole = MODULE.read_bytes()
    small = bare(whole)
    assert len(small) <= len(whole)
    assert bare(small) == small
    assert segments(small) == segments(whole)
    shutil.copytree(MODULE.parent, tmp_path / "msgspec")
    (tmp_path / "msgspec" / MODULE.name).write_bytes(small)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import msgspec; print(msgspec._core.__file__)"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert str(tmp_path) in done.stdout


def test_what_a_library_asks_for_is_read_from_its_dynamic_section() -> None:
    assert "libc.so.6" in needed(MODULE.read_bytes())
    assert needed(b"no library") == set()


@pytest.mark.parametrize(
    ("theirs", "shared"),
    [("62.28.102", True), ("62.29.0", True), ("62.28.100", False), ("62.27.999", False), ("63.0.0", False)],
)
def test_the_other_ffmpeg_is_taken_where_it_is_the_same_or_later_within_its_major_number(
    tmp_path: Path, theirs: str, shared: bool
) -> None:
    for name in (CV2, AV):
        (tmp_path / name).mkdir()
    (tmp_path / CV2 / "libavcodec-aa.so.62.28.101").touch()
    (tmp_path / CV2 / "libavif-aa.so.62.28.101").touch()
    (tmp_path / AV / f"libavcodec-bb.so.{theirs}").touch()
    (tmp_path / AV / "libdav1d-bb.so.7").touch()
    share(tmp_path)
    assert (tmp_path / CV2 / "libavcodec-aa.so.62.28.101").is_symlink() is shared
    assert (tmp_path / CV2 / "libdav1d-bb.so.7").exists() is shared
    assert not (tmp_path / CV2 / "libavif-aa.so.62.28.101").is_symlink(), "is no part of FFmpeg"


def test_a_library_that_nobody_asks_for_is_an_orphan(tmp_path: Path) -> None:
    (tmp_path / CV2).mkdir()
    (tmp_path / CV2 / "libspare-aa.so.1").touch()
    shutil.copy(MODULE, tmp_path / "module.so")
    shutil.copy(MODULE, tmp_path / CV2 / "libc.so.6")
    assert orphans(tmp_path) == [tmp_path / CV2 / "libspare-aa.so.1"]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_codec_is_decoded_and_models_run_on_what_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    for name in LIBRARIES:
        shutil.copytree(HERE / name, folder / name, symlinks=True)
    size = sum(file.stat().st_size for file in folder.rglob("*.so*") if not file.is_symlink())
    subprocess.run([sys.executable, "-m", "release.slim", str(folder)], cwd=ROOT, check=True, timeout=600)
    left = sum(file.stat().st_size for file in folder.rglob("*.so*") if not file.is_symlink())
    print(f"libraries of {size >> 20} MiB are {left >> 20} MiB")
    assert left < 0.85 * size
    # Every symbol is looked up at once, so one that is missing ends the process.
    environment = os.environ | {"PYTHONPATH": str(folder), "LD_BIND_NOW": "1"}
    code = f"import cv2, av, numpy; assert all({str(folder)!r} in one.__file__ for one in (cv2, av, numpy))"
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True, timeout=600)
    tests = [f"tests/vision/{name}" for name in DECODING]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not long", *tests]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stdout[-5000:]
