"""A pole claims itself at a real platform: link, stick, what goes wrong, and a claim that was cut off."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.acquire.registry import find_drivers
from agent.config.load import load
from agent.config.settings import UplinkSettings
from agent.errors import AgentError
from agent.setup import exchange
from agent.setup.claim import claim, link_of, link_on_stick, uplink_of
from agent.setup.key import make_key, sign
from agent.setup.sentences import SetupError
from agent.setup.text import head, table
from agent.spoken import spoken
from agent.system.identity import ANSWER, CA, CERT, KEY, Identity
from contract.enrol import ClaimLink
from contract.types import Stamp
from fleet.app import Serving
from fleet.pki import Authority
from simulator.ports import free_port
from tests.fleet.test_serve import platform
from tests.setup.poles import link_from, now

CA_HASH = "ab" * 32


def at_a_platform(tmp_path: Path, story: Callable[[Serving], Awaitable[None]], host: str = "") -> None:
    async def all_of_it() -> None:
        async with platform(tmp_path / "f", host=host) as running:
            await story(running)

    asyncio.run(all_of_it())


def test_a_claimed_pole_has_its_key_its_certificate_and_settings_that_hold(tmp_path: Path) -> None:
    identity = Identity(tmp_path / "state" / "identity")

    async def story(running: Serving) -> None:
        link = await link_from(running, "p1")
        claimed = await asyncio.to_thread(claim, link, identity, now())
        identity.use(identity.adopt())
        assert claimed.answer.pole == "p1"
        for name in (KEY, CERT, CA):
            assert identity.file(name).stat().st_mode & 0o777 == 0o600
        assert identity.home.stat().st_mode & 0o777 == 0o700
        certificate = x509.load_pem_x509_certificate(identity.file(CERT).read_bytes())
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert isinstance(key.curve, ec.SECP256R1)

        text = head("The link", now().utc) + table("uplink", UplinkSettings, uplink_of(claimed, identity))
        file = tmp_path / "poleagent.toml"
        file.write_text('[pole]\nid = "p1"\n\n' + text, encoding="utf-8")
        uplink = load(file, find_drivers()).uplink
        assert uplink is not None
        assert (uplink.host, uplink.ack, uplink.enrol) == ("127.0.0.1", "platform", link.server)

    at_a_platform(tmp_path, story)


def test_a_claim_over_tls_trusts_the_ca_of_the_link_alone(tmp_path: Path) -> None:
    async def story(running: Serving) -> None:
        link = await link_from(running, "p1")
        assert link.server.startswith("https://localhost:")
        other = msgspec.structs.replace(link, ca=CA_HASH)
        identity = Identity(tmp_path / "identity")
        with pytest.raises(SetupError, match=r"shows another CA than the link names"):
            await asyncio.to_thread(claim, other, identity, now())
        await asyncio.to_thread(claim, link, identity, now())
        assert (identity.next / ANSWER).exists()

    at_a_platform(tmp_path, story, host="localhost")


@pytest.mark.fault(
    "a claim is cut off before its answer is on disk",
    "it goes on with the same key and the same link",
)
def test_a_claim_that_was_cut_off_goes_on_with_the_same_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = Identity(tmp_path / "identity")

    async def story(running: Serving) -> None:
        link = await link_from(running, "p1")
        put = Identity.put

        def cut(self: Identity, name: str, data: bytes) -> Path:
            if name == CERT:
                raise OSError(5, "the power is cut")
            return put(self, name, data)

        monkeypatch.setattr(Identity, "put", cut)
        with pytest.raises(SetupError, match="the power is cut"):
            await asyncio.to_thread(claim, link, identity, now())
        monkeypatch.undo()
        key = (identity.next / KEY).read_bytes()
        await asyncio.to_thread(claim, link, identity, now())
        assert (identity.next / KEY).read_bytes() == key
        identity.use(identity.adopt())

        def nobody(*_: object) -> None:
            raise AssertionError("what was answered is asked for once more")

        monkeypatch.setattr(exchange, "ask", nobody)
        again = await asyncio.to_thread(claim, link, identity, now())
        assert again.answer.pole == "p1"

    at_a_platform(tmp_path, story)


def test_a_claim_that_was_used_or_is_not_known_is_refused_in_one_sentence(tmp_path: Path) -> None:
    async def story(running: Serving) -> None:
        link = await link_from(running, "p1")
        await asyncio.to_thread(claim, link, Identity(tmp_path / "a"), now())
        with pytest.raises(SetupError, match=r"refuses: this claim has been used: make a new one"):
            await asyncio.to_thread(claim, link, Identity(tmp_path / "b"), now())
        forged = msgspec.structs.replace(link, token="x" * 20)
        with pytest.raises(SetupError, match=r"refuses: this claim is not known"):
            await asyncio.to_thread(claim, forged, Identity(tmp_path / "c"), now())

    at_a_platform(tmp_path, story)


@contextlib.contextmanager
def listener(*, accepts: bool) -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        if accepts:
            sock.listen()
        yield sock.getsockname()[1]


def link_to(server: str, ca: str = CA_HASH) -> ClaimLink:
    return ClaimLink(server=server, pole="p1", token="t" * 22, ca=ca)


def test_what_the_network_refuses_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "WAIT_S", 0.3)
    identity = Identity(tmp_path / "identity")
    with pytest.raises(SetupError, match=r"no address is known for https://nowhere\.invalid:1"):
        claim(link_to("https://nowhere.invalid:1"), identity, now())
    with pytest.raises(SetupError, match="refuses connections: does 'polefleet serve' run there"):
        claim(link_to(f"https://127.0.0.1:{free_port()}"), identity, now())
    with listener(accepts=True) as port, pytest.raises(SetupError, match="does not answer within"):
        claim(link_to(f"http://127.0.0.1:{port}", ca=""), identity, now())


def test_a_clock_in_1970_is_named_before_anything_is_asked(tmp_path: Path) -> None:
    young = Stamp(utc=datetime(1970, 1, 1, 0, 4, tzinfo=UTC), boot_s=240.0, synced=False)
    with pytest.raises(SetupError, match="the clock of this box says 1970-01-01 00:04 UTC"):
        claim(link_to("https://127.0.0.1:1"), Identity(tmp_path / "identity"), young)
    assert not (tmp_path / "identity").exists()


@pytest.mark.fault(
    "somebody between pole and platform shows the right CA with a second one behind it",
    "the pole trusts the one whose hash the link carries, and no other",
)
def test_a_second_ca_behind_the_right_one_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pems = []
    for name in ("platform", "stranger"):
        (tmp_path / name).mkdir()
        pems.append(Authority(tmp_path / name, lambda: now().utc).pem)
    for padded in range(1, 60):  # a certificate whose base64 ends with '=': what is behind that is not decoded
        if "=" in pems[0]:
            break
        (tmp_path / str(padded)).mkdir()
        pems[0] = Authority(tmp_path / str(padded), lambda: now().utc).pem
    assert "=" in pems[0]
    both = pems[0].strip() + "\n" + pems[1]
    monkeypatch.setattr(exchange, "_exchange", lambda *_: (200, both.encode()))
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pems[0])).hexdigest()
    try:
        trusted = exchange.trusted_ca("https://h:1", fingerprint)
    except SetupError:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=trusted)
    assert len(context.get_ca_certs()) == 1


def test_a_stick_holds_the_link_in_a_file_of_its_own(tmp_path: Path) -> None:
    stick = tmp_path / "media" / "user" / "STICK"
    stick.mkdir(parents=True)
    link = link_to("https://platform.example.org:8080")
    mounts = (tmp_path / "media",)
    with pytest.raises(SetupError, match=r"no file 'poleagent\.claim'"):
        link_on_stick(None, mounts)
    (stick / "poleagent.claim").write_bytes(b"\xef\xbb\xbfPole p1\r\n" + str(link).encode() + b"\r\n")
    assert link_on_stick(None, mounts) == link
    assert link_on_stick(stick) == link
    assert link_on_stick(stick / "poleagent.claim") == link
    (stick / "two").write_text(f"{link}\n{link_to('https://other.example.org:8080')}\n")
    with pytest.raises(SetupError, match="holds 2 claim links"):
        link_on_stick(stick / "two")
    with pytest.raises(SetupError, match=r"three cannot be read: no such file or directory"):
        link_on_stick(stick / "three")


def test_a_link_that_is_cut_short_says_what_a_link_looks_like() -> None:
    whole = str(link_to("https://platform.example.org:8080"))
    assert link_of(f"  {whole}\n") == link_of(f"Claim of p1:\n{whole}\n")
    for end in (8, 40, 63):
        with pytest.raises(SetupError, match="copy the whole of it"):
            link_of(whole[:-end])
    with pytest.raises(SetupError, match="'polefleet claim POLE' on the platform prints the link"):
        link_of("hello")


@pytest.mark.parametrize("pasted", ['"{0}"', "<{0}>", "“{0}”", "({0}).", "{0}{0}", "[claim]({0})"])
def test_quotes_around_a_pasted_link_and_a_second_paste_are_left_out(pasted: str) -> None:
    link = link_to("https://platform.example.org:8080")
    assert link_of(pasted.format(link)) == link


def test_each_sentence_is_there_in_chinese() -> None:
    with pytest.raises(SetupError) as raised:
        link_of("hello")
    assert "认领链接无效" in spoken(str(raised.value), "zh")
    assert isinstance(raised.value, AgentError)


def test_the_key_signs_what_its_public_half_verifies(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(make_key())
    signature = sign(file, b"what is said")
    key = load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    key.public_key().verify(signature, b"what is said", ec.ECDSA(hashes.SHA256()))
