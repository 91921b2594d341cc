"""The cache of verified files."""

from __future__ import annotations

from pathlib import Path

from appliance.ops.cache import LINK_BYTES, Cache
from appliance.ops.checksums import sha256_of
from tests.ops.conftest import sha256


def cache(tmp_path: Path) -> Cache:
    return Cache({"APPLIANCE_MODEL_CACHE": str(tmp_path / "cache")})


def test_without_the_variable_nothing_is_kept(tmp_path: Path) -> None:
    unused = Cache({})
    (tmp_path / "f").write_bytes(b"x")
    unused.keep(tmp_path / "f", sha256(b"x"))
    assert not unused.has(sha256(b"x"))
    assert not unused.take(sha256(b"x"), tmp_path / "g")


def test_a_small_file_is_a_copy_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    cache(tmp_path).keep(tmp_path / "f", sha256(b"x"))
    (tmp_path / "f").write_bytes(b"changed")
    assert cache(tmp_path).take(sha256(b"x"), tmp_path / "g")
    assert (tmp_path / "g").read_bytes() == b"x"


def test_a_large_file_is_linked(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.truncate(LINK_BYTES)
    digest = sha256_of(tmp_path / "f")
    cache(tmp_path).keep(tmp_path / "f", digest)
    assert (tmp_path / "cache" / digest).samefile(tmp_path / "f")
    assert cache(tmp_path).take(digest, tmp_path / "g")
    assert (tmp_path / "g").samefile(tmp_path / "f")


def test_a_damaged_file_is_removed_not_given(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    cache(tmp_path).keep(tmp_path / "f", sha256(b"x"))
    (tmp_path / "cache" / sha256(b"x")).write_bytes(b"y")
    assert not cache(tmp_path).take(sha256(b"x"), tmp_path / "g")
    assert not (tmp_path / "g").exists()
    assert not cache(tmp_path).has(sha256(b"x"))


def test_a_cache_that_cannot_be_written_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    (tmp_path / "f").write_bytes(b"x")
    held = cache(tmp_path)
    held.keep(tmp_path / "f", sha256(b"x"))
    assert not held.has(sha256(b"x"))
