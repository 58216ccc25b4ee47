"""The platform's own CA: certificates for the broker, for the platform and for each pole (RFC 5280, P-256)."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.carry import PLATFORM_NAME
from fleet.errors import FleetError

CA_YEARS = 20
CERTIFICATE_DAYS = 397
"""How long a certificate of a pole or of the broker is good; longest that browsers take (CA/B Forum, 6.3.2)."""
RENEW_DAYS = 60
"""A certificate that is good for less than this is renewed."""
CRL_DAYS = 3650
"""A list of revoked certificates never expires before its CA: a broker with an old list would let nobody in."""
MOMENT = timedelta(minutes=10)
SKEW = timedelta(days=1)
"""How far back a certificate is good: the clock of a pole may be behind."""


class BadRequest(ValueError):
    """A certificate signing request that is not granted; ``str()`` says why."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate of a pole: ``pem`` with its text, ``serial`` as hexadecimal digits."""

    pem: str
    serial: str
    not_after: datetime


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """A CA in a folder; made where there is none. ``now`` gives aware UTC.

    Raises ``FleetError`` where one of its two files is missing.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self.file = folder / "ca.pem"
        key_file = folder / "ca.key"
        missing = [file for file in (self.file, key_file) if not file.exists()]
        if len(missing) == 1:
            raise FleetError(
                f"{missing[0]} is missing and the other file of the CA is there: put both back from a backup of "
                f"{folder}; a new CA would shut out every pole (where none has been claimed yet, delete the other too)"
            )
        if missing:
            self._make(key_file)
        self._cert = x509.load_pem_x509_certificate(self.file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    @property
    def pem(self) -> str:
        return self.file.read_text(encoding="ascii")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the CA's certificate: what a claim link carries."""
        return self._cert.fingerprint(hashes.SHA256()).hex()

    def _make(self, key_file: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "polefleet CA")])
        now = self._now()
        cert = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - SKEW)
            .not_valid_after(now + timedelta(days=365 * CA_YEARS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write(key_file, _private(key))
        write(self.file, cert.public_bytes(serialization.Encoding.PEM))

    def server(self, names: Iterable[str]) -> Pair:
        """The certificate of broker and pages for ``names`` (DNS names or addresses), renewed where it must be."""
        wanted = [_general(name) for name in names]
        return self._own("server", "polefleet", wanted, ExtendedKeyUsageOID.SERVER_AUTH)

    def client(self, name: str) -> Pair:
        """The certificate by which the platform itself is known to the broker."""
        return self._own(name, name, [], ExtendedKeyUsageOID.CLIENT_AUTH)

    def carry(self) -> Pair:
        """The certificate to whose key poles encrypt what is carried; good as long as the CA: sticks may be old."""
        valid = timedelta(days=365 * CA_YEARS)
        return self._own("carry", PLATFORM_NAME, [], ExtendedKeyUsageOID.EMAIL_PROTECTION, valid)

    def momentary(self, name: str) -> tuple[bytes, bytes]:
        """A certificate of ``name`` for the next minutes, and its key, as PEM; nothing of it is kept."""
        key = ec.generate_private_key(ec.SECP256R1())
        cert = self._sign(name, key.public_key(), [], ExtendedKeyUsageOID.CLIENT_AUTH, MOMENT)
        return cert.public_bytes(serialization.Encoding.PEM), _private(key)

    def _own(
        self,
        file: str,
        name: str,
        names: list[x509.GeneralName],
        usage: x509.ObjectIdentifier,
        valid: timedelta = timedelta(days=CERTIFICATE_DAYS),
    ) -> Pair:
        pair = Pair(cert=self._folder / f"{file}.pem", key=self._folder / f"{file}.key")
        if not self._good(pair, names):
            key = ec.generate_private_key(ec.SECP256R1())
            cert = self._sign(name, key.public_key(), names, usage, valid)
            write(pair.key, _private(key))
            write(pair.cert, cert.public_bytes(serialization.Encoding.PEM))
        return pair

    def _good(self, pair: Pair, names: list[x509.GeneralName]) -> bool:
        if not (pair.cert.exists() and pair.key.exists()):
            return False
        cert = x509.load_pem_x509_certificate(pair.cert.read_bytes())
        try:
            there = list(cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        except x509.ExtensionNotFound:
            there = []
        return there == names and cert.not_valid_after_utc - self._now() > timedelta(days=RENEW_DAYS)

    def sign(self, csr: str, pole: str) -> Issued:
        """A certificate of ``pole`` for the key in ``csr`` (PEM, PKCS #10); raises ``BadRequest``."""
        try:
            request = x509.load_pem_x509_csr(csr.encode())
        except ValueError as reason:
            raise BadRequest("the request is no PEM of a certificate signing request (PKCS #10)") from reason
        key = request.public_key()
        if not request.is_signature_valid:
            raise BadRequest("the request is not signed by its own key")
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise BadRequest("the key of a pole is of the curve P-256: openssl genpkey -algorithm EC")
        cert = self._sign(pole, key, [], ExtendedKeyUsageOID.CLIENT_AUTH)
        pem = cert.public_bytes(serialization.Encoding.PEM).decode("ascii")
        return Issued(pem=pem, serial=f"{cert.serial_number:x}", not_after=cert.not_valid_after_utc)

    def _sign(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        names: list[x509.GeneralName],
        usage: x509.ObjectIdentifier,
        valid: timedelta = timedelta(days=CERTIFICATE_DAYS),
    ) -> x509.Certificate:
        now = self._now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._cert.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - SKEW)
            .not_valid_after(now + valid)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def revocations(self, serials: Iterable[str]) -> bytes:
        """The list of revoked certificates as PEM."""
        now = self._now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._cert.subject)
            .last_update(now - SKEW)
            .next_update(now + timedelta(days=CRL_DAYS))
        )
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(now).build()
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def write(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
