"""``--bundle``: what an expert elsewhere needs, in one zip file, without secrets and without any frame."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import sqlite3
import subprocess
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from agent.config.bounds import parsed
from agent.config.document import LARGEST
from agent.config.settings import LocalSettings, StoreSettings
from agent.control.client import Client
from agent.doctor.box import UNIT
from agent.doctor.mask import MASK, Mask, secrets_of
from agent.doctor.pole import table_of, within
from agent.doctor.sentences import NO_BUNDLE
from agent.errors import AgentError
from agent.system.aside import aside
from agent.system.regular import open_regular
from contract.diagnosis import Diagnosis
from contract.requests import MOST_EVENTS, EventsArgs, EventsResult

READ_S = 30.0
"""How long all that goes into it may take to be read; journal and daemon have limits of their own."""
LOG_LINES = 400
_LOG_S = 5.0
_LOG_BYTES = 256 * 1024
_HEADS = """SELECT epoch, key & 281474976710655 AS seq, key >> 48 AS lane, kind, source, utc_us
FROM event ORDER BY utc_us DESC LIMIT ?"""
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-\"' ]+?)\s*=")
_TABLE = re.compile(r"\s*\[+[A-Za-z0-9_.\- ]+\]+\s*(#.*)?$")


def write_bundle(file: Path, diagnosis: Diagnosis, settings: Path, socket: str | None) -> None:
    """A new zip file that only its owner may read; AgentError: it cannot be written.

    What does not answer within ``READ_S``, such as a file on a card that died, leaves nothing but the diagnosis.
    """
    parts = {"diagnosis.json": _json(Mask(()), msgspec.to_builtins(diagnosis))}
    parts |= asyncio.run(within(aside(lambda: _parts(diagnosis, settings, socket), "bundle"), READ_S, {}))
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in parts.items():
                packed.writestr(name, text)
    except OSError as reason:
        raise AgentError(NO_BUNDLE(file=file, why=(reason.strerror or str(reason)).lower())) from reason


def _parts(diagnosis: Diagnosis, settings: Path, socket: str | None) -> dict[str, str]:
    """Its files by name."""
    table = table_of(settings)
    mask = Mask(secrets_of(table))
    parts = {"diagnosis.json": _json(mask, msgspec.to_builtins(diagnosis))}
    for each in _files(settings):
        parts[f"settings/{each.name}.json"] = _settings(mask, each)
    where = socket or table.get("local", {}).get("socket") or LocalSettings().socket
    parts |= _asked(mask, str(where))
    if "events.json" not in parts:
        parts["events.json"] = _json(mask, _heads(Path(table.get("store", {}).get("path") or StoreSettings().path)))
    parts["log.txt"] = mask.text(_log())
    parts["box.txt"] = mask.text(_box())
    return parts


def _json(mask: Mask, value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(mask.tree(value))).decode()


def _files(settings: Path) -> list[Path]:
    with suppress(OSError):
        return [settings, *sorted((settings.parent / "conf.d").glob("*.toml"))]
    return [settings]


def _settings(mask: Mask, file: Path) -> str:
    """Without comments, which may hold anything; of a file that is no TOML the names of options only."""
    try:
        with open_regular(file) as opened:
            text = opened.read(LARGEST + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as reason:
        return f'"{type(reason).__name__}"\n'
    try:
        return _json(mask, parsed(text))
    except ValueError:
        rows = []
        for row in text.splitlines():
            key = _KEY.match(row)
            rows.append(
                row.split("#")[0] if _TABLE.match(row) else f"{key[1]} = {MASK}" if key else MASK if row else ""
            )
        return mask.text("\n".join(rows)) + "\n"


def _asked(mask: Mask, socket: str) -> dict[str, str]:
    """Status and heads of events, where a daemon answers."""
    try:
        with Client(socket) as client:
            status = msgspec.json.decode(client.ask("status"))
            events = msgspec.json.decode(client.ask("events", EventsArgs(last=MOST_EVENTS)), type=EventsResult).events
    except (AgentError, msgspec.DecodeError):
        return {}
    heads = [
        {"cursor": one.cursor, "at": one.at.utc, "lane": one.lane, "kind": one.kind, "source": one.source}
        for one in events
    ]
    return {"status.json": _json(mask, status), "events.json": _json(mask, msgspec.to_builtins(heads))}


def _heads(database: Path) -> list[dict[str, Any]]:
    """Those of the newest events in the file, which is not changed."""
    if not database.is_file():
        return []
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            cursor = connection.execute(_HEADS, (MOST_EVENTS,))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]
        finally:
            connection.close()
    except (sqlite3.Error, ValueError):
        return []


def _log() -> str:
    try:
        said = subprocess.run(
            ["journalctl", f"--unit={UNIT}", f"--lines={LOG_LINES}", "--no-pager", "--output=short-iso"],
            capture_output=True,
            timeout=_LOG_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as reason:
        return f"journalctl: {type(reason).__name__}\n"
    return said[-_LOG_BYTES:].decode("utf-8", "replace")


def _box() -> str:
    """The machine, and its file systems without their devices' serial numbers."""
    rows = [" ".join(platform.uname()), f"Python {platform.python_version()}"]
    for name in ("/proc/meminfo", "/proc/loadavg", "/proc/uptime"):
        with suppress(OSError):
            rows += [name, *Path(name).read_text(encoding="utf-8").splitlines()[:5]]
    with suppress(OSError):
        rows += [
            "/proc/mounts",
            *(" ".join(row.split()[1:4]) for row in Path("/proc/mounts").read_text().splitlines()[:60]),
        ]
    return "\n".join(rows) + "\n"
