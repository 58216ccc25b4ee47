"""The pole's identity on disk: its key, its certificate and the CA, as generations of which one is in use.

``STATE/identity/3`` is a generation, ``current`` a symbolic link to the one in use; the settings name files under
``current``, so that a renewed certificate needs no change of them. ``next`` is a generation that is being made. A
generation that was put into use on trial is named by ``trial.json`` together with the one to go back to.

Every change is on disk before the next one begins. The daemon, ``poleagent setup`` and the renewal share this module.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent.system.slots import sync

KEY, CERT, CA, CSR = "pole.key", "pole.pem", "ca.pem", "pole.csr"
ANSWER, SERVER, CLAIM = "answer.json", "server", "claim"
"""Files of a generation: those of ``[uplink.tls]``, the request; the platform's answer, its address, the digest of the
claim."""
CURRENT = "current"
PRIVATE = 0o600


class IdentityTrial(msgspec.Struct, frozen=True, kw_only=True):
    """Generation ``new`` is to show that the platform takes it; ``old`` is the way back."""

    old: int
    new: int


class Identity:
    """Under the folder ``home``, which need not be there yet.

    All methods that write raise ``OSError`` where the disk refuses; what was in use before is in use then.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.next = home / "next"

    @classmethod
    def of_file(cls, cert_file: str) -> Identity | None:
        """The identity that a ``cert_file`` of the settings belongs to; None: the file is nobody's but the user's."""
        folder = Path(cert_file).parent
        return cls(folder.parent) if folder.name == CURRENT else None

    def file(self, name: str) -> Path:
        """The file ``name`` of the generation in use, under the name that settings have."""
        return self.home / CURRENT / name

    def current(self) -> int | None:
        """The number of the generation in use; None: there is none."""
        try:
            return int(os.readlink(self.home / CURRENT))  # noqa: PTH115 - the text itself, not a path
        except (OSError, ValueError):
            return None

    def place(self, number: int) -> Path:
        return self.home / str(number)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, of ``next`` and of what is in use; ``BlockingIOError``: there is another."""
        self._folder(self.home)
        handle = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)

    def begin(self) -> None:
        """An empty ``next``."""
        self._folder(self.home)
        shutil.rmtree(self.next, ignore_errors=True)
        self._folder(self.next)
        sync(self.home)

    def put(self, name: str, data: bytes) -> Path:
        """The file ``name`` in ``next``, whole or not at all, for its owner's eyes only."""
        path = self.next / name
        self._write(path, data)
        return path

    def adopt(self) -> int:
        """``next`` as a generation of its own, not yet in use; its number."""
        number = 1 + max((int(each.name) for each in self.home.iterdir() if each.name.isdecimal()), default=0)
        self.next.rename(self.place(number))
        sync(self.home)
        return number

    def pending(self) -> tuple[Path, ...]:
        """``next``, and what was adopted after the generation in use: a power cut has kept it from being used."""
        used = self.current() or 0
        numbers = sorted(int(each.name) for each in self.home.iterdir() if each.name.isdecimal())
        return (self.next, *(self.place(number) for number in numbers if number > used))

    def use(self, number: int) -> None:
        """``number`` is in use from now on. ``FileNotFoundError``: there is no such generation."""
        self.place(number).stat()
        fresh = self.home / ".current"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(str(number))
        fresh.replace(self.home / CURRENT)
        sync(self.home)

    def tidy(self, keep: set[int]) -> None:
        """Removes all generations but those."""
        for folder in self.home.iterdir():
            if folder.name.isdecimal() and int(folder.name) not in keep:
                shutil.rmtree(folder, ignore_errors=True)

    def trial(self) -> IdentityTrial | None:
        """What is on trial; None: nothing, or its generations are not there, or another one is in use."""
        try:
            trial = msgspec.json.decode(self._page.read_bytes(), type=IdentityTrial)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return None
        both = (trial.old, trial.new)
        return trial if self.current() in both and all(self.place(each).is_dir() for each in both) else None

    def try_out(self, trial: IdentityTrial) -> None:
        """On disk before the new generation is used."""
        self._write(self._page, msgspec.json.encode(trial))

    def end_trial(self, keep: int) -> None:
        """``keep`` is in use, and the other generations are no more."""
        self.use(keep)
        self._page.unlink(missing_ok=True)
        sync(self.home)
        self.tidy({keep})

    @property
    def _page(self) -> Path:
        return self.home / "trial.json"

    def _write(self, path: Path, data: bytes) -> None:
        fresh = path.with_name(f".{path.name}")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync(path.parent)

    def _folder(self, path: Path) -> None:
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True)
