"""Image files: what is taken, what they say of themselves, and how they are read."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.flashing.conftest import packed
from tools.flashing import image as images
from tools.flashing.bmap import MAX_BYTES
from tools.flashing.errors import BadImage, FlashError
from tools.flashing.mapping import of_file

BITS = random.Random(3).randbytes(200_000)


def zstd(path: Path, *options: str) -> Path:
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed: apt-get install zstd")
    subprocess.run(["zstd", "-q", "-f", *options, path], check=True)
    return path.with_name(f"{path.name}.zst")


def read(path: Path, count: int) -> bytes:
    with images.opened(path) as opened, opened.stream() as stream:
        target = memoryview(bytearray(count))
        images.fill(stream, target)
        return bytes(target)


@pytest.mark.parametrize("size", [1, 255, 256, 300, 65_791, 65_792, 200_000])
@pytest.mark.parametrize("options", [(), ("--no-content-size", "--no-check"), ("-19", "--long=27")])
def test_the_size_is_known_before_anything_is_unpacked(
    tmp_path: Path, size: int, options: tuple[str, ...]
) -> None:
    path = tmp_path / "x.img"
    path.write_bytes(BITS[:size])
    compressed = zstd(path, *options)
    if "--no-content-size" in options:
        with pytest.raises(BadImage, match="does not say how large"):
            read(compressed, size)
        return
    for each in (path, compressed):
        with images.opened(each) as opened:
            assert (opened.size, opened.file_bytes) == (size, each.stat().st_size)
        assert read(each, size) == BITS[:size]


@given(st.binary(max_size=18))
def test_a_header_gives_a_size_or_a_sentence(rest: bytes) -> None:
    try:
        size = images.content_size(images.ZSTD_MAGIC + rest)
    except BadImage:
        return
    assert 0 <= size < 1 << 64


def test_an_image_that_ends_early_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.img"
    path.write_bytes(BITS)
    compressed = zstd(path)
    os.truncate(compressed, compressed.stat().st_size // 2)
    for each in (path, compressed):
        with pytest.raises(BadImage, match="ends before"):
            read(each, len(BITS) + 1)


def test_what_unpacks_has_no_rights_and_does_not_stay(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has rights to give up")
    path = tmp_path / "x.img"
    path.write_bytes(BITS * 50)
    with images.opened(zstd(path)) as opened, opened.stream() as stream:
        assert stream.read(1) == BITS[:1]
        children = Path("/proc/thread-self/children").read_text().split()
        status = [Path("/proc", child, "status").read_text() for child in children]
        unpacking = [text for text in status if text.startswith("Name:\tzstd")]
        assert ["Uid:\t65534\t65534\t65534\t65534" in text for text in unpacking] == [True]
    assert len(Path("/proc/thread-self/children").read_text().split()) == len(children) - 1


def test_damage_inside_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.img"
    path.write_bytes(BITS)
    compressed = zstd(path)
    content = bytearray(compressed.read_bytes())
    content[20] ^= 0xFF
    content[4:6] = b"\xff\xff"
    compressed.write_bytes(content)
    with pytest.raises(BadImage):
        read(compressed, len(BITS))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.img.zst", b"plain", "not compressed by zstd"),
        ("x.img", b"", "0 bytes"),
        ("x.iso", b"plain", "not an image"),
        ("x.img.zst", images.ZSTD_MAGIC, "cut short"),
        ("x.img.zst", images.ZSTD_MAGIC + b"\xc0\x00" + b"\xff" * 8, "bytes"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadImage, match=said):
        read(path, 1)


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    for path in (tmp_path / "none.img", tmp_path):
        with pytest.raises(FlashError, match="cannot be read"):
            read(path, 1)


@pytest.mark.parametrize(
    ("sums", "found"),
    [
        (f"{'a' * 64}  x.img.zst\n", "a" * 64),
        (f"{'A' * 64} *x.img.zst\n", "a" * 64),
        (f"{'b' * 64}  y.img.zst\n{'a' * 64}  ./x.img.zst\n", "a" * 64),
        (f"{'a' * 64}  other/x.img.zst\n", None),
        (f"{'a' * 63}  x.img.zst\n", None),
        ("", None),
    ],
)
def test_checksums_are_found_by_name(sums: str, found: str | None) -> None:
    assert images.listed_sum(sums, "x.img.zst") == found


def test_the_checksum_beside_an_image_is_used(tmp_path: Path) -> None:
    path = tmp_path / "x.img"
    assert images.expected_sum(path) is None
    (tmp_path / "x.img.sha256").write_text(f"{'c' * 64}  x.img\n")
    assert images.expected_sum(path) == "c" * 64
    (tmp_path / "SHA256SUMS").write_text(f"{'d' * 64}  x.img\n")
    assert images.expected_sum(path) == "d" * 64


@pytest.mark.parametrize("name", ["a-1.2.img.bmap", "a-1.2.img.zst.bmap", "a-1.2.bmap"])
def test_the_map_beside_an_image_is_found(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a-1.2.img.zst"
    assert images.map_beside(path) is None
    (tmp_path / "a-1.bmap").touch()
    (tmp_path / "a.bmap").touch()
    assert images.map_beside(path) is None
    (tmp_path / name).touch()
    assert images.map_beside(path) == tmp_path / name


def test_a_map_must_be_listed_and_must_fit(image: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.img"
    other.write_bytes(BITS)
    with images.opened(packed(image)) as opened, images.opened(packed(other)) as foreign:
        beside = images.map_beside(opened.path)
        assert beside
        assert images.read_map(beside, opened) == of_file(image, lambda _: None)
        with pytest.raises(BadImage, match="another image"):
            images.read_map(beside, foreign)
        beside.write_bytes(beside.read_bytes() + b"\n")
        with pytest.raises(BadImage, match="SHA256SUMS"):
            images.read_map(beside, opened)
        os.truncate(beside, MAX_BYTES + 1)
        with pytest.raises(FlashError, match="larger than"):
            images.read_map(beside, opened)


def test_a_files_checksum_is_counted_with_progress(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(BITS)
    counted: list[int] = []
    with path.open("rb", buffering=0) as file:
        assert images.sha256(file, counted.append) == hashlib.sha256(BITS).hexdigest()
    assert sum(counted) == len(BITS)
