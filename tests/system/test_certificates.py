"""What is found about certificates before a broker refuses them."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from agent.system.certificates import examine
from agent.system.clock import SystemClock
from contract.types import Stamp
from tests.uplink.certificates import Authority

NOW = Stamp(SystemClock().now().utc + timedelta(hours=20), 1000.0)
"""Past the begin of each certificate that these tests make, however long after this they run."""


def later(days: float, *, synced: bool = True) -> Stamp:
    return Stamp(NOW.utc + timedelta(days=days), 1000.0, synced)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ca", days=400)


def test_a_pair_that_fits_is_good_and_says_until_when(authority: Authority) -> None:
    cert, key = authority.sign("pole", "pole-1", days=100)
    ca, client = examine(authority.file, cert, key, NOW)
    assert (ca.state, ca.text, client.state, client.text) == ("ok", "", "ok", "")
    assert client.not_after is not None
    assert timedelta(days=99) < client.not_after - NOW.utc < timedelta(days=101)


@pytest.mark.fault("the client certificate or the CA expires", "status, check and an event warn from 30 days on")
@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (69, "ok", ""),
        (71, "expiring", "days: have it renewed before"),
        (99, "expiring", "days: have it renewed before"),
        (101, "expired", "has expired on"),
        (-2, "not_yet", "is the clock of this pole right?"),
    ],
)
def test_dates_are_judged_by_the_clock_of_the_pole(authority: Authority, days: int, state: str, words: str) -> None:
    cert, key = authority.sign("pole", "pole-1", days=100)
    client = examine(authority.file, cert, key, later(days))[1]
    assert client.state == state
    assert words in client.text
    assert examine(authority.file, cert, key, later(days, synced=False))[1].state == "ok", "a clock that is not set"
    assert examine(authority.file, None, None, later(371))[0].state == "expiring"


@pytest.mark.fault("the key is not that of the certificate", "check and status say so before the broker refuses it")
def test_a_key_of_another_certificate_is_named(authority: Authority) -> None:
    cert, _ = authority.sign("pole", "pole-1")
    _, key = authority.sign("other", "pole-2")
    client = examine(authority.file, cert, key, NOW)[1]
    assert client.state == "unusable"
    assert client.text == f"key_file {key} is not the key of cert_file {cert}: copy the pair that fits"


@pytest.mark.fault("the client certificate is of another CA, even one of the same name", "check and status say so")
@pytest.mark.parametrize("name", ["ca", "elsewhere"])
def test_a_certificate_of_another_authority_is_foreign_and_still_has_its_dates(
    authority: Authority, tmp_path: Path, name: str
) -> None:
    (tmp_path / "abroad").mkdir()
    cert, key = Authority(tmp_path / "abroad", name, days=400).sign("pole", "pole-1", days=100)
    client = examine(authority.file, cert, key, NOW)[1]
    assert client.state == "foreign"
    assert "is not signed by the CA in ca_file" in client.text
    assert client.not_after is not None
    assert examine(authority.file, cert, key, later(101))[1].state == "expired"


def test_a_certificate_for_servers_only_is_refused_as_the_broker_would(authority: Authority) -> None:
    cert, key = authority.sign("pole", "pole-1", days=100, usage="serverAuth")
    client = examine(authority.file, cert, key, NOW)[1]
    assert client.state == "unusable"
    assert "extendedKeyUsage lacks clientAuth" in client.text
    cert, key = authority.sign("pole", "pole-1", days=100, usage="clientAuth")
    assert examine(authority.file, cert, key, NOW)[1].state == "ok"


@pytest.mark.parametrize(
    "content", [b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_files_that_are_none_are_unusable_and_never_raise(authority: Authority, tmp_path: Path, content: bytes) -> None:
    cert, key = authority.sign("pole", "pole-1")
    odd = tmp_path / "odd.pem"
    odd.write_bytes(content)
    for ca, mine, secret in ((odd, cert, key), (authority.file, odd, key), (authority.file, cert, odd)):
        assert "unusable" in {one.state for one in examine(ca, mine, secret, NOW)}
    gone = tmp_path / "gone"
    assert [one.state for one in examine(gone, gone, gone, NOW)] == ["unusable", "unusable"]


def test_the_recipe_of_the_platform_s_page_makes_certificates_that_are_good(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "platform.md").read_text(encoding="utf-8")
    recipe = next(block for block in page.split("```") if block.startswith("sh\nopenssl")).removeprefix("sh\n")
    subprocess.run(["sh", "-ec", recipe], cwd=tmp_path, check=True, capture_output=True)
    ca, pole = examine(tmp_path / "poles-ca.pem", tmp_path / "pole.pem", tmp_path / "pole.key", NOW)
    assert (ca.state, pole.state) == ("ok", "ok")
    broker = examine(tmp_path / "poles-ca.pem", tmp_path / "broker.pem", tmp_path / "broker.key", NOW)[1]
    assert "lacks clientAuth" in broker.text, "the broker's key is no pole's"
