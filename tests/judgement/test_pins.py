"""PINs on the disk: salted, slow, private, whole."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from appliance.judgement import pins
from appliance.judgement.errors import JudgementError
from appliance.judgement.pins import Pins

PIN = "471199"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "judgement" / "pins.json"


def opened(file: Path) -> Pins:
    known = Pins(file)
    known.open()
    return known


def test_a_pin_is_known_again_and_only_its_owner_has_it(file: Path) -> None:
    known = opened(file)
    assert not known.any
    known.set("Anna", PIN)
    known.set("Ben", "80264531")
    again = opened(file)
    assert (again.whose(PIN), again.whose("80264531"), again.whose("471198")) == ("Anna", "Ben", "")
    assert (again.whose(PIN, "Ben"), again.whose(PIN, "Anna"), again.whose(PIN, "Kim")) == (
        "",
        "Anna",
        "Anna",
    )
    again.remove("Anna")
    assert (opened(file).whose(PIN), opened(file).has("Ben")) == ("", True)
    assert b"Anna" not in file.read_bytes()


def test_the_file_is_private_and_holds_no_pin(file: Path) -> None:
    opened(file).set("Anna", PIN)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    content = file.read_bytes()
    assert PIN.encode() not in content
    for name in ("md5", "sha1", "sha256"):
        assert hashlib.new(name, PIN.encode()).hexdigest().encode() not in content
    assert [each.name for each in file.parent.iterdir()] == ["pins.json"]


def test_the_same_pin_never_hashes_the_same() -> None:
    one, other = pins.hashed(PIN), pins.hashed(PIN)
    assert one.salt != other.salt
    assert one.hash != other.hash
    assert (one.n, one.r, one.p) == (2**14, 8, 1)


@pytest.mark.parametrize("pin", ["", "123", "1" * 13, "12a4", "1234", "0000", "١٢٣٤", "12 34", "2580"])
def test_what_is_no_pin_or_a_weak_one_is_refused(file: Path, pin: str) -> None:
    known = opened(file)
    with pytest.raises(JudgementError) as caught:
        known.set("Anna", pin)
    assert not pin or f"'{pin}'" not in str(caught.value)
    assert not file.exists()


def test_two_people_have_two_pins(file: Path) -> None:
    known = opened(file)
    known.set("Anna", PIN)
    with pytest.raises(JudgementError, match="cannot be taken"):
        known.set("Ben", PIN)
    known.set("Anna", PIN)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"Anna": 1}',
        json.dumps({"Anna": {"salt": "AAAA", "hash": "AAAA"}}).encode(),
        json.dumps({"Anna": {"salt": "A" * 22 + "==", "hash": "A" * 43 + "=", "n": 2**30}}).encode(),
        json.dumps({"Anna": {"salt": "A" * 22 + "==", "hash": "A" * 43 + "=", "n": 2}}).encode(),
        b"x" * 70_000,
    ],
)
def test_a_file_that_is_none_is_an_error_and_no_pin(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    known = Pins(file)
    with pytest.raises(JudgementError, match=r"pins\.json"):
        known.open()
    assert known.whose("1235") == ""
