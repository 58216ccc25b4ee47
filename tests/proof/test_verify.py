"""``polefleet verify``: on the platform, and for an auditor who has a ZIP file and a certificate."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract.decode import pieces
from contract.envelope import squeeze
from contract.types import Lane
from fleet.cli import main
from fleet.desk.file import open_desk
from fleet.pki import Authority
from fleet.proof import watch
from fleet.proof.book import SealBook
from fleet.proof.watch import SealWatch
from fleet.store.messages import Inbox
from fleet.store.packing import pack
from fleet.store.sqlite import open_store
from tests.proof.rig import POLE, SealingPole, certificate
from tests.store.rig import START


class Platform:
    """A platform's folder with the events of one pole, which renewed its certificate once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fleet"
        identity = self.folder / "identity"
        identity.mkdir(parents=True)
        self.authority = Authority(identity, lambda: START)
        self.issued: list[str] = []
        pole = SealingPole(folder, issue=self._issue)
        for round_ in range(6):
            pole.put(100)
            pole.put_summaries(30)
            pole.deliver(Lane.EVENT, 80)
            pole.deliver(Lane.SUMMARY, 20)
            pole.seal()
            if round_ == 2:
                pole.renew()
                pole.restart()
        pole.deliver_all()
        pole.close()
        pole.runner.close()
        with open_store(self.folder / "fleet.db") as store:
            store.commit([Inbox(POLE, message, START, "event") for message in pole.received])
            store.change(self._certificates)
        with open_desk(self.folder):
            pass

    def _issue(self, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "any")])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        issued = self.authority.sign(csr.public_bytes(serialization.Encoding.PEM).decode(), POLE)
        self.issued.append(issued.pem)
        return x509.load_pem_x509_certificate(issued.pem.encode())

    def _certificates(self, db: object) -> None:
        for number, pem in enumerate(self.issued):
            row = (f"{number:x}", POLE, START.timestamp(), START.timestamp() + 1e7, None, pem)
            db.execute("INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?)", row)  # type: ignore[attr-defined]


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path)


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main(["verify", *map(str, words)])
    return code, "".join(capsys.readouterr())


def exported(platform: Platform, file: Path) -> Path:
    assert main(["export", "--evidence", POLE, "--to", str(file), "--folder", str(platform.folder)]) == 0
    return file


def test_the_platform_checks_what_it_holds(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, "--folder", platform.folder)
    assert code == 0
    assert out.startswith(f"{POLE}: WAITING: 967 events proven, 1 not sealed yet, newest seal 2026-11-20 ")
    with open_store(platform.folder / "fleet.db") as store:
        assert store.change(lambda db: pack(db, POLE, 0.0, 1e10)) > 10
    assert said(capsys, "--folder", platform.folder) == (0, out)  # other messages around the same events
    with sqlite3.connect(platform.folder / "fleet.db") as db:
        number, body = db.execute("SELECT id, body FROM segment WHERE lane = 'summary' LIMIT 1").fetchone()
        changed = b"[" + b",".join(bytes(p).replace(b"20.5", b"20.6") for p in pieces(body)) + b"]"
        db.execute("UPDATE segment SET body = ? WHERE id = ?", (squeeze(changed), number))
    db.close()
    code, out = said(capsys, "--folder", platform.folder)
    assert code == 1
    assert f"{POLE}: BROKEN" in out
    assert "altered: epoch" in out


