"""Jobs in the store. Each function is part of one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from contract.commands import COMMAND_BYTES, Command, Face, Reply, commands_of
from fleet.errors import FleetError
from fleet.store.cells import MAIN
from fleet.store.database import Database

MOST_POLES = 200_000
"""Poles of one job."""
MOST_OPEN = 1_000
"""Commands that may wait for one pole; it is away for long, and one more is refused."""
REPLY_BYTES = 256 * 1024
"""Longest reply that is kept; of a longer one the first part is."""
FORGET = timedelta(days=30)
"""How long the platform's own questions are kept after their end; what people asked is kept for ever."""
AT_ONCE = 200
"""Commands that are sent in one go."""

_args = msgspec.json.Encoder()


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A command that may be sent now: its payload, its pole, and when it expires."""

    job: str
    pole: str
    payload: bytes


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How many poles of a job are in which state."""

    job: str
    name: str
    created: datetime
    expires: datetime
    who: str
    states: dict[str, int]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A command to poles, as it was asked for."""

    poles: Sequence[str]
    name: str
    args: object
    expires: datetime
    who: str


def submit(db: Database, wanted: Wanted, now: datetime) -> str:
    """A new job, checked by the table of commands; its id. Raises ``FleetError``; then there is none."""
    poles, name, expires = wanted.poles, wanted.name, wanted.expires
    known = commands_of(Face.MQTT)
    if name not in known:
        raise FleetError(f"no command of a pole is called {name!r}: there are {', '.join(sorted(known))}")
    try:
        checked = msgspec.convert(wanted.args or {}, known[name].args, strict=False)
    except msgspec.ValidationError as reason:
        raise FleetError(f"the arguments of {name}: {reason}") from reason
    if not poles or len(poles) > MOST_POLES:
        raise FleetError(f"a command goes to at least one pole and at most {MOST_POLES}")
    if expires <= now:
        raise FleetError(f"the command would have expired at {expires:%Y-%m-%d %H:%M:%S} UTC already")
    job, text = secrets.token_hex(8), _args.encode(checked).decode()
    if len(text) > COMMAND_BYTES - 512:
        raise FleetError(f"the arguments of {name} are longer than a pole reads ({COMMAND_BYTES} bytes)")
    created = now.timestamp()
    db.execute("INSERT INTO job VALUES (?, ?, ?, ?, ?, ?)", (job, name, text, created, expires.timestamp(), wanted.who))
    for pole in poles:
        query = "SELECT count(*) FROM job_pole WHERE pole = ? AND state IN ('queued', 'sent')"
        if db.execute(query, (pole,)).fetchone()[0] >= MOST_OPEN:
            raise FleetError(f"{MOST_OPEN} commands wait for {pole} already")
        db.execute("INSERT INTO job_pole (job, pole) VALUES (?, ?) ON CONFLICT DO NOTHING", (job, pole))
    db.wake()
    return job


def take_ready(db: Database, now: datetime, cell: str = MAIN) -> list[Sending]:
    """Commands whose poles are there and not in another cell, marked as sent: what is lost now is not sent again.

    One at a time for each pole, oldest first.
    """
    query = (
        "SELECT created, id, pole, name, args, expires FROM (SELECT job.*, job_pole.pole AS pole, "
        "row_number() OVER (PARTITION BY job_pole.pole ORDER BY job.created, job.id) AS turn "
        "FROM job_pole JOIN job ON job.id = job_pole.job JOIN pole ON pole.pole = job_pole.pole "
        "WHERE job_pole.state = 'queued' AND pole.state = 'online' AND job.expires > ? "
        "AND NOT EXISTS (SELECT 1 FROM owner WHERE owner.pole = job_pole.pole AND owner.cell <> ?) AND NOT EXISTS "
        "(SELECT 1 FROM job_pole AS busy WHERE busy.pole = job_pole.pole AND busy.state = 'sent' AND busy.sent > ?)"
        ") AS ready WHERE turn = 1 ORDER BY created, id LIMIT ?"
    )
    moment = now.timestamp()
    found = []
    for _, job, pole, name, args, expires in db.execute(query, (moment, cell, moment - 60, AT_ONCE)).fetchall():
        command = Command(
            id=job, name=name, expires=datetime.fromtimestamp(expires, UTC), args=msgspec.Raw(args.encode())
        )
        found.append(Sending(job=job, pole=pole, payload=msgspec.json.encode(command)))
        query_sent = "UPDATE job_pole SET state = 'sent', sent = ? WHERE job = ? AND pole = ?"
        db.execute(query_sent, (moment, job, pole))
    return found


def reply(db: Database, pole: str, payload: bytes, now: datetime) -> bool:
    """Keeps the reply of a pole; whether it is one to a command of ours that has none yet."""
    try:
        answer = msgspec.json.decode(payload, type=Reply)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    query = (
        "UPDATE job_pole SET state = ?, replied = ?, ok = ?, reply = ? "
        "WHERE job = ? AND pole = ? AND state IN ('sent', 'expired') AND replied IS NULL"
    )
    text = payload[:REPLY_BYTES].decode(errors="replace")
    row = ("done" if answer.ok else "failed", now.timestamp(), answer.ok, text, answer.id, pole)
    return db.execute(query, row).rowcount == 1


def expire(db: Database, now: datetime) -> int:
    """Ends what has waited past its expiry: it was never sent, or no reply has come; how many."""
    query = (
        "UPDATE job_pole SET state = 'expired' WHERE state IN ('queued', 'sent') AND job IN "
        "(SELECT DISTINCT waits.job FROM job_pole AS waits INDEXED BY job_pole_open JOIN job ON job.id = waits.job "
        "WHERE waits.state IN ('queued', 'sent') AND job.expires <= ?)"
    )
    return db.execute(query, (now.timestamp(),)).rowcount


def forget(db: Database, who: str, now: datetime) -> int:
    """Deletes the jobs of ``who`` that ended ``FORGET`` ago; how many."""
    ended = ((now - FORGET).timestamp(), who)
    db.execute("DELETE FROM job_pole WHERE job IN (SELECT id FROM job WHERE expires < ? AND who = ?)", ended)
    return db.execute("DELETE FROM job WHERE expires < ? AND who = ?", ended).rowcount


def progress(db: Database, job: str) -> Progress:
    """Raises ``FleetError`` where there is no such job."""
    row = db.execute("SELECT name, created, expires, who FROM job WHERE id = ?", (job,)).fetchone()
    if row is None:
        raise FleetError(f"there is no job {job!r}")
    states = db.execute("SELECT state, count(*) FROM job_pole WHERE job = ? GROUP BY state ORDER BY state", (job,))
    return Progress(
        job=job,
        name=row[0],
        created=datetime.fromtimestamp(row[1], UTC),
        expires=datetime.fromtimestamp(row[2], UTC),
        who=row[3],
        states=dict(states.fetchall()),
    )


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One pole of a job: its state, and its reply as it came (cut at ``REPLY_BYTES``); empty while there is none."""

    pole: str
    state: str
    reply: str


def answers(db: Database, job: str) -> list[Answered]:
    """The poles of a job in the order of their ids."""
    query = "SELECT pole, state, coalesce(reply, '') FROM job_pole WHERE job = ? ORDER BY pole"
    return [Answered(pole=pole, state=state, reply=text) for pole, state, text in db.execute(query, (job,))]
