"""Status never says "all is well" when it is not: every field of ``contract.health`` is either harmless or judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.status.advice import LATE_S, MOST_ERRORS, MOST_OFFSET_S, SETTLE_S, advice
from agent.status.table import Terminal, table
from contract.health import (
    AllowanceHealth,
    BoxHealth,
    CameraHealth,
    CertificateHealth,
    ClockHealth,
    DeviceHealth,
    LaneHealth,
    LastValue,
    LineHealth,
    OpenEpisode,
    PoleStatus,
    ShadowHealth,
    StoreHealth,
    UplinkHealth,
)
from contract.types import Quality, Stamp
from contract.units import Unit
from contract.words import Language
from tests.status.canned import GATE, HEALTHY, NOW, RS485, STORE, UPLINK, WEATHER, last

WELL_CAMERA = replace(GATE, state="ok", text="", advice="")
CERTIFICATE = CertificateHealth(role="client", file="/etc/poleagent/pole.pem", state="ok")
WELL = replace(HEALTHY, uptime_s=7200.0, cameras=(WELL_CAMERA,), certificates=(CERTIFICATE,))
EPISODE = OpenEpisode(id="0123abcd", kind="alert", source="roof", severity="alarm", since=NOW, text={"en": "flooded"})
LONG_AGO = NOW - timedelta(hours=1)
TEXT = st.text(min_size=1, max_size=30).filter(str.strip)

HARMLESS: dict[type, set[str]] = {
    PoleStatus: {"pole", "name", "version", "revision", "uptime_s", "models", "devices", "lines", "cameras", "uplink"}
    | {"store", "clock", "box", "certificates", "turned_away"},  # who it is; and the parts, whose own fields follow
    DeviceHealth: {"name", "driver", "line", "since", "readings", "asked", "last"}
    | {"faults", "missed", "retries", "damaged", "code"},  # counters since the start; of late it is error_share
    LastValue: {"quantity", "unit", "at", "age_s"},  # a quantity that falls silent is the sensor fault 'dropout'
    LineHealth: {"name", "port", "load", "bytes_in", "bytes_out", "garbage_bytes", "reopened"},  # counters, as above
    StoreHealth: {"epoch", "next_seq", "bytes", "max_bytes", "ring_bytes", "ring_oldest", "committed", "acknowledged"}
    | {"waiting"},  # a commit that does not come is state 'blocked'
    LaneHealth: {"unsent", "oldest_seq"},
    UplinkHealth: {"since", "broker", "plain_text", "protocol", "connects", "messages", "events", "payload_bytes"}
    | {
        "in_flight",
        "protocol_why",
        "resent",
        "repeated",
        "allowance",
        "cause",  # of the text, for the doctor
    },  # judged with last_acknowledged; plain text is what the settings ask for, and is shown
    AllowanceHealth: set(AllowanceHealth.__struct_fields__),  # a lane that is held is an episode
    CameraHealth: {"name", "source", "since", "size", "frames_per_s", "detections_per_s", "inference_ms", "tracks"}
    | {"frames", "skipped", "reconnects", "restarts", "events", "refused", "memory_bytes", "model", "shadow"},
    ShadowHealth: set(ShadowHealth.__struct_fields__),  # of a candidate, which does not count; the update judges it
    ClockHealth: {"steps"},
    BoxHealth: {"resident_bytes", "cpu_s"},
    OpenEpisode: set(OpenEpisode.__struct_fields__),  # that there is one is enough
    CertificateHealth: {"role", "file", "not_after", "renewal"},
}
"""Fields that no value makes a trouble of, by themselves."""


def device(**change: Any) -> PoleStatus:
    return replace(WELL, devices=(replace(WEATHER, **change),))


def line(**change: Any) -> PoleStatus:
    return replace(WELL, lines=(replace(RS485, **change),))


def store(**change: Any) -> PoleStatus:
    return replace(WELL, store=replace(STORE, **change))


def uplink(**change: Any) -> PoleStatus:
    return replace(WELL, uplink=replace(UPLINK, **change))


def camera(**change: Any) -> PoleStatus:
    return replace(WELL, cameras=(replace(WELL_CAMERA, **change),))


def certificate(**change: Any) -> PoleStatus:
    link = replace(UPLINK, state="connecting", since=NOW)  # a broker that has taken it knows its CA
    return replace(WELL, uplink=link, certificates=(replace(CERTIFICATE, **change),))


def late(lane: str, waited_s: float) -> PoleStatus:
    waits = LaneHealth(unsent=1, oldest_seq=1, oldest_utc=NOW - timedelta(seconds=LATE_S[lane] + waited_s))
    return replace(store(lanes={**STORE.lanes, lane: waits}), uplink=replace(UPLINK, since=NOW - timedelta(days=1)))


COUNT = st.integers(1, 10**9)
WRONG: dict[tuple[type, str], st.SearchStrategy[PoleStatus]] = {
    (PoleStatus, "stale"): TEXT.map(lambda text: replace(WELL, stale=(text,))),
    (PoleStatus, "problems"): TEXT.map(lambda text: replace(WELL, problems=(text,))),
    (PoleStatus, "unable"): TEXT.map(lambda text: replace(WELL, unable=(text,))),
    (PoleStatus, "left_out"): COUNT.map(lambda count: replace(WELL, left_out=count)),
    (PoleStatus, "pending"): TEXT.map(lambda text: replace(WELL, pending=(text,))),
    (PoleStatus, "episodes"): st.sampled_from(["info", "warning", "alarm"]).map(
        lambda severity: replace(WELL, episodes=(replace(EPISODE, severity=severity),))
    ),
    (DeviceHealth, "state"): st.sampled_from(["down", "waiting"]).map(lambda s: device(state=s, since=LONG_AGO)),
    (DeviceHealth, "advice"): TEXT.map(lambda text: device(advice=text)),
    (DeviceHealth, "error_share"): st.floats(MOST_ERRORS, 1, exclude_min=True).map(lambda s: device(error_share=s)),
    (LastValue, "quality"): st.sampled_from([Quality.BAD, Quality.UNCERTAIN]).map(
        lambda quality: device(last=(replace(WEATHER.last[0], quality=quality),))
    ),
    (LastValue, "value"): st.floats(MOST_OFFSET_S, 1e9, exclude_min=True).flatmap(
        lambda s: st.sampled_from([device(last=(last("clock_offset", sign * s, Unit.SECOND),)) for sign in (1, -1)])
    ),
    (LineHealth, "state"): st.sampled_from(["down", "waiting"]).map(lambda state: line(state=state)),
    (LineHealth, "text"): TEXT.map(lambda text: line(text=text)),
    (LineHealth, "planned"): st.floats(1.0, 100, exclude_min=True).map(lambda planned: line(planned=planned)),
    (StoreHealth, "state"): st.sampled_from(["full", "blocked"]).map(lambda state: store(state=state)),
    (StoreHealth, "text"): TEXT.map(lambda text: store(text=text)),
    (StoreHealth, "evicted"): COUNT.map(lambda count: store(evicted=count)),
    (StoreHealth, "ring_lost"): COUNT.map(lambda count: store(ring_lost=count)),
    (StoreHealth, "lanes"): st.sampled_from(["alarm", "event"]).map(lambda lane: late(lane, 1)),
    (LaneHealth, "oldest_utc"): st.floats(1, 1e6).map(lambda waited_s: late("alarm", waited_s)),
    (UplinkHealth, "state"): st.sampled_from(["down", "connecting", "off"]).map(lambda s: uplink(state=s)),
    (UplinkHealth, "text"): TEXT.map(lambda text: uplink(text=text)),
    (UplinkHealth, "last_acknowledged"): st.floats(SETTLE_S + 1, 1e6).map(
        lambda s: uplink(last_acknowledged=NOW - timedelta(seconds=s))
    ),
    (UplinkHealth, "given_up"): COUNT.map(lambda count: uplink(given_up=count)),
    (UplinkHealth, "dropped"): COUNT.map(lambda count: uplink(dropped=count)),
    (CameraHealth, "state"): st.sampled_from(["no_signal", "frozen", "crashed", "too_dark", "refused", "waiting"]).map(
        lambda state: camera(state=state, since=LONG_AGO)
    ),
    (CameraHealth, "text"): TEXT.map(lambda text: camera(text=text)).filter(
        lambda status: status.cameras[0].text.strip(".:") != ""
    ),
    (CameraHealth, "advice"): TEXT.map(lambda text: camera(advice=text)),
    (CameraHealth, "unconfined"): st.sampled_from(["landlock", "seccomp"]).map(lambda what: camera(unconfined=what)),
    (CameraHealth, "tampered"): TEXT.map(lambda text: camera(tampered=(text,))),
    (ClockHealth, "now"): st.just(replace(WELL, clock=ClockHealth(now=Stamp(NOW, 1.0, synced=False)))),
    (BoxHealth, "disk_free_bytes"): st.integers(0, 1 << 20).map(
        lambda free: replace(WELL, box=replace(WELL.box, disk_free_bytes=free))
    ),
    (BoxHealth, "disk_bytes"): st.just(replace(WELL, box=replace(WELL.box, disk_bytes=0))),
    (CertificateHealth, "state"): st.sampled_from(["expiring", "expired", "not_yet", "foreign", "unusable"]).map(
        lambda state: certificate(state=state)
    ),
    (CertificateHealth, "text"): TEXT.map(lambda text: certificate(text=text)),
    (CertificateHealth, "renewal_fails"): TEXT.map(lambda text: certificate(renewal_fails=text)),
}
"""Field -> statuses that are well but for it."""


def test_a_pole_on_which_nothing_is_wrong_is_well() -> None:
    assert advice(WELL) == ()
    assert "All is well." in table(WELL, Terminal())
    assert "一切正常" in table(WELL, Terminal(language="zh"))


def test_every_field_is_harmless_or_judged() -> None:
    kinds = set(HARMLESS)
    assert {kind for kind, _ in WRONG} <= kinds
    for kind in kinds:
        judged = {field for owner, field in WRONG if owner is kind}
        fields = set(kind.__struct_fields__)  # type: ignore[attr-defined]
        assert judged | HARMLESS[kind] == fields, f"{kind.__name__}: say of each field whether it can be wrong"
        assert not judged & HARMLESS[kind]


def test_no_part_of_the_status_is_left_out() -> None:
    found: set[type] = set()

    def walk(node: Any) -> None:
        for each in getattr(node, "types", ()):
            walk(each)
        for inner in ("type", "item_type", "value_type"):
            if hasattr(node, inner):
                walk(getattr(node, inner))
        if isinstance(node, msgspec.inspect.StructType) and node.cls not in found:
            found.add(node.cls)
            for field in node.fields:
                walk(field.type)

    walk(msgspec.inspect.type_info(PoleStatus))
    assert found - {Stamp} == set(HARMLESS)


@pytest.mark.fault("anything is wrong on the pole", "status never says that all is well")
@pytest.mark.parametrize("field", WRONG, ids=lambda field: f"{field[0].__name__}.{field[1]}")
def test_a_value_that_is_not_fine_is_never_well(field: tuple[type, str]) -> None:
    @given(WRONG[field], st.sampled_from(["en", "zh"]))
    def check(status: PoleStatus, language: Language) -> None:
        assert advice(status, language)
        shown = table(status, Terminal(language=language))
        verdict = shown.split("\n")[1]
        assert "All is well" not in verdict
        assert "一切正常" not in verdict
        assert "  -> " in shown, "and what to do is shown"

    check()


@given(st.lists(st.sampled_from(sorted(WRONG, key=str)), min_size=2, max_size=4), st.data())
def test_two_troubles_do_not_make_a_right(fields: list[tuple[type, str]], data: st.DataObject) -> None:
    status = WELL
    for field in fields:
        wrong = data.draw(WRONG[field])
        status = replace(
            status,
            **{
                name: getattr(wrong, name)
                for name in PoleStatus.__struct_fields__
                if getattr(wrong, name) != getattr(WELL, name)
            },
        )
    assert advice(status)


def test_a_start_is_given_a_minute() -> None:
    young = replace(
        WELL,
        uptime_s=SETTLE_S - 1,
        devices=(replace(WEATHER, state="waiting", since=NOW),),
        lines=(replace(RS485, state="waiting"),),
        cameras=(replace(WELL_CAMERA, state="waiting", since=NOW),),
        uplink=replace(UPLINK, state="connecting", since=NOW),
    )
    assert advice(young) == ()


def test_a_certificate_of_another_ca_is_fine_where_the_broker_takes_it() -> None:
    foreign = replace(CERTIFICATE, state="foreign", text="not of this CA")
    assert advice(replace(WELL, certificates=(foreign,))) == ()


@pytest.mark.fault("a flood alert is open while a sensor reads 900 degrees", "both stand in status, and it is not well")
def test_open_episodes_and_bad_values_are_shown() -> None:
    hot = replace(last("temperature", 900.0, Unit.CELSIUS), quality=Quality.BAD)
    flood = replace(EPISODE, since=NOW - timedelta(minutes=12), text={"en": "The road is flooded.", "zh": "道路积水"})
    status = replace(WELL, devices=(replace(WEATHER, last=(hot,)),), episodes=(flood,))
    shown = table(status, Terminal())
    assert "-> ALARM, roof, for 12 min: The road is flooded." in shown
    assert "temperature 900 °C (BAD)" in shown
    assert "-> temperature of roof is marked bad: the value is not to be used." in shown
    assert "2 things to look at" in shown
    assert "道路积水" in table(status, Terminal(language="zh"))


ALWAYS: Callable[[PoleStatus], str] = lambda status: table(status, Terminal(rows=24))  # noqa: E731


def test_a_small_terminal_shows_the_problems_first_and_says_what_is_cut() -> None:
    many = replace(WELL, devices=tuple(replace(WEATHER, name=f"d{number}") for number in range(30)))
    troubled = replace(many, episodes=(EPISODE,), pending=("pole.id",))
    rows = ALWAYS(troubled).rstrip("\n").split("\n")
    assert len(rows) == 23
    assert rows[1] == "2 things to look at, marked -> below."
    assert rows[2].startswith("  -> open: ALARM, roof")
    assert rows[3].startswith("  -> settings: pole.id has changed")
    assert rows[-1].endswith("more rows: 'poleagent status' shows all")
    assert len(table(WELL, Terminal(rows=60)).split("\n")) < 60, "what fits is not cut"
