"""An SD card whose power can be cut: ext4 on a loop image, shut down in mid-write without writing anything back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH: what the journal has not written is gone too

needs_root = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a loop image needs root"),
]


def unmount(folder: Path) -> None:
    """For good: an image that is still in use somewhere must not be mounted a second time."""
    for _ in range(100):
        if subprocess.run(["umount", folder], check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.1)  # noqa: TID251 - the kernel tells nobody when the last file of a dead process is closed
    raise AssertionError(f"{folder} stays in use")


def own(image: Path) -> None:
    """Mounted nowhere: a container that was started meanwhile keeps what was mounted then, with its power cut; a copy
    takes the place of an image that is still held so.
    """
    held = subprocess.run(["losetup", "-j", image], check=True, capture_output=True).stdout
    if held:
        copy = image.with_suffix(".copy")
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
        copy.rename(image)


class Card:
    """Mounted at ``folder``. After ``cut`` every write fails until ``replug``, which replays the journal."""

    def __init__(self, image: Path, folder: Path) -> None:
        self._image = image
        self.folder = folder

    def mount(self) -> None:
        own(self._image)
        subprocess.run(["mount", "-o", "loop", self._image, self.folder], check=True)

    def cut(self) -> None:
        """The power goes: nothing of what is in memory reaches the card any more."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def replug(self) -> None:
        """The power is back; nobody may have files open on it."""
        unmount(self.folder)
        self.mount()


@contextlib.contextmanager
def card(folder: Path, megabytes: int = 48) -> Iterator[Card]:
    """A fresh card, mounted at ``folder / "card"``; gone at the end of the block."""
    image, mounted = folder / "card.img", folder / "card"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(megabytes * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    made = Card(image, mounted)
    made.mount()
    try:
        yield made
    finally:
        unmount(mounted)
        image.unlink()
