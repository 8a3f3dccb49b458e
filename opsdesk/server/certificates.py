"""The server's own certificate authority: made once at `init`, it signs the certificate that desks connect to.

A desk learns the authority at enrolment and knows it by the fingerprint in the enrolment code. Certificates are valid
from long ago and for ten years, since a desk's clock may be wrong.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
_LIFE: Final = timedelta(days=3650)
_RENEW_BEFORE: Final = timedelta(days=365)

AUTHORITY: Final = "ca.pem"
AUTHORITY_KEY: Final = "ca-key.pem"
CERTIFICATE: Final = "server.pem"
KEY: Final = "server-key.pem"


def make_authority(folder: Path, organisation: str, now: datetime) -> None:
    """Make the certificate authority in `folder`. It must not be there yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, "OpsDesk server authority"),
        ]
    )
    usage = _usage(key_cert_sign=True, crl_sign=True)
    made = (
        _begun(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_secret(folder / AUTHORITY_KEY, _pem(key))
    _write(folder / AUTHORITY, made.public_bytes(Encoding.PEM), 0o644)


def issue(folder: Path, names: Sequence[str], now: datetime) -> bool:
    """Have the authority sign a certificate for `names` (host names and addresses), unless a good one is here.

    True when a new one was made.
    """
    if _is_good(folder / CERTIFICATE, names, now):
        return False
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    signer = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / AUTHORITY_KEY} holds another kind of key")
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        _begun(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]),
            authority.subject,
            key.public_key(),
            now,
        )
        .add_extension(x509.SubjectAlternativeName(list(_alternatives(names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    write_secret(folder / KEY, _pem(key))
    _write(folder / CERTIFICATE, made.public_bytes(Encoding.PEM) + (folder / AUTHORITY).read_bytes(), 0o644)
    return True


def digest(folder: Path) -> bytes:
    """SHA-256 of the authority's certificate (DER)."""
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    return hashlib.sha256(authority.public_bytes(Encoding.DER)).digest()


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, never open to others for a moment. One that was there stays until the
    new one is whole and on the disk: with half a key or no settings a server would not come up again."""
    _write(path, content, 0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(max(now, _BEGIN) + _LIFE)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Iterable[str]) -> Iterable[x509.GeneralName]:
    for name in names:
        try:
            yield x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            yield x509.DNSName(name)


def _is_good(path: Path, names: Sequence[str], now: datetime) -> bool:
    if not path.exists():
        return False
    found = x509.load_pem_x509_certificate(path.read_bytes())
    if found.public_key() != _key_in(path.with_name(KEY)):
        return False  # of a start that was cut short between the two
    held = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(_alternatives(names)) <= set(held) and found.not_valid_after_utc - now > _RENEW_BEFORE


def _key_in(path: Path) -> object:
    try:
        return serialization.load_pem_private_key(path.read_bytes(), None).public_key()
    except (OSError, ValueError):
        return None


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
