"""Addresses of cameras: the forms that are taken, and that nothing else of one is ever shown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.address import BadAddress, hidden, is_address, parse, shown, trouble_of

WORD = "Zq7xW9vK"
"""A password that no sentence of ours holds by chance."""
LEAKS = [
    f"rtsp://admin:{WORD}@10.0.0.5:554/1",
    f"rtsp://admin:my {WORD}@10.0.0.5/1",
    f"rtsp://admin:{WORD} {WORD}@10.0.0.5/1",
    f"rtsp://admin:a@{WORD}@10.0.0.5/1",
    f"rtsp://admin:a/{WORD}@10.0.0.5/1",
    f"rtsp://admin:a#{WORD}@10.0.0.5/1",
    f"rtsp://admin:a?{WORD}@10.0.0.5/1",
    f"rtsp://admin:12/{WORD}@10.0.0.5/1",
    f"rtsp://admin:a@b/{WORD}@10.0.0.5/1",
    f"rtsp://me@city.example:{WORD}@10.0.0.5/1",
    f"rtsp://{WORD}@/1",
    f"rtsp://admin:{WORD}",
    f"rtsp://10.0.0.5/1?mail=a@b&x={WORD}",
    f"http://cam/video?loginuse=admin&loginpas={WORD}",
    f"http://cam/video?u=admin&p={WORD}",
    f"http://cam/video?-usr=admin&-pwd={WORD}",
    f"http://cam/video;psw={WORD}",
    f"http://cam/video?userpwd=admin:{WORD}",
    f"http://cam/video?authbasic={WORD}",
    f"http://cam/video#{WORD}",
    f"http://cam/video?{WORD}",
    f"rtsp://cam:554/user=admin&password={WORD}&channel=1",
    f"rtsp://cam:554/user=admin_password={WORD}_channel=1_stream=0.sdp?real_stream",
    f"rtsp://cam/0/admin:{WORD}/main",
    f"rtsp://cam/0/admin%3A{WORD}/main",
    f"rtsp:/admin:{WORD}@10.0.0.5/1",
    f"//admin:{WORD}@10.0.0.5/1",
    f"admin:{WORD}@10.0.0.5/1",
    f"tcp://admin:{WORD}@10.0.0.5:80?listen=1",
    f"rtsp://admin:{WORD}@[fe80::1%25eth0]:554/1",
    f"RTSP://admin:{WORD}@10.0.0.5/1",
    f"rtsp://admin:\n{WORD}@10.0.0.5/1",
]


@pytest.mark.fault(
    "a camera's address holds a password anywhere", "nothing but scheme, host, port and plain path is shown"
)
@pytest.mark.parametrize("source", LEAKS)
def test_nothing_of_an_address_is_shown_but_scheme_host_port_and_plain_path(source: str) -> None:
    assert WORD not in shown(source)
    assert WORD not in hidden(source)
    assert WORD not in hidden(f"it cannot be opened ({source}): refused")
    assert WORD not in trouble_of(source)


SECRET = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
FORMS = st.sampled_from(
    [
        "rtsp://{user}:{word}@10.0.0.5:554/live/1",
        "http://cam.example:81/video?{user}={word}",
        "http://cam.example/video.cgi?a=1&{user}={word}&z=2",
        "rtsp://cam/{user}={word}&channel=1",
        "rtsps://{user}:{word}@[::1]/1?x={word}",
    ]
)


@given(form=FORMS, user=SECRET, word=SECRET)
def test_no_form_of_user_and_password_gets_through(form: str, user: str, word: str) -> None:
    marked = f"{word}{WORD}{word}"
    source = form.format(user=user, word=marked)
    assert WORD not in shown(source)
    assert WORD not in hidden(f"cannot open {source}: refused")


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("rtsp://admin:s3cret@10.0.0.5:554/live/main.sdp", "rtsp://10.0.0.5:554/live/main.sdp"),
        ("rtsp://viewer@cam.example/1", "rtsp://cam.example/1"),
        ("http://cam/video.cgi?resolution=640x480", "http://cam/video.cgi..."),
        ("rtsp://cam:554/user=admin&password=x", "rtsp://cam:554/..."),
        ("https://[2001:db8::1]:8443/mjpeg", "https://[2001:db8::1]:8443/mjpeg"),
        ("/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0",) * 2,
        ("file:///media/street.mp4", "/media/street.mp4"),
        ("/media/a street.mp4", "/media/a street.mp4"),
    ],
)
def test_what_is_shown_still_says_which_camera_it_is(source: str, seen: str) -> None:
    assert shown(source) == seen


def test_a_text_keeps_its_words_round_a_harmless_address() -> None:
    text = "nothing answers at this port: rtsp://10.0.0.5:554/live, tried twice (see http://cam/help)"
    assert hidden(text) == text
    assert hidden("login with loginpas=abc failed\nthe end") == "login with loginpas=*** failed\nthe end"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("rtsp://admin:my pass@10.0.0.5/1", ("admin", "my pass", "10.0.0.5", 554, "/1")),
        ("rtsp://admin:a%2Fb%40%23c%25@10.0.0.5/1", ("admin", "a/b@#c%", "10.0.0.5", 554, "/1")),
        ("rtsp://me@city.example:pw@10.0.0.5/1", ("me@city.example", "pw", "10.0.0.5", 554, "/1")),
        ("http://cam:81/a b?x=ä", ("", "", "cam", 81, "/a%20b?x=%C3%A4")),
        ("rtsps://[fe80::1%25eth0]:8322", ("", "", "fe80::1%25eth0", 8322, "")),
        ("https://cam/", ("", "", "cam", 443, "/")),
        ("rtsp://10.0.0.5/cam@1", ("", "", "10.0.0.5", 554, "/cam@1")),
    ],
)
def test_an_address_is_read_as_it_was_meant(source: str, expected: tuple[object, ...]) -> None:
    found = parse(source)
    assert (found.user, found.password, found.host, found.port, found.target) == expected
    assert not found.password or found.password not in repr(found)


@pytest.mark.fault("a camera's source would open a port, a program or another file", "it is refused by its form")
@pytest.mark.parametrize(
    "source",
    [
        "tcp://0.0.0.0:9000?listen=1",
        "rtmp://cam/live",
        "udp://239.0.0.1:1234",
        "srt://:9000?mode=listener",
        "concat:/etc/passwd|/etc/shadow",
        "pipe:0",
        "crypto://x",
        "subfile,,start,1,end,2,,:/etc/passwd",
        "street.mp4",
        "//server/share",
        "gopher://cam/1",
    ],
)
def test_only_four_schemes_devices_and_full_paths_are_taken(source: str) -> None:
    says = trouble_of(source)
    assert says.startswith("expected a device")
    assert "rtsp://, rtsps://, http:// or https://" in says


@pytest.mark.parametrize("mark", "/?#@")
def test_a_raw_mark_in_a_password_is_answered_with_the_cure(mark: str) -> None:
    says = trouble_of(f"rtsp://admin:s3c{mark}re/t@10.0.0.5/1")
    assert "password_file" in says
    assert "%2F %3F %23 %40" in says


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    for source in (text, f"rtsp://{text}", f"http://a:b@{text}/{text}"):
        shown(source)
        hidden(source)
        if not trouble_of(source) and is_address(source):
            assert re.fullmatch(r"[\x21-\x7e]*", parse(source).target)


def test_a_password_has_its_place_in_the_path_where_a_camera_wants_it_there() -> None:
    address = parse("rtsp://cam/user=admin&password={password}&channel=1").with_password("a&b=c/d")
    assert address.url == "rtsp://cam/user=admin&password=a%26b%3Dc%2Fd&channel=1"
    assert parse("rtsp://admin@cam/1").with_password("a/b").password == "a/b"


def test_what_cannot_be_read_raises_without_its_words() -> None:
    with pytest.raises(BadAddress) as caught:
        parse(f"rtsp://admin:{WORD}")
    assert WORD not in str(caught.value)
