"""Whose signature a seal bears: certificates of poles, by their fingerprint."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID


class SealKeys:
    """``trusted``: certificates that are believed as they are, of poles or of the CA that signed those of poles."""

    def __init__(self, trusted: Iterable[x509.Certificate], others: Iterable[x509.Certificate] = ()) -> None:
        """``others`` count where one of the trusted ones signed them."""
        anchors = tuple(trusted)
        self._known = {_fingerprint(each): each for each in anchors}
        for each in others:
            if any(_signed_by(each, anchor) for anchor in anchors):
                self._known[_fingerprint(each)] = each

    def __bool__(self) -> bool:
        return bool(self._known)

    def wrong(self, pole: str, fingerprint: str, signature: bytes, data: bytes) -> str:
        """Why the signature is not this pole's; empty where it is."""
        certificate = self._known.get(fingerprint)
        if certificate is None:
            return f"the certificate with the SHA-256 {fingerprint[:16]}... is not among those that are trusted"
        names = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if names != [pole]:
            return f"the certificate is that of {', '.join(names) or 'nobody'}"
        key = certificate.public_key()
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
            elif isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            else:
                return "the key of the certificate is of no kind that seals"
        except (InvalidSignature, UnsupportedAlgorithm):
            return "the signature is not of the key of the certificate that it names"
        return ""


def certificates(pem: bytes) -> list[x509.Certificate]:
    """All of a PEM file; raises ``ValueError``."""
    return x509.load_pem_x509_certificates(pem)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
