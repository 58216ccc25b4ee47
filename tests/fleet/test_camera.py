"""What is held of one camera: exported whole, deleted for good, and who looked at it; all of it in the audit."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.envelope import Envelope
from contract.events import Counts, Incident
from contract.events.camera import LineCount
from fleet.accounts.audit import AuditAsked, entries
from fleet.accounts.roles import HERE
from fleet.cli import main
from fleet.desk.file import DeskFile, open_desk
from fleet.erasure import CameraErasure, Eraser
from fleet.errors import NoSuch
from fleet.export.camera import CameraName, write_archive
from fleet.folder import Folder
from fleet.query.reader import reading
from fleet.store.database import Database
from fleet.store.messages import Inbox
from fleet.store.postgres import PostgresDatabase
from fleet.store.sqlite import open_store
from fleet.store.writer import open_writer
from tests.fleet.poles import EPOCH, NOON, event, message
from tests.fleet.servers import rows
from tests.fleet.site import Site

pytestmark = pytest.mark.usefixtures("home")

SECRET = "red-coat"


def seen(seq: int) -> Envelope:
    """An event of the camera ``gate``."""
    body = Incident(id="0000abcd", phase="begin", type="crowding", zone=SECRET, label="person")
    return msgspec.structs.replace(event("p1", seq, body), source="p1/gate")


def filled(folder: Path) -> None:
    with open_store(Folder(folder).store) as store, open_desk(Folder(folder).desk) as desk:
        mixed = msgspec.json.encode([event("p1", 1), seen(2), event("p1", 3), seen(4)])
        store.commit([Inbox("p1", mixed, NOON), Inbox("p1", message("p1", [5]), NOON), Inbox("p1", b"{rubbish", NOON)])
        with desk.change() as db:
            db.execute("INSERT INTO camera VALUES ('p1', 'gate', 'counting', 'at the gate', 'the city', 30, 0, 'root')")
            db.execute(
                "INSERT INTO comment (pole, source, id, begin, at, who, text) VALUES ('p1', 'gate', '0000abcd', ?, 0, "
                "'anna', 'a comment')",
                (seen(4).time.timestamp(),),
            )


def lines(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def test_all_that_is_held_of_a_camera_is_in_one_archive_and_nothing_of_another_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path)
    words = ["export", "--camera", "p1/gate", "--to", str(tmp_path / "gate.zip"), "--folder", str(tmp_path)]
    assert main(words) == 0
    assert "2 events of p1/gate" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "gate.zip") as archive:
        assert [each["seq"] for each in lines(archive, "events.jsonl")] == [2, 4]
        assert archive.read("events.jsonl").splitlines()[0] == msgspec.json.encode(seen(2)), "as the pole sent it"
        (record,) = lines(archive, "record.jsonl")
        assert (record["purpose"], record["sign"]) == ("counting", "at the gate")
        (found,) = lines(archive, "incidents.jsonl")
        assert found["line"]["source"] == "gate"
        (audit,) = lines(archive, "audit.jsonl")
        assert (audit["what"], audit["who"]) == ("camera exported", "command line")
        about = json.loads(archive.read("about.json"))
        for name, file in about["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == file["sha256"], name
    assert (tmp_path / "gate.zip").stat().st_mode & 0o077 == 0


def test_of_a_camera_that_nobody_knows_there_is_no_archive(tmp_path: Path) -> None:
    filled(tmp_path)
    opened, wrong = reading(*Folder(tmp_path).read), "nothing is held of a camera p1/door"
    with opened as db, pytest.raises(NoSuch, match=wrong):
        write_archive(db, tmp_path / "door.zip", CameraName("p1", "door"), NOON)
    assert not list(tmp_path.glob("door*"))


def test_the_command_says_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--folder", str(tmp_path)]) == 2
    assert "say which table, or --camera" in capsys.readouterr().err
    assert main(["erase", "--camera", "p1/gate", "--folder", str(tmp_path)]) == 2
    assert "export it first, then say --yes" in capsys.readouterr().err


def overwrites(db: Database) -> bool:
    """A file does; what PostgreSQL promises stands in docs/platform.md."""
    return isinstance(db, PostgresDatabase) or bool(db.execute("PRAGMA secure_delete").fetchone()[0])


@pytest.mark.parametrize("record", [False, True])
def test_what_is_erased_of_a_camera_is_out_of_the_file_and_stands_in_the_audit(tmp_path: Path, *, record: bool) -> None:
    filled(tmp_path)

    async def story(desk: DeskFile) -> None:
        async with open_writer(Folder(tmp_path).store) as writer:
            eraser = Eraser(writer, desk)
            done = await eraser.erase(CameraErasure(pole="p1", camera="gate", record=record), HERE, NOON)
            assert (done.events, done.incidents, done.unreadable) == (2, 1, 1)
            assert await writer.call(lambda store: [one.seq for one in store.events("p1", EPOCH, 1, 9)]) == [1, 3, 5]
            again = Inbox("p1", msgspec.json.encode(seen(2)), NOON)
            outcome = await writer.call(lambda store: store.commit([again]))
            assert (outcome.events, outcome.repeated) == (0, 1), "its number stays known"
            assert await writer.do(lambda db: db.execute("SELECT count(*) FROM latest").fetchone()) == (1,)
            assert await writer.do(overwrites), "what is packed later leaves nothing behind either"

    with open_desk(Folder(tmp_path).desk) as desk:
        asyncio.run(story(desk))
        with desk.change() as own:
            assert overwrites(own)
        (line,) = entries(desk, AuditAsked()).items
        assert (line.what, line.subject, line.detail["events"]) == ("camera erased", "p1/gate", 2)
    for name in ("fleet.db", "fleet.db-wal", "desk.db"):
        if (tmp_path / name).exists():
            assert SECRET.encode() not in (tmp_path / name).read_bytes(), name
    counts = [rows(tmp_path, f"SELECT count(*) FROM {table}", desk=True) for table in ("comment", "camera")]
    assert counts == [[(0,)], [(0 if record else 1,)]]


def looks(site: Site) -> list[tuple[str, str]]:
    return [(line.who, line.subject) for line in entries(site.parts.desk, AuditAsked()).items if line.what == "looked"]


def test_who_looks_at_a_camera_stands_in_the_audit_once_an_hour(site: Site) -> None:
    day = {"since": NOON, "until": NOON + timedelta(days=1)}
    site.get("/poles/p2/events", **day)
    site.get("/poles/p1/events", source="agent", **day)
    assert looks(site) == [], "p2 has no camera, and the agent is none"
    site.get("/poles/p1/events", **day)
    site.get("/poles/p1")
    site.client.get("/api/v1/export/events.csv", params={"pole": "p1", **{k: v.isoformat() for k, v in day.items()}})
    assert looks(site) == [("root", "p1/roof")]
    site.moved = timedelta(hours=1, minutes=1)
    site.client.get("/api/v1/export/events.csv", params={"pole": "p1", **{k: v.isoformat() for k, v in day.items()}})
    assert looks(site) == [("root", "p1/roof")] * 2


def test_counts_are_of_no_person() -> None:
    """What a camera reports of a street are numbers and rules: no type has room for an image, a plate or a face."""
    assert set(Counts.__struct_fields__) == {"duration_s", "seen_s", "lines", "zones"}
    assert not {"plate", "face", "image", "embedding"} & {*LineCount.__struct_fields__, *Incident.__struct_fields__}
