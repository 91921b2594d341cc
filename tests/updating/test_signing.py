"""Signatures of channel files."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appliance.updating import signing
from appliance.updating.errors import Refused, UpdateError
from tests.updating.servers import Key, trust


def test_what_is_signed_is_verified(key: Key) -> None:
    name, signature = signing.sign(b"content", key.private_pem)
    signing.verify(b"content", {name: signature}, [Key().public, key.public])


def test_anything_else_is_not(key: Key) -> None:
    name, signature = signing.sign(b"content", key.private_pem)
    for content, signatures, trusted in (
        (b"Content", {name: signature}, [key.public]),
        (b"content", {name: signature[:-1] + b"x"}, [key.public]),
        (b"content", {name: b""}, [key.public]),
        (b"content", {name: signature}, [Key().public]),
        (b"content", {name: signature}, []),
        (b"content", {}, [key.public]),
    ):
        with pytest.raises(Refused, match="not signed"):
            signing.verify(content, signatures, trusted)


def test_a_signature_without_its_context_means_nothing(key: Key) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    bare = load_pem_private_key(key.private_pem, None).sign(b"content")
    with pytest.raises(Refused):
        signing.verify(b"content", {signing.key_id(key.public): bare}, [key.public])


def test_several_keys_are_trusted_while_one_replaces_the_other(tmp_path: Path, key: Key) -> None:
    other = Key()
    trust(tmp_path, key, other)
    assert signing.public_keys(tmp_path / "etc/rauc/channel.pem") == [key.public, other.public]


@pytest.mark.parametrize(
    "content", [b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", b"x" * 70_000]
)
def test_keys_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(UpdateError, match="keys of channel files"):
        signing.public_keys(tmp_path / "keys")


def test_another_kind_of_key_cannot_sign() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(UpdateError, match="Ed25519"):
        signing.sign(b"content", pem)
    with pytest.raises(UpdateError, match="cannot be read"):
        signing.sign(b"content", b"rubbish")
