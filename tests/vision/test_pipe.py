"""The pipe between a vision process and the daemon: small typed messages, and nothing else gets through."""

from __future__ import annotations

import base64
import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.vision.child import Process
from agent.vision.pipe import BURST, KINDS, MAX_BYTES, Beat, NotAResult, Rate, Said, Unpacker, open_body, pack, said
from contract.events import Counts, LineCount, ZoneCount, camera, profile

BODIES = [body for row in (*camera.KINDS, *profile.KINDS) for body in row.examples]


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data


def test_every_kind_of_body_arrives_as_it_was_sent_in_pieces_of_any_size() -> None:
    assert {body.kind for body in BODIES} == set(KINDS)
    stream = b"".join(pack(said(body, 12.5)) for body in BODIES) + pack(Beat(frames=7))
    for size in (1, 3, 1000):
        unpacker, got = Unpacker(), []
        for start in range(0, len(stream), size):
            got += list(unpacker.feed(stream[start : start + size]))
        assert [open_body(each) for each in got[:-1] if isinstance(each, Said)] == BODIES
        assert got[-1] == Beat(frames=7)


def heed(data: bytes) -> None:
    """Take one message as the daemon does."""
    for message in Unpacker().feed(frame(data)):
        assert isinstance(message, Said)
        open_body(message)


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\xc0\x80"])
def test_a_text_that_is_no_text_is_no_result(text: bytes) -> None:
    whole = b'{"type":"said","kind":"camera_state","boot_s":1,"body":{"state":"ok","text":"' + text + b'"}}'
    with pytest.raises(NotAResult):
        heed(whole)


def test_a_body_that_nests_without_end_is_no_result() -> None:
    deep = b'{"type":"said","kind":"camera_state","boot_s":1,"body":' + b"[" * 7000 + b"]" * 7000 + b"}"
    with pytest.raises(NotAResult):
        heed(deep)


def test_the_counts_of_the_largest_scene_that_settings_allow_get_through() -> None:
    names = [f"{number:02}".ljust(63, "x") for number in range(16)]
    labels = ("person", "vehicle", "two_wheeler")
    lines = tuple(LineCount(line=n, label=each, plus=10**6, minus=10**6) for n in names for each in labels)
    zones = tuple(ZoneCount(zone=n, label=each, mean=12345.678, max=10**6) for n in names for each in labels)
    body = Counts(duration_s=86400.0, seen_s=86400.0, lines=lines, zones=zones)
    (message,) = Unpacker().feed(pack(said(body, 1e8)))
    assert isinstance(message, Said)
    assert open_body(message) == body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("water_level", {"gauge": "g", "state": "wet", "depth_m": -1e300}),
        ("tamper", {"what": "covered", "state": "end", "duration_s": 1e308}),
        ("counts", {"duration_s": 1, "seen_s": 1, "lines": [{"line": "g", "label": "p", "plus": 10**40, "minus": 0}]}),
    ],
)
def test_numbers_have_bounds(kind: str, body: object) -> None:
    message = msgspec.json.encode({"type": "said", "kind": kind, "boot_s": 1, "body": body})
    with pytest.raises(NotAResult):
        heed(message)


FRAME = base64.b64encode(os.urandom(600)).decode()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xe0 a JPEG",
        b"{}",
        b"[]",
        msgspec.json.encode({"type": "frame", "data": FRAME}),
        msgspec.json.encode({"type": "beat", "frame": FRAME}),
        msgspec.json.encode({"type": "beat", "frames": -1}),
        msgspec.json.encode({"type": "beat", "frames": 1e30}),
        msgspec.json.encode({"type": "said", "kind": "frame", "boot_s": 1.0, "body": {}}),
        msgspec.json.encode({"type": "said", "kind": "camera_state", "boot_s": 1.0, "body": {}, "more": FRAME}),
    ],
)
def test_what_is_none_of_the_kinds_is_refused(data: bytes) -> None:
    with pytest.raises(NotAResult):
        list(Unpacker().feed(frame(data)))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("camera_state", {"state": "ok", "text": FRAME}),
        ("crossing", {"line": FRAME, "label": "person", "direction": 1, "track": "0123abcd"}),
        ("crossing", {"line": "gate", "label": "person", "direction": 1, "track": FRAME}),
        ("crossing", {"line": "gate", "label": FRAME.lower(), "direction": 1, "track": "0123abcd"}),
        ("tamper", {"what": FRAME, "state": "begin"}),
        ("evidence", {"action": "kept", "file": FRAME + ".still", "reason": "why"}),
        ("evidence", {"action": "kept", "file": "../../etc/x.still", "reason": "why"}),
        (
            "counts",
            {"duration_s": 1.0, "seen_s": 1.0, "lines": [{"line": "a", "label": "b", "plus": 1, "minus": 1}] * 65},
        ),
        ("water_level", {"gauge": "kerb", "state": "wet", "confidence": 7}),
    ],
)
def test_a_body_has_no_room_for_a_frame(kind: str, body: dict[str, object]) -> None:
    message = frame(msgspec.json.encode({"type": "said", "kind": kind, "boot_s": 1.0, "body": body}))
    (each,) = Unpacker().feed(message)
    assert isinstance(each, Said)
    with pytest.raises(NotAResult):
        open_body(each)


def test_a_field_that_a_body_does_not_have_is_left_behind() -> None:
    data = {"type": "said", "kind": "camera_state", "boot_s": 1.0, "body": {"state": "ok", "frame": FRAME}}
    message = next(iter(Unpacker().feed(frame(msgspec.json.encode(data)))))
    assert isinstance(message, Said)
    assert FRAME not in msgspec.json.encode(open_body(message)).decode()


def test_a_message_above_the_bound_is_neither_sent_nor_taken() -> None:
    with pytest.raises(NotAResult, match="larger"):
        list(Unpacker().feed((MAX_BYTES + 1).to_bytes(4, "little")))
    with pytest.raises(NotAResult, match="larger"):
        pack(Said(kind="camera_state", boot_s=1.0, body=msgspec.Raw(b'"' + b"x" * MAX_BYTES + b'"')))


@given(st.binary(max_size=200))
def test_noise_is_refused_or_waited_for_and_never_anything_else(data: bytes) -> None:
    unpacker = Unpacker()
    try:
        messages = list(unpacker.feed(data))
        for message in messages:
            if isinstance(message, Said):
                open_body(message)
    except NotAResult:
        pass


def test_more_messages_than_a_camera_can_have_are_refused() -> None:
    rate = Rate(0.0)
    for _ in range(BURST):
        rate.take(0.0)
    with pytest.raises(NotAResult, match="more messages"):
        rate.take(0.001)
    rate.take(60.0)


@pytest.mark.fault("a kernel without Landlock or seccomp", "the status says what the vision process could not give up")
def test_each_beat_says_what_the_kernel_could_not_take_away() -> None:
    ours, theirs = os.pipe()
    try:
        process = Process(theirs)
        process.unconfined = "landlock"
        process.send(Beat(frames=1))
        assert list(Unpacker().feed(os.read(ours, 1000))) == [Beat(frames=1, unconfined="landlock")]
    finally:
        os.close(ours)
        os.close(theirs)
