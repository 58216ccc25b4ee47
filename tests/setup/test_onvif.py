"""Cameras of the network that answer ONVIF's search: an emulated one on the loopback, and what hostile ones answer."""

from __future__ import annotations

import re
import socket
import struct
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.setup import flow, onvif
from agent.setup.onvif import DEEPEST, MOST_CAMERAS, NetworkCamera, is_source, read_answer, search
from simulator.ports import free_port
from tests.setup.test_mistakes import Box, box

__all__ = ["box"]  # a fixture

NUMBER = "urn:uuid:11111111-2222-3333-4444-555555555555"
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header>
<wsa:RelatesTo>{number}</wsa:RelatesTo></SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>
<wsa:EndpointReference><wsa:Address>urn:uuid:1419d68a-1dd2-11b2-a105-000000000000</wsa:Address></wsa:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder
 onvif://www.onvif.org/hardware/DS-2CD2043 onvif://www.onvif.org/name/HIKVISION%20Gate</d:Scopes>
<d:XAddrs>http://192.168.1.64/onvif/device_service</d:XAddrs><d:MetadataVersion>10</d:MetadataVersion>
</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>"""
WHOLE = ANSWER.format(number=NUMBER).encode()


@contextmanager
def emulated(monkeypatch: pytest.MonkeyPatch, *cameras: str, answer: str = ANSWER) -> Iterator[list[bytes]]:
    """Cameras at these loopback addresses, on a port of their own; gives all that they were sent."""
    monkeypatch.setattr(onvif, "PORT", free_port())
    received: list[bytes] = []
    over = Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear, ThreadPoolExecutor(1) as pool:
        ear.bind((onvif.GROUP, onvif.PORT))
        group = struct.pack("4s4s", socket.inet_aton(onvif.GROUP), socket.inet_aton("127.0.0.1"))
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        ear.settimeout(0.1)

        def listen() -> None:
            while not over.is_set():
                try:
                    question, sender = ear.recvfrom(65535)
                except TimeoutError:
                    continue
                received.append(question)
                (number,) = re.findall(rb"<w:MessageID>(.*?)</w:MessageID>", question)
                for camera in cameras:
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
                        mouth.bind((camera, 0))
                        mouth.sendto(answer.format(number=number.decode()).encode(), sender)

        listening = pool.submit(listen)
        try:
            yield received
        finally:
            over.set()
            listening.result()


def test_cameras_that_answer_are_listed_by_where_they_answered_from(monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated(monkeypatch, "127.0.0.9", "127.0.0.10") as received:
        found = search(["127.0.0.1"], wait_s=2.0)
    name = "HIKVISION Gate DS-2CD2043"
    assert found == [NetworkCamera(address="127.0.0.9", name=name), NetworkCamera(address="127.0.0.10", name=name)]
    assert len(received) == 1
    assert b"Security" not in received[0]
    assert b"assword" not in received[0], "no credentials are sent"


def test_a_network_that_babbles_or_cannot_be_asked_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"127.0.1.{number}" for number in range(1, 200)]
    with emulated(monkeypatch, *many):
        assert len(search(["127.0.0.1"], wait_s=20.0)) <= MOST_CAMERAS + 1
    assert search(["192.0.2.1"], wait_s=0.1) == [], "is no address of this box"
    assert search([], wait_s=60.0) == []


def test_an_answer_says_who_it_is() -> None:
    assert read_answer(WHOLE, NUMBER, "10.0.0.7") == NetworkCamera(address="10.0.0.7", name="HIKVISION Gate DS-2CD2043")
    plain = WHOLE.replace(b"onvif://www.onvif.org/", b"other://")
    assert read_answer(plain, NUMBER, "10.0.0.7") == NetworkCamera(address="10.0.0.7", name="ONVIF")
    hostile = read_answer(WHOLE.replace(b"HIKVISION%20", b"%1b[2J%0aHIK"), NUMBER, "10.0.0.7")
    assert hostile is not None
    assert "\x1b" not in hostile.name
    assert "\n" not in hostile.name


@pytest.mark.parametrize(
    "data",
    [
        WHOLE.replace(NUMBER.encode(), b"urn:uuid:0"),
        WHOLE.replace(b"NetworkVideoTransmitter", b"PrintDeviceType"),
        WHOLE[: len(WHOLE) // 2],
        b"",
        WHOLE + b"<more/>",
        WHOLE.replace(b"<d:ProbeMatches>", b"<x>" * DEEPEST + b"<d:ProbeMatches>"),
        WHOLE.replace(b"<d:XAddrs>", b"<d:XAddrs>" + b"x" * onvif.ANSWER_BYTES),
        b'<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' + WHOLE[39:],
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + WHOLE[39:],
        WHOLE.replace(b"UTF-8", b"foo"),
        WHOLE.replace(b"UTF-8", b"hex"),
        WHOLE.replace(b"UTF-8", b"undefined"),
        WHOLE.replace(b"UTF-8", b"utf-7"),
    ],
    ids=[
        "another",
        "printer",
        "half",
        "empty",
        "two",
        "deep",
        "long",
        "bomb",
        "outside",
        "foo",
        "hex",
        "undefined",
        "utf-7",
    ],
)
def test_what_is_no_answer_of_a_camera_is_passed_over(data: bytes) -> None:
    assert read_answer(data, NUMBER, "10.0.0.7") is None


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(max_size=8)), min_size=1, max_size=6))
def test_a_damaged_answer_never_raises(damage: list[tuple[int, bytes]]) -> None:
    data = WHOLE
    for place, piece in damage:
        data = data[:place] + piece + data[place + len(piece) :]
    found = read_answer(data, NUMBER, "10.0.0.7")
    assert found is None or (found.address == "10.0.0.7" and len(found.name) <= onvif.LONGEST_NAME)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("rtsp://viewer@10.0.0.7/stream1", True),
        ("http://10.0.0.7:8080/video", True),
        ("rtsp://viewer:secret@10.0.0.7/stream1", False),
        ("10.0.0.7", False),
        ("rtsp://", False),
        ("rtsp://[", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_source_is_an_address_without_a_password(text: str, good: bool) -> None:
    assert is_source(text) is good


def test_the_setup_asks_for_the_address_of_each_camera_that_it_found(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "local_networks", lambda: ["127.0.0.1"])
    wrong, right = "rtsp://viewer:secret@127.0.0.9/s", "rtsp://viewer@127.0.0.9/s"
    with emulated(monkeypatch, "127.0.0.8", "127.0.0.9"):
        lines = ("", wrong, right, "1 gate", "counts vehicles", "at the pole")
        code, sentence = box.setup("--offline", lines=lines)
    assert (code, sentence) == (0, "")
    assert "network camera at 127.0.0.9: HIKVISION Gate DS-2CD2043" in box.out
    assert "password_file" in box.out
    cameras = tomllib.loads((box.settings.parent / "conf.d/cameras.toml").read_text(encoding="utf-8"))["camera"]
    assert [camera["source"] for camera in cameras.values()] == [right]
    assert list(cameras) == ["gate"]
    with emulated(monkeypatch, "127.0.0.9"):
        box.asked.clear()
        box.setup("--offline")
    assert not any("RTSP" in question for question in box.asked), "it stands in the settings"
