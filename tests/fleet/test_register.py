"""The register: a CSV file is taken whole or each wrong line is named; a claim is good once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from contract.enrol import BadLink, ClaimLink, ClaimRequest, RenewRequest, read_link
from fleet.errors import FleetError
from fleet.pki import Authority, BadRequest
from fleet.register import claims
from fleet.register.places import put, read_places, selected
from fleet.store.database import Database
from tests.fleet.poles import NOON
from tests.fleet.servers import raw
from tests.fleet.test_serve import key_and_csr


@pytest.fixture
def db(home: Path) -> Iterator[Database]:
    with raw(home) as made:
        yield made


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, lambda: NOON)


def test_a_file_of_a_spreadsheet_is_read(db: Database) -> None:
    text = "\ufeffid,name,latitude,longitude,street\r\np1,First,22.5431,114.0579,Long Road\r\n\r\np2,第二,,,\r\n"
    assert put(db, read_places(text)) == 2
    row = db.execute("SELECT name, latitude, longitude, street FROM register WHERE pole = 'p1'").fetchone()
    assert row == ("First", 22.5431, 114.0579, "Long Road")
    assert list(selected(db, ["street=Long Road"])) == ["p1"]
    assert list(selected(db, ["all"])) == ["p1", "p2"]
    assert list(selected(db, ["p2", "name=First"])) == ["p1", "p2"]
    with pytest.raises(FleetError, match="no pole is meant by 'street=Short Road'"):
        list(selected(db, ["p1", "street=Short Road"]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name\nx\n", "line 1: there must be one column 'pole'"),
        ("pole,colour\n", "line 1: the column 'colour' is not known"),
        ("pole\np1\np1\n", "line 3: p1 stands in the file twice"),
        ("pole\na/b\n", "line 2: 'a/b' cannot be a pole's id"),
        ("pole,latitude,longitude\np1,22.5,\n", "line 2: latitude and longitude go together"),
        ("pole,latitude,longitude\np1,north,1\n", "line 2: latitude 'north' is no number"),
        ("pole,latitude,longitude\np1,nan,1\n", "line 2: latitude nan is not between -90 and 90"),
        ("pole,latitude,longitude\np1,1,181\n", "line 2: longitude 181 is not between -180 and 180"),
        ("pole\np1,p2\n", "line 2: 2 values for 1 columns"),
        ("pole,name\np1," + "x" * 201 + "\n", "line 2: name is longer than 200 characters"),
    ],
)
def test_each_wrong_line_is_named(text: str, problem: str) -> None:
    with pytest.raises(FleetError) as raised:
        read_places(text)
    assert problem in str(raised.value)


@given(st.text(alphabet="pole,namid\n\"'1.-;\t\0é", max_size=200))
def test_any_text_is_a_register_or_a_sentence(text: str) -> None:
    with contextlib.suppress(FleetError):
        places = read_places(text)
        assert len({place.pole for place in places}) == len(places)


def test_a_claim_is_for_one_pole_once_and_not_for_ever(db: Database, authority: Authority) -> None:
    _, csr = key_and_csr("p1")
    token = claims.make(db, "p1", NOON)
    request = ClaimRequest(pole="p1", token=token, csr=csr)
    with pytest.raises(claims.EnrolRefused, match="is not known"):
        claims.use(db, authority, ClaimRequest(pole="p2", token=token, csr=csr), NOON)
    with pytest.raises(claims.EnrolRefused, match="has expired"):
        claims.use(db, authority, request, NOON + timedelta(hours=73))
    first = claims.use(db, authority, request, NOON)
    name = x509.load_pem_x509_certificate(first.encode()).subject.rfc4514_string()
    assert name == "CN=p1", "whatever the request says"
    assert claims.use(db, authority, request, NOON + timedelta(minutes=59)) == first
    with pytest.raises(claims.EnrolRefused, match="has been used"):
        claims.use(db, authority, request, NOON + timedelta(minutes=61))


def test_a_pole_that_is_claimed_anew_loses_its_old_certificate(db: Database, authority: Authority) -> None:
    for number in range(2):
        _, csr = key_and_csr("p1")
        claims.use(db, authority, ClaimRequest(pole="p1", token=claims.make(db, "p1", NOON), csr=csr), NOON)
        assert len(list(claims.revoked(db, NOON))) == number
    assert not list(claims.banned(db))
    assert claims.revoke(db, "p1", NOON) == 1
    assert list(claims.banned(db)) == ["p1"]
    assert not list(claims.revoked(db, NOON + timedelta(days=400))), "expired ones need no list"


def test_only_the_key_of_a_good_certificate_renews(db: Database, authority: Authority) -> None:
    _, csr = key_and_csr("p1")
    claims.use(db, authority, ClaimRequest(pole="p1", token=claims.make(db, "p1", NOON), csr=csr), NOON)
    for signature in ("", "AAAA", "!"):
        with pytest.raises(claims.EnrolRefused, match="not signed by the key"):
            claims.renew(db, authority, RenewRequest(pole="p1", csr=csr, signature=signature), NOON)


@pytest.mark.parametrize("pole", ["polefleet", "a/b", "+", "", "x" * 64])
def test_no_pole_is_called_what_topics_and_rules_do_not_allow(db: Database, pole: str) -> None:
    with pytest.raises(FleetError, match="cannot be a pole's id"):
        claims.make(db, pole, NOON)


def test_the_ca_refuses_what_is_no_request_for_a_p256_key(authority: Authority) -> None:
    key = rsa.generate_private_key(65537, 2048)
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    weak = csr.public_bytes(serialization.Encoding.PEM).decode()
    for text, why in (("", "no PEM"), ("-----BEGIN", "no PEM"), (weak, "curve P-256")):
        with pytest.raises(BadRequest, match=why):
            authority.sign(text, "p1")


def test_the_ca_is_made_once_and_its_own_certificates_are_renewed_in_time(tmp_path: Path) -> None:
    first = Authority(tmp_path, lambda: NOON)
    pair = first.server(["localhost", "127.0.0.1"])
    before = pair.cert.read_bytes()
    assert first.server(["localhost", "127.0.0.1"]).cert.read_bytes() == before
    assert first.server(["city.example", "127.0.0.1"]).cert.read_bytes() != before
    before = pair.cert.read_bytes()
    later = Authority(tmp_path, lambda: NOON + timedelta(days=390))
    assert later.fingerprint == first.fingerprint
    assert later.server(["city.example", "127.0.0.1"]).cert.read_bytes() != before
    assert isinstance(x509.load_pem_x509_certificate(pair.cert.read_bytes()).public_key(), ec.EllipticCurvePublicKey)
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


@pytest.mark.parametrize("lost", ["ca.key", "ca.pem"])
def test_a_ca_of_which_one_file_is_missing_is_not_replaced(tmp_path: Path, lost: str) -> None:
    Authority(tmp_path, lambda: NOON)
    (tmp_path / lost).unlink()
    (kept,) = tmp_path.iterdir()
    before = kept.read_bytes()
    with pytest.raises(FleetError, match=f"{lost} is missing .* from a backup"):
        Authority(tmp_path, lambda: NOON)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(kept.name, before)]


LINK = ClaimLink(server="https://city.example:8443", pole="p1", token="t" * 22, ca="0a" * 32)


def test_a_link_is_read_as_it_was_made() -> None:
    assert read_link(f" {LINK}\n") == LINK
    loopback = ClaimLink(server="http://127.0.0.1:8080", pole="p1", token="t" * 22, ca="")
    assert read_link(str(loopback)) == loopback


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p1",
        str(LINK)[:-1],
        str(LINK).replace("https", "http"),
        str(LINK).replace("8443", "99999"),
        "https://[/claim/p#t.c",
    ],
)
def test_half_a_link_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadLink):
        read_link(text)


@given(st.text(max_size=200))
def test_any_text_is_a_link_or_a_sentence(text: str) -> None:
    with contextlib.suppress(BadLink):
        assert read_link(text).token
