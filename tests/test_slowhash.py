"""One slow hash for all secrets of people, and files that were written before there was one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance import slowhash
from appliance.firstboot import codes
from appliance.judgement import pins
from appliance.slowhash import Hashed
from appliance.web.access import passwords

CHEAP = 2**4
SALT = bytes(range(16))


@settings(max_examples=50)
@given(secret=st.text(max_size=50), other=st.text(max_size=50), size=st.integers(16, 64))
def test_it_matches_itself_alone_and_survives_the_disk(secret: str, other: str, size: int) -> None:
    known = slowhash.hashed(secret, CHEAP, size)
    kept = msgspec.json.decode(msgspec.json.encode(known), type=Hashed)
    assert kept == known
    assert len(known.hash) == size
    assert slowhash.matches(secret, kept)
    assert slowhash.matches(other, kept) is (other == secret)
    assert slowhash.hashed(secret, CHEAP, size) != known


@given(secret=st.text(max_size=20), n=st.sampled_from([2**2, 2**4, 2**6]), p=st.integers(1, 3))
def test_it_is_scrypt_with_the_cost_that_stands_there(secret: str, n: int, p: int) -> None:
    raw = secret.encode("utf-8", "surrogatepass")
    made = hashlib.scrypt(raw, salt=SALT, n=n, r=8, p=p, dklen=32)
    assert slowhash.matches(secret, Hashed(SALT, made, n, 8, p))
    assert not slowhash.matches(secret, Hashed(SALT, made, 2 * n, 8, p))


def test_half_a_character_is_no_failure() -> None:
    assert slowhash.matches("\ud800", slowhash.hashed("\ud800", CHEAP))


def test_an_empty_hash_matches_nothing() -> None:
    assert not slowhash.matches("", Hashed(SALT, b"", CHEAP))


def scrypt(secret: str, n: int, size: int) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=SALT, n=n, r=8, p=1, maxmem=2**26, dklen=size)


@pytest.mark.parametrize(("secret", "n"), [("482916", 2**14), ("482916", 2**15)])
def test_files_with_pins_are_read(tmp_path: Path, secret: str, n: int) -> None:
    kept = {"Anna": {"salt": SALT, "hash": scrypt(secret, n, 32), "n": n, "r": 8, "p": 1}}
    (tmp_path / "pins.json").write_bytes(msgspec.json.encode(kept))
    known = pins.Pins(tmp_path / "pins.json")
    known.open()
    assert known.whose(secret) == "Anna"


def test_files_with_a_passphrase_are_read() -> None:
    kept = {"salt": SALT, "hash": scrypt("correct horse battery", 2**15, 32), "n": 2**15, "r": 8, "p": 1}
    known = msgspec.json.decode(msgspec.json.encode(kept), type=Hashed)
    assert passwords.matches(" correct horse battery", known)
    assert not passwords.matches("correct horse batter", known)


def test_files_with_a_code_are_read() -> None:
    kept = msgspec.json.encode({"salt": SALT, "hash": scrypt("12345678", 2**14, 16)})
    known = msgspec.json.decode(kept, type=codes.Hashed)
    assert codes.matches("1234 5678", known)
    assert msgspec.json.decode(msgspec.json.encode(codes.hashed("1"))).keys() == {"salt", "hash"}