def test_an_auditor_needs_the_files_and_a_certificate(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = exported(platform, tmp_path / "evidence.zip")
    capsys.readouterr()
    ca = platform.folder / "identity/ca.pem"
    code, out = said(capsys, archive, "--trust", ca)
    assert (code, "967 events proven" in out) == (0, True)
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    own = sorted((folder / "certificates").glob("?.pem"))
    assert said(capsys, folder / "segments", "--trust", *own)[0] == 0
    code, out = said(capsys, folder / "segments", "--trust", own[0])
    assert code == 1
    assert "is not among those that are trusted" in out
    code, out = said(capsys, folder, "--trust", ca, "--until", "2026-12-24")
    assert code == 1
    assert "what came later was cut off" in out


def test_each_kind_of_tampering_with_the_files_is_named(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, ca = exported(platform, tmp_path / "evidence.zip"), platform.folder / "identity/ca.pem"
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path)
    segments = sorted((tmp_path / "segments").iterdir())
    capsys.readouterr()

    def after(change: str) -> str:
        code, out = said(capsys, tmp_path / "segments", tmp_path / "certificates", "--trust", ca)
        assert code == 1, change
        assert f"{POLE}: BROKEN" in out
        return out

    whole = segments[1].read_bytes()
    segments[1].unlink()
    assert "missing: epoch" in after("a segment is missing")
    segments[1].write_bytes(whole[:-20])
    assert "unreadable: epoch" in after("a torn segment")
    segments[1].write_bytes(whole)
    (tmp_path / "segments/more").write_bytes(whole)
    assert said(capsys, tmp_path / "segments", tmp_path / "certificates", "--trust", ca)[0] == 0  # a repeat is none
    events = [json.loads(bytes(piece)) for piece in pieces(whole)]
    events[0]["data"]["revision"] = "x"
    (tmp_path / "segments/more").write_bytes(json.dumps(events[:1], separators=(",", ":")).encode())
    assert "two contents under this number" in after("another content")
    (tmp_path / "segments/more").unlink()
    ends = segments[-1].read_bytes()
    segments[-1].unlink()
    assert said(capsys, tmp_path / "segments", "--trust", ca)[0] == 1
    segments[-1].write_bytes(ends)


def test_a_seal_by_another_key_does_not_count(platform: Platform, tmp_path: Path) -> None:
    archive = exported(platform, tmp_path / "evidence.zip")
    other = certificate(ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "other.pem").write_bytes(other.public_bytes(serialization.Encoding.PEM))
    assert main(["verify", str(archive), "--trust", str(tmp_path / "other.pem")]) == 1


WRONG = {
    "none.zip --trust ca.pem": "none.zip is not there",
    "ca.pem": "say with --trust whose certificates you believe",
    "ca.pem --trust none.pem": "there is no event in these files",
    "rubbish --trust rubbish": "rubbish holds no certificate in PEM",
}


def test_what_cannot_be_checked_is_one_sentence(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.pem").write_bytes((platform.folder / "identity/ca.pem").read_bytes())
    (tmp_path / "rubbish").write_text("rubbish")
    for words, sentence in WRONG.items():
        code, out = said(capsys, *words.split())
        assert code in {1, 2}
        assert sentence in out


def looked(platform: Platform, days: int = 0) -> SealBook:
    book = SealBook(platform.folder)
    now = START + timedelta(days=days)
    SealWatch(platform.folder / "fleet.db", platform.folder / "identity/ca.pem", book, lambda: now).round()
    return book


def changed(platform: Platform, order: str, *values: object) -> None:
    with sqlite3.connect(platform.folder / "fleet.db") as db:
        db.execute(order, values)
    db.close()


def test_seals_are_checked_as_they_come_and_shown_with_completeness(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["completeness", "--until", "2026-11-20", "--days", "1", "--folder", str(platform.folder)]
    assert main(words) == 0
    assert capsys.readouterr().out == f"+  {POLE}\n"
    assert looked(platform).states([POLE, "p-2"]) == {POLE: "verified"}
    assert main(words) == 0
    assert capsys.readouterr().out == f"+  {POLE}  verified\n"


def test_a_seal_waits_for_its_events_and_not_for_ever(platform: Platform) -> None:
    with sqlite3.connect(platform.folder / "fleet.db") as db:
        kept = db.execute("SELECT * FROM segment WHERE lane = 'summary' ORDER BY id DESC LIMIT 1").fetchone()
    db.close()
    changed(platform, "DELETE FROM segment WHERE id = ?", kept[0])
    assert looked(platform).states([POLE]) == {POLE: "waiting"}
    changed(platform, f"INSERT INTO segment VALUES ({', '.join('?' * len(kept))})", *kept)
    assert looked(platform).states([POLE]) == {POLE: "verified"}
    changed(platform, "DELETE FROM segment WHERE id = ?", kept[0])
    (platform.folder / "seals.db").unlink()
    looked(platform)
    book = looked(platform, days=60)
    assert book.states([POLE]) == {POLE: "broken"}
    assert {finding.what for finding in book.findings(POLE)} == {"missing"}
    assert all("received these events and does not hold them any more" in each.text for each in book.findings(POLE))


def test_a_waiting_seal_is_found_however_many_came_since(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(platform.folder / "fleet.db") as db:
        kept = db.execute("SELECT * FROM segment WHERE lane = 'summary' ORDER BY id LIMIT 1").fetchone()
    db.close()
    changed(platform, "DELETE FROM segment WHERE id = ?", kept[0])
    assert looked(platform).states([POLE]) == {POLE: "waiting"}
    monkeypatch.setattr(watch, "MOST_SEALS", 1)
    assert looked(platform, days=39).states([POLE]) == {POLE: "waiting"}
    changed(platform, f"INSERT INTO segment VALUES ({', '.join('?' * len(kept))})", *kept)
    assert looked(platform, days=39).states([POLE]) == {POLE: "verified"}


def test_seals_that_nobody_checks_are_counted_and_said(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST_SEALS", 2)
    book = looked(platform)
    assert book.states([POLE]) == {POLE: "unproven"}
    (finding,) = book.findings(POLE)
    assert finding.text.startswith("3 messages with seals are older than the newest 2")


def test_a_waiting_seal_that_is_deleted_is_unproven(platform: Platform) -> None:
    changed(platform, "DELETE FROM segment WHERE id = (SELECT max(id) FROM segment WHERE lane = 'summary')")
    book = looked(platform)
    assert book.states([POLE]) == {POLE: "waiting"}
    waiting = book.waiting()[POLE]
    changed(platform, "DELETE FROM segment WHERE instr(kinds, 'seal')")
    book = looked(platform)
    assert book.states([POLE]) == {POLE: "unproven"}
    assert {(each.epoch, each.first) for each in book.findings(POLE)} == {*waiting}
    assert all("does not hold this seal any more" in each.text for each in book.findings(POLE))
    assert not book.waiting()


def test_a_change_in_the_database_breaks_the_seal(platform: Platform) -> None:
    with sqlite3.connect(platform.folder / "fleet.db") as db:
        number, body = db.execute("SELECT id, body FROM segment WHERE lane = 'summary' LIMIT 1").fetchone()
    db.close()
    text = b"[" + b",".join(bytes(p).replace(b"20.5", b"20.6") for p in pieces(body)) + b"]"
    changed(platform, "UPDATE segment SET body = ? WHERE id = ?", squeeze(text), number)
    book = looked(platform)
    assert book.states([POLE]) == {POLE: "broken"}
    (finding,) = {(each.what, each.pole) for each in book.findings(POLE)}
    assert finding == ("altered", POLE)
