"""The own broker's certificate: a small authority of our own, and a certificate for this machine's names.

Run as a process of its own (`python -m appliance.home.certificates FOLDER NAME…`), so that the cryptography
library never weighs on the supervisor. Nothing is made anew without need: the authority stays for ever,
because satellites trust exactly it; the certificate changes with the machine's names, or near its end.

Machines without a clock start in the past, so everything is valid from 2020 on.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA, CA_KEY = "ca.pem", "ca.key"
CERTIFICATE, KEY = "server.pem", "server.key"
BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
CA_END = dt.datetime(2070, 1, 1, tzinfo=dt.UTC)
LIFETIME = dt.timedelta(days=3_650)
RENEW_BEFORE = dt.timedelta(days=365)

Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def ensure(folder: Path, names: tuple[str, ...], now: dt.datetime) -> bool:
    """Make what is missing, damaged, of other names or near its end; True when anything was made."""
    trusted, current = _certificate(folder / CA), _read(folder / CERTIFICATE, folder / KEY)
    if trusted is not None and current is not None and _fits(current[0], trusted, names, now):
        return False
    authority = _read(folder / CA, folder / CA_KEY)
    if authority is None:
        _put_aside(folder / CA)
        authority = _make_authority()
        _write(folder / CA, folder / CA_KEY, authority)
    _write(folder / CERTIFICATE, folder / KEY, _make_certificate(authority, names, now))
    return True


def _put_aside(authority: Path) -> None:
    """Nobody who trusts this one will trust the next: a person must know."""
    if authority.exists():
        aside = authority.with_name(f"{authority.name}.damaged")
        authority.replace(aside)
        print(f"{authority} or its key is damaged, it is kept as {aside.name}: satellites must join again")


def _fits(
    certificate: x509.Certificate, authority: x509.Certificate, names: tuple[str, ...], now: dt.datetime
) -> bool:
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        certificate.verify_directly_issued_by(authority)  # every authority of ours has the same name
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return set(held) == set(_alternatives(names)) and now + RENEW_BEFORE < certificate.not_valid_after_utc


def _make_authority() -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("appliance home authority")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(CA_END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()), key


def _make_certificate(authority: Pair, names: tuple[str, ...], now: dt.datetime) -> Pair:
    ca, ca_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(names[0]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(min(CA_END, max(now, BEGIN) + LIFETIME))
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
    )
    return builder.sign(ca_key, hashes.SHA256()), key


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _read(certificate: Path, key: Path) -> Pair | None:
    """Certificate and key that belong together; None when they are missing or damaged."""
    held = _certificate(certificate)
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    if (
        held is None
        or not isinstance(private, ec.EllipticCurvePrivateKey)
        or private.public_key() != held.public_key()
    ):
        return None
    return held, private


def _certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _write(certificate: Path, key: Path, pair: Pair) -> None:
    _replace(key, pair[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    _replace(certificate, pair[0].public_bytes(serialization.Encoding.PEM))


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def main(arguments: list[str]) -> int:
    """`FOLDER NAME…`; prints what it did."""
    folder, *names = arguments
    try:
        made = ensure(Path(folder), tuple(names), dt.datetime.now(dt.UTC))
    except OSError as error:
        print(f"{error.filename or folder}: {error.strerror}", file=sys.stderr)
        return 1
    print("made" if made else "kept")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
