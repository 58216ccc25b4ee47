"""Answers to challenges: Digest and Basic in every form that cameras send, and the examples of the RFCs."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.vision.stream.auth import Credentials, Unknown, challenges

RFC7616 = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'  # noqa: E501
OWN = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, response: str) -> None:
    mine = Credentials("Mufasa", "Circle of Life", lambda: OWN)
    assert mine.heed([RFC7616.format(algorithm)])
    said = mine.header("GET", "/dir/index.html")
    assert f'response="{response}"' in said
    assert "qop=auth, nc=00000001" in said
    assert f"algorithm={algorithm}" in said


def test_the_example_of_rfc_2069_comes_out_without_qop() -> None:
    mine = Credentials("Mufasa", "CircleOfLife")
    mine.heed(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
    said = mine.header("GET", "/dir/index.html")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in said, "erratum 749 of RFC 2069"
    assert "cnonce" not in said


FORMS = [
    (['Digest realm="c", nonce="1", algorithm=MD5', 'Digest realm="c", nonce="2", algorithm=SHA-256'], "sha256"),
    (['Digest realm="c", nonce="1", algorithm="SHA-256", Digest realm="c", nonce="2", algorithm=MD5'], "sha256"),
    (['Basic realm="c", Digest realm="c, d", nonce="1"'], "md5"),
    (['Digest realm="c",nonce="1",algorithm=sha-256,qop="auth"'], "sha256"),
    (['Digest realm="c", nonce="1", algorithm=SHA-512-256'], "sha512_256"),
    (['digest  realm="c" , nonce="1", stale=FALSE, algorithm=MD5-sess, qop=auth'], "md5"),
    (['Digest realm="c", nonce="1", algorithm=SHA-512', 'Digest realm="c", nonce="2"'], "md5"),
]


@pytest.mark.parametrize(("headers", "name"), FORMS)
def test_the_strongest_known_algorithm_is_used_in_whatever_order_they_come(headers: list[str], name: str) -> None:
    mine = Credentials("viewer", "word")
    assert mine.heed(headers)
    response = re.search(r'response="([0-9a-f]+)"', mine.header("DESCRIBE", "rtsp://cam/1"))
    assert response
    assert len(response[1]) == 2 * hashlib.new(name).digest_size


def test_what_cannot_be_answered_is_named() -> None:
    for headers, named in (
        (["Digest realm=x, nonce=y, algorithm=SHA-512"], "Digest SHA-512"),
        (["NTLM"], "Ntlm"),
        ([], "without a name"),
    ):
        with pytest.raises(Unknown, match=named):
            Credentials("viewer", "word").heed(headers)


def test_basic_is_the_last_choice_and_takes_any_letters() -> None:
    mine = Credentials("müller", "wörd:1")
    mine.heed(['Basic realm="camera", charset="UTF-8"'])
    assert base64.b64decode(mine.header("GET", "/").removeprefix("Basic ")).decode() == "müller:wörd:1"


def test_a_fresh_challenge_that_was_answered_and_comes_again_is_a_refusal() -> None:
    mine = Credentials("viewer", "wrong")
    for header in ('Digest realm="c", nonce="{}"', 'Basic realm="c{}"'):
        mine = Credentials("viewer", "wrong")
        assert mine.heed([header.format(1)])
        mine.header("GET", "/")
        assert not mine.heed([header.format(2)])


def test_a_nonce_that_went_stale_is_no_refusal() -> None:
    mine = Credentials("viewer", "right")
    mine.heed(['Digest realm="c", nonce="1"'])
    mine.header("GET", "/")
    assert mine.heed(['Digest realm="c", nonce="2", stale=true'])
    mine.header("GET", "/")
    mine.header("GET", "/")
    assert mine.heed(['Digest realm="c", nonce="3"']), "it served two requests: it only ran out"


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_header_is_read_without_end_and_without_error(headers: list[str]) -> None:
    challenges(headers)
    mine = Credentials('a"b\\c', "word")
    with contextlib.suppress(Unknown):
        mine.heed(headers)
    assert "\n" not in mine.header("GET", "/")


def test_quotes_in_a_name_are_escaped() -> None:
    mine = Credentials('a"b', "word")
    mine.heed(['Digest realm="x\\"y", nonce="1"'])
    said = mine.header("GET", "/")
    assert 'username="a\\"b", realm="x\\"y"' in said


def test_what_comes_with_the_refusal_of_an_answer_changes_nothing_in_it() -> None:
    """A bare 401, or a nonce that is stale again and again: each further try brings the account nearer its lock."""
    stories: list[list[list[str]]] = [
        [[]],
        [["NTLM"]],
        [["Digest realm=c, nonce=2, stale=true"], ["Digest realm=c, nonce=3, stale=true"]],
    ]
    for refusals in stories:
        mine = Credentials("viewer", "wr0ng")
        assert mine.heed(["Digest realm=c, nonce=1"])
        answers = []
        for headers in refusals:
            mine.header("GET", "/")
            answers.append(mine.heed(headers))
        assert answers == [True] * (len(refusals) - 1) + [False]


def test_a_nonce_for_each_request_is_answered_anew() -> None:
    mine = Credentials("viewer", "word")
    for number in range(5):
        assert mine.heed([f"Digest realm=c, nonce={number}"])
        assert f'nonce="{number}"' in mine.header("DESCRIBE", "rtsp://cam/1"), "taken"
        assert mine.header("SETUP", "rtsp://cam/1/track"), "and the next request is refused"


def test_names_of_algorithms_are_known_without_their_hyphens() -> None:
    mine = Credentials("viewer", "word")
    assert mine.heed(['Digest realm="c", nonce="1", algorithm=SHA256', 'Digest realm="c", nonce="2", algorithm=MD5'])
    said = mine.header("GET", "/")
    assert "algorithm=SHA256" in said
    response = re.search(r'response="([0-9a-f]+)"', said)
    assert response
    assert len(response[1]) == 64
