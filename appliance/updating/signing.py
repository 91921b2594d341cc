"""Signatures of channel files: Ed25519. The only part of updating that knows a library for it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from appliance.errors import ConfigError
from appliance.updating.errors import Refused, UpdateError

CONTEXT = b"appliance channel file 1\n"
"""Signed with the content, so that a signature means nothing else."""
MAX_KEYS_BYTES = 65_536
MAX_KEYS = 8
END = b"-----END PUBLIC KEY-----"


def public_keys(path: Path) -> list[bytes]:
    """The raw public keys of a PEM file. Raises UpdateError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    from appliance.config.load import read_bounded

    try:
        content = read_bounded(path, MAX_KEYS_BYTES)
        pieces = [each + END for each in content.split(END)[:-1]][:MAX_KEYS]
        keys = [load_pem_public_key(piece.lstrip()) for piece in pieces]
    except (ConfigError, ValueError, UnsupportedAlgorithm) as error:
        raise UpdateError(
            f"the keys of channel files cannot be read: {error}", "they are part of the image: flash it again"
        ) from error
    return [key.public_bytes_raw() for key in keys if isinstance(key, Ed25519PublicKey)]


def key_id(public: bytes) -> str:
    """Sixteen hex digits that tell keys apart."""
    return hashlib.sha256(public).hexdigest()[:16]


def sign(content: bytes, private_pem: bytes) -> tuple[str, bytes]:
    """(key id, signature). Raises UpdateError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError) as error:
        raise UpdateError(f"the key cannot be read: {error}", "tools/bundle keys DIR makes one") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UpdateError("the key of channel files is not an Ed25519 key", "tools/bundle keys DIR makes one")
    return key_id(key.public_key().public_bytes_raw()), key.sign(CONTEXT + content)


def verify(content: bytes, signatures: dict[str, bytes], trusted: list[bytes]) -> None:
    """Raises Refused unless one of the trusted keys signed this."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for public in trusted:
        signature = signatures.get(key_id(public))
        if signature is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, CONTEXT + content)
        except InvalidSignature:
            continue
        return
    raise Refused(
        "the channel file is not signed by the key of this image; nothing was installed",
        "is update.url right? if it is, the server was tampered with, or its key was changed",
    )
