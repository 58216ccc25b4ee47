"""Encrypted to the right broker or not at all; each refusal is one sentence."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from agent.config.settings import TlsSettings
from tests.uplink.certificates import Authority
from tests.uplink.support import MemoryStore, mosquitto, running, until, uplink_settings


class Site:
    """A CA, a broker with a certificate of it, and what a pole needs to trust it."""

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", expired: bool = False, named: bool = True) -> None:
        self.folder = folder
        self.ca = Authority(folder, "ca")
        self.cert, self.key = self.ca.sign("broker", host, expired=expired, named=named)
        self.pole_cert, self.pole_key = self.ca.sign("pole", "pole-7")

    @property
    def lines(self) -> str:
        return f"certfile {self.cert}\nkeyfile {self.key}\n"

    @property
    def mutual(self) -> str:
        return f"{self.lines}cafile {self.ca.file}\nrequire_certificate true\nuse_identity_as_username true\n"

    def settings(self, port: int, *, client: bool = False, uplink: Any = None, **tls: Any) -> Any:
        own = {"cert_file": str(self.pole_cert), "key_file": str(self.pole_key)} if client else {}
        options = {"plain_text": False, **(uplink or {})}
        return uplink_settings(port, tls=TlsSettings(**({"ca_file": str(self.ca.file)} | own | tls)), **options)


def reported(folder: Path, lines: str, make: Any, expected: str) -> None:
    """The uplink stays down and its health says ``expected``; nothing leaves the store."""

    async def story() -> None:
        store = MemoryStore()
        store.add(3)
        async with mosquitto(folder, lines) as port, running(store, make(port)) as pole:
            health = pole.uplink.health
            await until(lambda: health().state == "down" and expected in health().text, f"reported {expected!r}")
        assert not store.gone

    asyncio.run(story())


def test_rows_travel_over_tls_with_a_client_certificate(tmp_path: Path) -> None:
    site = Site(tmp_path)

    async def story() -> None:
        store = MemoryStore()
        store.add(500, body=b'{"text":"' + b"x" * 500 + b'"}')
        async with (
            mosquitto(tmp_path, site.mutual) as port,
            running(store, site.settings(port, client=True)) as pole,
        ):
            await until(lambda: not store.rows, "all is delivered")
            assert pole.uplink.health().protocol == "MQTT 5"
            assert pole.presented[0].startswith("127.0.0.1")
            assert "notAfter" in pole.presented[1]

    asyncio.run(story())


def test_a_name_may_be_set_where_the_address_is_not_in_the_certificate(tmp_path: Path) -> None:
    site = Site(tmp_path, host="broker.example")

    async def story() -> None:
        store = MemoryStore()
        store.add(5)
        settings = site.settings
        async with (
            mosquitto(tmp_path, site.lines) as port,
            running(store, settings(port, server_name="broker.example")),
        ):
            await until(lambda: not store.rows, "all is delivered")

    asyncio.run(story())


def test_a_certificate_of_another_ca_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    other = Authority(tmp_path, "other")
    reported(
        tmp_path,
        site.lines,
        lambda port: site.settings(port, ca_file=str(other.file)),
        "is not trusted: its certificate is not signed by the CA in ca_file",
    )


def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path, expired=True)
    reported(tmp_path, site.lines, site.settings, "is not trusted: its certificate has expired: renew it on the broker")


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path, host="broker.example")
    reported(tmp_path, site.lines, site.settings, "is not trusted: its certificate is for another")


@pytest.mark.fault("the broker's certificate has its name in the common name only", "the broker is not trusted")
def test_a_common_name_is_no_name(tmp_path: Path) -> None:
    site = Site(tmp_path, host="broker.example", named=False)
    reported(
        tmp_path,
        site.lines,
        lambda port: site.settings(port, server_name="broker.example"),
        "is not trusted: its certificate is for another",
    )


def test_a_broker_without_tls_is_not_spoken_to_in_plain_text(tmp_path: Path) -> None:
    site = Site(tmp_path)
    reported(tmp_path, "", site.settings, "ended the TLS handshake: does it speak TLS on this port?")


def test_neither_tls_nor_plain_text_is_a_refusal_of_our_own(tmp_path: Path) -> None:
    reported(
        tmp_path,
        "",
        lambda port: uplink_settings(port, plain_text=False),
        "neither [uplink.tls] nor plain_text = true is set",
    )


def test_a_missing_client_certificate_is_reported(tmp_path: Path) -> None:
    site = Site(tmp_path)
    reported(tmp_path, site.mutual, site.settings, "closed the connection before it answered")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file /nowhere/ca.pem cannot be used: No such file or directory"),
        ({"cert_file": "/nowhere/pole.pem"}, "cert_file /nowhere/pole.pem or its key_file cannot be used"),
        ({"ca_file": "credential:ca"}, "is a systemd credential, but this process was given none"),
    ],
)
def test_files_that_cannot_be_used_are_reported(tmp_path: Path, files: dict[str, Any], expected: str) -> None:
    site = Site(tmp_path)
    reported(tmp_path, site.lines, lambda port: site.settings(port, **files), expected)


def passwords(folder: Path) -> str:
    """Settings of a broker that lets in nobody but pole with the password ``secret``."""
    file = folder / "passwords"
    # mosquitto_passwd's own format: PBKDF2-SHA512, made with mosquitto_passwd -b passwords pole secret
    file.write_text(f"pole:{hashed('secret')}\n")
    return f"password_file {file}"


def hashed(password: str) -> str:
    salt = b"twelve bytes"
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def test_a_password_comes_from_a_file_or_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mqtt").write_text("secret\n")
    (tmp_path / "mqtt").chmod(0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    async def story() -> None:
        async with mosquitto(tmp_path, passwords(tmp_path), anonymous=False) as port:
            for name in (str(tmp_path / "mqtt"), "credential:mqtt"):
                store = MemoryStore()
                store.add(5)
                async with running(store, uplink_settings(port, username="pole", password_file=name)):
                    await until(lambda store=store: not store.rows, "all is delivered")

    asyncio.run(story())


def test_a_wrong_password_is_reported_and_never_printed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "wrong").write_text("hunter2\n")
    (tmp_path / "wrong").chmod(0o600)

    async def story() -> None:
        settings = {"username": "pole", "password_file": str(tmp_path / "wrong")}
        async with (
            mosquitto(tmp_path, passwords(tmp_path), anonymous=False) as port,
            running(MemoryStore(), uplink_settings(port, **settings)) as pole,
        ):
            health = pole.uplink.health
            await until(lambda: "password_file" in health().text, "the wrong password is reported")

    with caplog.at_level("DEBUG"):
        asyncio.run(story())
    assert "hunter2" not in caplog.text
