"""The settings files that the setup writes: staged and checked as a whole, then put in place, or not touched at all.

``poleagent.toml`` says who the pole is; the link, each line with its devices, and the cameras have files of their own
in ``conf.d``, so that a second run replaces one of them and no text that a person wrote.
"""

from __future__ import annotations

import grp
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from agent.api import Driver
from agent.config.document import Document, read
from agent.config.files import off_the_pole
from agent.config.load import examine
from agent.config.rows import toml
from agent.config.sample import sample
from agent.setup import sentences as say
from agent.setup.claim import writing
from agent.system.slots import sync

SECRETS = "poleagent-secrets"
"""The group that may read settings: the agent's own."""
_WRITTEN_AT = re.compile(r"written by 'poleagent setup' at [-0-9: ]+UTC")


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the settings already; ``untouched``: nothing, or the sample as it came with the package."""

    untouched: bool
    table: dict[str, Any]
    uplink_in: str = ""
    """File and line of ``[uplink]``."""

    def names(self, kind: str) -> tuple[str, ...]:
        return tuple(self._many(kind))

    def values(self, kind: str, option: str) -> tuple[str, ...]:
        """``option`` of each table of ``kind``, where it is a text."""
        found = (table.get(option) for table in self._many(kind).values() if isinstance(table, dict))
        return tuple(value for value in found if isinstance(value, str))

    def section(self, name: str) -> dict[str, Any]:
        value = self.table.get(name)
        return value if isinstance(value, dict) else {}

    def _many(self, kind: str) -> dict[str, Any]:
        return self.section(kind)


class SettingsFiles:
    """The file ``main`` and ``conf.d`` next to it."""

    def __init__(self, main: Path) -> None:
        self.main = main
        self.more = main.parent / "conf.d"

    def present(self) -> Present:
        """Raises ``SetupError`` where what is there cannot be read."""
        if not self.main.exists():
            others = sorted(self.more.glob("*.toml")) if self.more.is_dir() else []
            if not others:
                return Present(untouched=True, table={})
        document, problems = read(self.main)
        if problems and self.main.exists():
            raise say.SetupError(say.BROKEN_SETTINGS, problem=problems[0])
        untouched = document.table.get("pole") in (None, {"id": "pole-0001"})
        return Present(untouched=untouched, table=document.table, uplink_in=_place(document))

    def text(self, path: Path) -> str:
        """What a file says; empty where there is none."""
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def differs(self, path: Path, text: str) -> bool:
        """Whether a file is there and says something else; when it was written does not count."""
        old = self.text(path)
        return bool(old) and _WRITTEN_AT.sub("", old) != _WRITTEN_AT.sub("", text)

    def check(self, changes: Mapping[Path, str], drivers: Mapping[str, Driver]) -> None:
        """Raises ``SetupError`` where the settings with ``changes`` would not hold; nothing is changed."""
        with writing(self.main), tempfile.TemporaryDirectory(prefix="poleagent-setup-") as name:
            folder = Path(name)
            if self.main.exists():
                shutil.copyfile(self.main, folder / self.main.name)
            (folder / "conf.d").mkdir()
            for each in sorted(self.more.glob("*.toml")) if self.more.is_dir() else []:
                shutil.copyfile(each, folder / "conf.d" / each.name)
            for path, text in changes.items():
                (folder / path.relative_to(self.main.parent)).write_text(text, encoding="utf-8")
            with off_the_pole():
                _, problems = examine(folder / self.main.name, drivers)
        wrong = [
            str(problem).replace(f"{name}/", f"{self.main.parent}/") for problem in problems if not problem.warning
        ]
        if wrong:
            raise say.SetupError(say.WOULD_NOT_HOLD, problem=wrong[0])

    def commit(self, changes: Mapping[Path, str]) -> None:
        """All of ``changes``, or none: what can fail comes before the first file changes its name.

        The main file comes last: until it is there, a setup that the power cut off begins anew.
        """
        staged: dict[Path, Path] = {}
        with writing(self.main):
            try:
                if any(path.parent == self.more for path in changes):
                    self.more.mkdir(mode=0o750, exist_ok=True)
                    _for_the_agent(self.more)
                for path, text in changes.items():
                    staged[path] = fresh = path.with_name(f".{path.name}.setup")
                    _write(fresh, text)
                for path in changes:
                    if path.exists():
                        shutil.copy2(path, path.with_name(f"{path.name}.before"))
                with uninterrupted():
                    for path in sorted(staged, key=lambda path: path == self.main):
                        staged[path].replace(path)
                        sync(path.parent)
                    sync(self.main.parent)
            finally:
                for fresh in staged.values():
                    fresh.unlink(missing_ok=True)


def pole_file(values: Mapping[str, object], drivers: Mapping[str, Driver]) -> str:
    """The commented sample with ``[pole]`` filled in; where there is a group ``poleagent``, its members may look."""
    text = sample(drivers)
    for name, value in values.items():
        if value not in (None, ""):
            text = re.sub(rf"(?m)^#?{name} = .*$", lambda _, n=name, v=value: f"{n} = {toml(v)}", text, count=1)  # type: ignore[misc]
    with suppress(KeyError):
        grp.getgrnam("poleagent")
        text = text.replace("#[local]\n", "[local]\n").replace('#group = "poleagent"', 'group = "poleagent"')
    return text


def _place(document: Document) -> str:
    if "uplink" not in document.table:
        return ""
    file, line = document.place(("uplink",))
    return f"{file}, line {line}" if line else file


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _for_the_agent(path)


def _for_the_agent(path: Path) -> None:
    """What its group may read, the agent may."""
    with suppress(KeyError, PermissionError):
        os.chown(path, -1, grp.getgrnam(SECRETS).gr_gid)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A Ctrl-C waits until the block is over."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
