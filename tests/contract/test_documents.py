"""What poles really say fits the documents that are made of it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import documents as contract
from contract.birth import Status
from contract.commands import Command, Face, Reply, commands_of
from contract.envelope import Message, pack
from contract.events import EXAMPLES, KINDS, DeviceState, Episode, Kind
from contract.receive import Receiver
from contract.types import Body, FaultCode, Lane, Row, Stamp

ROOT = Path(__file__).resolve().parent.parent.parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOWN = DeviceState(state="down", code=FaultCode.NO_ANSWER, text="no answer for 10 s: check the cable")


def row(seq: int, body: Body, lane: Lane | None = None) -> Row:
    return Row(
        epoch="e",
        seq=seq,
        lane=body.lane if lane is None else lane,
        kind=body.kind,
        source="roof",
        at=Stamp(NOON, 1.0, synced=seq % 2 == 0),
        body=msgspec.json.encode(body),
    )


def check(document: str, payload: bytes) -> None:
    schema = json.loads(document)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    validator.validate(json.loads(payload))


def plain(message: Message) -> bytes:
    return gzip.decompress(message.payload) if message.gzipped else message.payload


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_examples_and_says_each_in_one_line_in_both_languages(kind: Kind) -> None:
    assert kind.body.kind == re.sub(r"(?<!^)(?=[A-Z])", "_", kind.body.__name__).lower()
    assert {type(body) for body in kind.examples} == {kind.body}
    if issubclass(kind.body, Episode):
        assert {body.phase for body in kind.examples if isinstance(body, Episode)} == {"begin", "end"}
    for body in kind.examples:
        words = kind.says(body)
        assert set(words) == {"en", "zh"}
        assert all(text and "\n" not in text for text in words.values())


@pytest.mark.parametrize("body", EXAMPLES, ids=lambda body: body.kind)
def test_every_kind_of_event_fits_its_schema(body: Body) -> None:
    check(contract.event(), plain(pack("pole-7", [row(1, body)])))


def test_a_batch_fits_its_schema_and_a_wrong_one_does_not() -> None:
    message = pack("pole-7", [row(seq, DOWN) for seq in range(1, 3)])
    payload = plain(message)
    check(contract.batch(), payload)
    with pytest.raises(jsonschema.ValidationError):
        check(contract.batch(), payload.replace(b'"state":"down"', b'"state":"bent"'))
    with pytest.raises(jsonschema.ValidationError):
        check(contract.batch(), payload.replace(b"poleagent.device_state.v2", b"poleagent.start.v2"))


def test_status_command_reply_and_watermark_fit_theirs() -> None:
    encode = msgspec.json.encode
    check(contract.status(), encode(Status(pole="p", state="online", at=NOON, next_seq=3, clock="synced")))
    check(contract.status(), encode(Status(pole="p", state="offline", at=NOON, reason="lost")))
    check(
        contract.reply(),
        encode(Reply(id="1", ok=True, at=NOON, clock="synced", result=msgspec.Raw(b'{"readings":3,"parts":1}'))),
    )
    receiver = Receiver("pole-7")
    receiver.take(pack("pole-7", [row(seq, DOWN) for seq in (1, 2, 5)]).payload)
    check(contract.watermark(), receiver.watermark("e"))
    args = {"device": "roof", "since": "2026-11-23T00:00:00Z", "until": "2026-11-23T01:00:00Z"}
    ask = Command(id="1", name="backfill", expires=NOON, args=msgspec.Raw(encode(args)))
    check(contract.command(), encode(ask))
    with pytest.raises(jsonschema.ValidationError):
        check(contract.command(), encode(ask).replace(b'"device"', b'"devise"'))


def test_every_command_is_in_the_contract() -> None:
    names = json.loads(contract.command())["$defs"]["Command"]["properties"]["name"]["enum"]
    assert names == list(commands_of(Face.MQTT))


def test_the_asyncapi_document_refers_to_what_is_there() -> None:
    document = json.loads(contract.asyncapi())
    folder = ROOT / "docs" / "wire"
    for message in document["components"]["messages"].values():
        assert (folder / message["payload"]["schema"]["$ref"]).is_file()
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]
    for channel in document["channels"].values():
        for message in channel["messages"].values():
            assert message["$ref"].removeprefix("#/components/messages/") in document["components"]["messages"]


@pytest.mark.parametrize("make", [contract.event, contract.batch, contract.status, contract.command, contract.reply])
def test_every_schema_is_a_schema(make: Callable[[], str]) -> None:
    jsonschema.Draft202012Validator.check_schema(cast("dict[str, Any]", json.loads(make())))


@given(st.text(max_size=40), st.integers(1, 2**53), st.booleans())
def test_any_text_survives_the_way_into_an_envelope(text: str, seq: int, synced: bool) -> None:
    body = DeviceState(state="up", text=text)
    made = msgspec.structs.replace(row(1, body), seq=seq, at=Stamp(NOON, 0.0, synced))
    (event,) = Receiver("p").take(pack("p", [made]).payload)
    assert msgspec.json.decode(event.data, type=DeviceState) == body
    assert event.id == f"p/e/{seq}"
    assert event.timequality == ("synced" if synced else "unsynced")


@pytest.mark.parametrize("name", ["event", "batch", "status", "command", "reply", "watermark"])
def test_a_schema_words_docstrings_alike_with_every_release_of_msgspec(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = getattr(contract, name)()
    components = msgspec.json.schema_components

    def indented(*args: Any, **options: Any) -> Any:
        schemas, parts = components(*args, **options)
        for part in parts.values():
            if "description" in part:  # as msgspec did up to 0.22
                part["description"] = part["description"].replace("\n", "\n    ").replace("\n    \n", "\n\n")
        return schemas, parts

    monkeypatch.setattr(msgspec.json, "schema_components", indented)
    assert getattr(contract, name)() == text
