"""A PostgreSQL server as a store: its address, and what is wrong where it cannot be used, in one sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from fleet.errors import FleetError, Wrong

FILE, PASSWORDS = "store.url", "pgpass"
SCHEMES = ("postgresql://", "postgres://")
OLDEST = 14
"""Its multiranges are what coverage is kept in."""
CREATE = "createdb -O polefleet -E UTF8 -T template0 --locale=C polefleet"
"""Whatever encoding the server's other databases have."""
_NAMED_BY = ("host", "hostaddr", "service")
"""What says where the server is, in the address or else in the environment; a service's file may name any host."""
_LOOPBACK = {"", "localhost", "127.0.0.1", "::1"}
_SILENT = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
"""When a server that says nothing any more counts as gone: libpq waits a quarter of an hour by itself."""
_ADVICE = (
    ("password authentication failed", "put the right password into {passwords}"),
    (
        "no password supplied",
        "put host:port:database:user:password into {passwords}, readable by its owner alone",
    ),
    ("does not exist", f"make it first: createuser polefleet, {CREATE}"),
    ("pg_hba.conf", "allow this user and this machine in the server's pg_hba.conf"),
    ("Peer authentication failed", "run polefleet as the system user of that name, or name another one in the address"),
    ("certificate", "give sslrootcert=FILE in the address, the CA that has signed the server's certificate"),
    ("SSL", "switch TLS on at the server, or say sslmode=disable in the address where the network is yours alone"),
    ("too many", "raise max_connections at the server"),
    ("starting up", "wait until it is up"),
    ("could not translate host name", "check the name of the host"),
)
"""What libpq or the server says -> what to do."""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """One database of a PostgreSQL server. The address has no password: ``passwords`` is libpq's file of them."""

    url: str
    passwords: Path | None = None

    def __str__(self) -> str:
        return self.url


Where = Path | Server
"""A SQLite file, or a database of PostgreSQL."""


def server(url: str, folder: Path) -> Server:
    """The server at ``url``; raises ``Wrong``."""
    psycopg = driver()
    if not url.startswith(SCHEMES):
        raise Wrong("--store needs an address such as postgresql://polefleet@db.city.example/polefleet")
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its text may have a password in it
        raise Wrong("the address of the store cannot be read: postgresql://USER@HOST:PORT/DATABASE") from None
    if "password" in parts:
        raise Wrong(
            "the address of the store has a password, which every user of this machine could read: put it into "
            f"{folder / PASSWORDS} as host:port:database:user:password, readable by its owner alone"
        )
    return Server(url=url, passwords=_passwords(folder))


def parameters(where: Server) -> dict[str, Any]:
    """What to connect with. A server that is not on this machine proves itself unless the address says otherwise."""
    known = driver().conninfo.conninfo_to_dict(where.url)
    host, address, service = (known.get(name) or os.environ.get(f"PG{name.upper()}", "") for name in _NAMED_BY)
    parts = f"{host},{address}".split(",")
    if service or not all(part in _LOOPBACK or part.startswith("/") for part in parts):
        known = {"sslmode": "verify-full", "sslrootcert": "system"} | known
        if known["sslmode"] != "verify-full" and known.get("sslrootcert") == "system":
            del known["sslrootcert"]  # libpq takes the system's CAs with verify-full only
    extra: dict[str, Any] = {"connect_timeout": 10, "application_name": "polefleet"} | _SILENT
    if f"{host or address}".count(","):  # one of them is a standby
        extra["target_session_attrs"] = "read-write"
    if where.passwords is not None:
        extra["passfile"] = str(where.passwords)
    found: dict[str, Any] = extra | known
    return found


def driver() -> Any:
    """psycopg; raises ``FleetError`` where it is not installed."""
    try:
        import psycopg  # noqa: PLC0415  # a platform on SQLite does not need it
        import psycopg.conninfo  # noqa: PLC0415
    except ImportError as reason:
        raise FleetError(f"a store in PostgreSQL needs psycopg ({reason}): pip install 'poleagent[postgres]'") from None
    return psycopg


def refusal(where: Server, reason: Exception) -> FleetError:
    """Why no connection was made, with what to do."""
    said = one_line(reason)
    advice = next((text for part, text in _ADVICE if part in said), "check that it runs and that the address is right")
    passwords = where.passwords or Path("~/.pgpass")
    return FleetError(f"the store {where} cannot be used: {said}; {advice.format(passwords=passwords)}")


def one_line(reason: Exception) -> str:
    """The first line that says something; a server's message has no statement and no values of it."""
    diagnosis = getattr(reason, "diag", None)
    text = (getattr(diagnosis, "message_primary", None) or str(reason)).strip().splitlines() or [""]
    return text[0].strip()


def _passwords(folder: Path) -> Path | None:
    """The password file of the environment, of the unit's credentials, or of the folder; None: libpq's own."""
    if "PGPASSFILE" in os.environ:
        return Path(os.environ["PGPASSFILE"])
    for place in (os.environ.get("CREDENTIALS_DIRECTORY"), folder):
        if place and (file := Path(place) / PASSWORDS).is_file():
            return file
    return None


def locate(folder: Path) -> Where | None:
    """The server that ``folder`` belongs to; None where its store is SQLite."""
    try:
        url = (folder / FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as reason:
        raise FleetError(f"{folder / FILE} cannot be read: {reason.strerror}") from reason
    return server(url, folder)
