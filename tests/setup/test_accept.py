"""What an acceptance report says of poles that are well and of poles that are not."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agent.cli import main
from agent.config.scene import CameraSettings, CountingLine
from agent.config.settings import PoleSettings, Settings, UplinkSettings
from agent.setup.accept import report, settled
from agent.setup.acceptance import keep, shown, signed
from agent.setup.key import make_key, request_for
from agent.setup.page import page
from agent.system.identity import KEY, Identity
from contract.diagnosis import Checked, Diagnosis, named
from contract.envelope import Envelope
from contract.events import Acceptance
from contract.events.acceptance import AcceptanceReport
from contract.health import PoleStatus
from contract.types import Quality, Stamp
from contract.words import Language
from fleet.pki import Authority
from fleet.query.acceptance import newest_acceptance
from fleet.store.messages import Inbox
from fleet.store.sqlite import open_store
from tests.fleet.chromium import installed
from tests.fleet.poles import EPOCH
from tests.setup.poles import now
from tests.status.canned import GATE, HEALTHY, NOW, UPLINK, WEATHER
from tests.web.served import settings_in

UP = replace(UPLINK, state="up", text="", connects=1, last_acknowledged=NOW)
WELL = replace(HEALTHY, uplink=UP, cameras=(), store=replace(HEALTHY.store, state="ok", committed=7, acknowledged=5))
SETTINGS = Settings(pole=PoleSettings(id=WELL.pole), uplink=UplinkSettings(host="h", plain_text=True, ack="platform"))
CAMERA = CameraSettings(
    source="rtsp://192.168.1.2/x",
    purpose="counts cars",
    signage="at the pole",
    line={"road": CountingLine(a=(0.1, 0.5), b=(0.9, 0.5), labels=("vehicle",))},
)


def diagnosis(*causes: str) -> Diagnosis:
    found = tuple(named(name, "what was seen") for name in causes)
    return Diagnosis(pole=WELL.pole, version="1", at=NOW, synced=True, seconds=1.0, causes=found)


def made(status: PoleStatus, settings: Settings = SETTINGS, *causes: str) -> AcceptanceReport:
    return report(status, settings, diagnosis(*causes), "the test")


def test_a_pole_that_is_well_is_accepted() -> None:
    found = made(WELL)
    assert found.failed == ()
    assert {item.state for item in found.items} == {"passed"}
    assert settled(WELL, SETTINGS)


def weather(**change: Any) -> PoleStatus:
    return replace(WELL, devices=(replace(WEATHER, **change),))


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        (weather(state="down"), "device."),
        (weather(error_share=0.5), "device."),
        (weather(last=()), "device."),
        (weather(last=tuple(replace(one, quality=Quality.BAD) for one in WEATHER.last)), "device."),
        (replace(WELL, devices=(), cameras=()), "measures"),
        (replace(WELL, uplink=replace(UP, last_acknowledged=None)), "link.delivered"),
        (replace(WELL, uplink=replace(UP, state="down")), "link.steady"),
        (replace(WELL, uplink=replace(UP, connects=9)), "link.steady"),
        (replace(WELL, clock=replace(WELL.clock, now=Stamp(NOW, 1.0, synced=False))), "clock"),
        (replace(WELL, store=replace(WELL.store, state="blocked")), "disk"),
        (replace(WELL, store=replace(WELL.store, committed=0)), "disk"),
    ],
)
def test_what_is_not_well_is_named_with_what_to_do(status: PoleStatus, failed: str) -> None:
    found = made(status)
    wrong = [item for item in found.items if item.state == "failed"]
    assert any(item.name.startswith(failed) for item in wrong), found.failed
    for item in wrong:
        assert item.todo["en"]
        assert item.todo["zh"]


@pytest.mark.parametrize(("before", "good"), [(412, True), (411, True), (409, False), (0, False)])
def test_a_link_is_judged_by_the_connections_made_during_the_acceptance(before: int, good: bool) -> None:
    status = replace(WELL, uplink=replace(UP, connects=412))
    found = report(status, SETTINGS, diagnosis(), "the test", connects_before=before)
    assert found.failed == (() if good else ("link.steady",))
    (item,) = [item for item in found.items if item.name == "link.steady"]
    assert "since the agent started: 412" in item.reading


def test_a_link_that_was_made_anew_during_the_acceptance_counts_from_there() -> None:
    assert report(WELL, SETTINGS, diagnosis(), "the test", connects_before=412).failed == ()


@pytest.mark.parametrize(
    ("linked", "claimed", "state"), [(False, False, "open"), (False, True, "failed"), (True, False, "failed")]
)
def test_a_pole_with_a_platform_and_without_a_link_is_not_accepted(linked: bool, claimed: bool, state: str) -> None:
    settings = SETTINGS if linked else replace(SETTINGS, uplink=None)
    found = report(replace(WELL, uplink=None), settings, diagnosis(), "the test", claimed=claimed)
    (item,) = [item for item in found.items if item.name == "link.delivered"]
    assert item.state == state
    assert item.todo or state == "open"


def test_what_is_left_to_do_is_shown_as_a_sentence_is_written() -> None:
    found = made(replace(WELL, devices=(), cameras=()), SETTINGS, "clock.unsynced")
    assert list(shown(found, "en")) == [
        "  ✗ something is measured",
        "    -> connect a line or a camera, then run 'poleagent setup' again",
        "  ○ Nobody keeps the clock right: what was seen",
        "    -> Switch NTP on ('sudo timedatectl set-ntp true') and let UDP 123 pass.",
        f"pole {WELL.pole} is not accepted yet, 1 thing to do",
    ]
    assert "  ○ 时钟未同步：what was seen" in list(shown(found, "zh"))
    assert "2 things to do" in list(shown(made(weather(last=()), SETTINGS, "box.memory"), "en"))[-1]


def test_a_camera_needs_frames_an_aim_a_purpose_and_a_sign() -> None:
    status = replace(WELL, cameras=(replace(GATE, state="ok", text="", advice="", tampered=()),))
    good = replace(SETTINGS, cameras={GATE.name: CAMERA})
    assert made(status, good).failed == ()
    assert [one.purpose for one in made(status, good).cameras] == ["counts cars"]
    blind = replace(status, cameras=(replace(GATE, state="no_signal"),))
    assert made(blind, good).failed == (f"camera.{GATE.name}",)
    silent = replace(SETTINGS, cameras={GATE.name: replace(CAMERA, signage="")})
    assert made(status, silent).failed == (f"camera.{GATE.name}.stated",)
    unaimed = replace(SETTINGS, cameras={GATE.name: replace(CAMERA, line={})})
    undecided = [item.name for item in made(status, unaimed).items if item.state == "open"]
    assert undecided == [f"camera.{GATE.name}.aimed"]


def test_a_broker_s_answer_is_not_the_platform_s() -> None:
    broker = replace(SETTINGS, uplink=UplinkSettings(host="h", plain_text=True))
    (item,) = [item for item in made(WELL, broker).items if item.name == "link.delivered"]
    assert item.state == "open"


def test_checks_that_were_not_made_are_not_counted_as_made() -> None:
    checks = (Checked(name="disk", seconds=0.1), Checked(name="models", seconds=0.0, why_not="there is none"))
    found = report(WELL, SETTINGS, replace(diagnosis(), checks=checks), "")
    (item,) = [item for item in found.items if item.name == "doctor"]
    assert item.reading == "1 checks in 1.0 s: disk; not made: models (there is none)"


def test_what_the_doctor_finds_fails_but_what_only_matters_later() -> None:
    assert made(WELL, SETTINGS, "box.memory").failed == ("doctor.box.memory",)
    assert made(WELL, SETTINGS, "box.killed").failed == ()


def test_the_page_escapes_what_a_pole_says_and_loads_nothing(tmp_path: Path) -> None:
    found = replace(made(weather(state="down")), name="<script>alert(1)</script>", by="a & b")
    for language, word in (("en", "FAILED"), ("zh", "未通过")):
        text = page(found, "", language)  # type: ignore[arg-type]
        assert "<script" not in text
        assert "&lt;script&gt;" in text
        assert "a &amp; b" in text
        assert word in text
        assert "http" not in text.replace("http-equiv", "")
    kept = keep(found, signed(found, Identity(tmp_path / "none")), tmp_path / "acceptance", "en")
    assert kept.suffix == ".html"
    assert len(list(kept.parent.iterdir())) == 2


def test_the_newest_report_is_printed_in_the_language_of_who_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["acceptance", "--settings", str(settings_in(tmp_path)), "--lang"]
    assert main([*words, "en"]) == 1
    assert "'sudo poleagent setup' makes one" in capsys.readouterr().err
    for days, by in ((0, "Li Wei"), (1, "Wang Fang")):
        found = replace(made(WELL), by=by, at=NOW + timedelta(days=days))
        newest = keep(found, signed(found, Identity(tmp_path / "none")), tmp_path / "acceptance", "en")
    assert main([*words, "en"]) == 0
    assert capsys.readouterr().out == newest.read_text(encoding="utf-8")
    assert main([*words, "zh"]) == 0
    said = capsys.readouterr().out
    assert "验收报告" in said
    assert "Wang Fang" in said
    newest.with_suffix(".json").write_bytes(b"{")
    assert main([*words, "zh"]) == 1
    assert "无法读取" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.skipif(installed() is None, reason="chromium is missing: `make test-long` installs it")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_of_a_full_pole_is_one_printed_page(tmp_path: Path, language: Language) -> None:
    status = replace(
        WELL, devices=tuple(replace(WEATHER, name=f"{WEATHER.name}-{number}", state="down") for number in range(10))
    )
    (tmp_path / "a.html").write_text(page(made(status), "M" * 96, language), encoding="utf-8")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    out = [f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'a.pdf'}", str(tmp_path / "a.html")]
    subprocess.run([str(installed()), *words, *out], check=True, capture_output=True, timeout=600)
    assert len(re.findall(rb"/Type */Page\b", (tmp_path / "a.pdf").read_bytes())) == 1


def test_the_platform_shows_the_newest_report_and_whether_the_pole_has_signed_it(tmp_path: Path) -> None:
    identity = Identity(tmp_path / "identity")
    identity.begin()
    key = identity.put(KEY, make_key())
    request = request_for(key, WELL.pole).decode()
    identity.use(identity.adopt())
    (tmp_path / "ca").mkdir()
    pem = Authority(tmp_path / "ca", lambda: now().utc).sign(request, WELL.pole).pem
    body = signed(made(WELL), identity)
    forged = replace(body, report=body.report.replace("the test", "somebody"))
    stolen = signed(replace(made(WELL), pole="another"), identity)
    with open_store(tmp_path / "pole.db") as store:
        certificate = ("a", WELL.pole, 0.0, 9e9, pem)
        store.change(lambda db: db.execute("INSERT INTO certificate VALUES (?, ?, ?, ?, NULL, ?)", certificate))
        for seq, (each, verdict) in enumerate(
            ((body, "good"), (forged, "bad"), (stolen, "bad"), (replace(body, signature=""), "none")), 1
        ):
            store.commit([Inbox(pole=WELL.pole, leaf="event", payload=sent(each, seq), received=now().utc)])
            shown = store.change(lambda db: newest_acceptance(db, WELL.pole))
            assert shown is not None
            assert (shown.signature, shown.passed) == (verdict, True), seq


def sent(body: Acceptance, seq: int) -> bytes:
    one = Envelope(
        specversion="1.0",
        id=f"{WELL.pole}/{EPOCH}/{seq}",
        source=f"{WELL.pole}/agent",
        type="poleagent.acceptance.v2",
        time=NOW + timedelta(minutes=seq),
        epoch=EPOCH,
        seq=seq,
        lane="event",
        timequality="synced",
        data=msgspec.Raw(msgspec.json.encode(body)),
    )
    return msgspec.json.encode([one])
