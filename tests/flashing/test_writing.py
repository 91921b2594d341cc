"""Writing on real loop devices, and reading back."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flashing.conftest import MIB, MakeLoop, attached
from tools.flashing import device, writing
from tools.flashing import image as images
from tools.flashing.errors import BadImage, DeviceFailed
from tools.flashing.extents import Extent, whole
from tools.flashing.mapping import of_file

quiet = list[int]().append


def put(disk: device.Disk, path: Path, extents: list[Extent], size: int | None = None) -> list[Extent]:
    with images.opened(path) as opened, opened.stream() as stream:
        return writing.write(disk, stream, extents, size or opened.size, quiet)


def start_of(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


@pytest.mark.parametrize("sectors", ["512", "4096"])
@pytest.mark.parametrize(("mapped", "discards"), [(True, True), (True, False), (False, True)])
def test_the_device_becomes_the_image(
    loop: MakeLoop, image: Path, mapped: bool, discards: bool, sectors: str
) -> None:
    path = loop(32, "--sector-size", sectors, discards=discards)
    size = image.stat().st_size
    extents = list(of_file(image, quiet).extents) if mapped else whole(size)
    with device.opened(path) as disk:
        assert disk.sector_bytes == int(sectors)
        written = put(disk, image, extents)
        writing.verify(disk, written, size, quiet)
    assert start_of(path, size) == image.read_bytes()


@pytest.mark.parametrize("size", [512, 5000, MIB, MIB + 512, 3 * MIB + 1])
def test_images_of_any_size_fit(loop: MakeLoop, tmp_path: Path, size: int) -> None:
    small = tmp_path / "x.img"
    content = bytearray(random.Random(size).randbytes(size))
    content[: size // 3] = bytes(size // 3)
    small.write_bytes(content)
    path = loop(4)
    for extents in (list(of_file(small, quiet).extents), whole(size)):
        with device.opened(path) as disk:
            writing.verify(disk, put(disk, small, extents), size, quiet)
        assert start_of(path, size) == content


def test_nothing_behind_the_image_is_touched(loop: MakeLoop, image: Path) -> None:
    path = loop(32)
    before = path.read_bytes()
    with device.opened(path) as disk:
        put(disk, image, list(of_file(image, quiet).extents))
    assert path.read_bytes()[image.stat().st_size :] == before[image.stat().st_size :]


def test_the_partition_table_comes_last(loop: MakeLoop, image: Path) -> None:
    path = loop(32)
    with device.opened(path) as disk, pytest.raises(BadImage, match="ends before"):
        put(disk, image, whole(40 * MIB), 40 * MIB)
    content = path.read_bytes()
    assert not any(content[:MIB])
    assert content[4 * MIB : 5 * MIB] == image.read_bytes()[4 * MIB : 5 * MIB]


def test_an_image_that_is_longer_than_it_says_is_refused(loop: MakeLoop, image: Path) -> None:
    path = loop(32)
    with device.opened(path) as disk, pytest.raises(BadImage, match="longer"):
        put(disk, image, whole(8 * MIB), 8 * MIB)
    assert not any(start_of(path, MIB))


def test_a_map_of_another_image_is_noticed(loop: MakeLoop, image: Path) -> None:
    extents = list(of_file(image, quiet).extents)
    with image.open("r+b") as file:
        file.seek(4 * MIB)
        file.write(b"changed")
    path = loop(32)
    with device.opened(path) as disk, pytest.raises(BadImage, match="not what its map says"):
        put(disk, image, extents)
    assert not any(start_of(path, MIB))


@pytest.mark.parametrize("place", [0, 4 * MIB, 13 * MIB, 24 * MIB])
def test_a_device_that_gives_back_other_bytes_is_noticed(loop: MakeLoop, image: Path, place: int) -> None:
    path, size = loop(32), image.stat().st_size
    with device.opened(path) as disk:
        written = put(disk, image, list(of_file(image, quiet).extents))
        with path.open("r+b", buffering=0) as file:
            file.seek(place)
            found = file.read(512)
            file.seek(place)
            file.write(bytes(byte ^ 1 for byte in found))
        with pytest.raises(DeviceFailed, match="does not give back") as caught:
            writing.verify(disk, written, size, quiet)
    assert "worn out" in caught.value.hint


def test_progress_counts_the_image_once(loop: MakeLoop, image: Path) -> None:
    size = image.stat().st_size
    counted: list[int] = []
    with device.opened(loop(32)) as disk, image.open("rb", buffering=0) as file:
        written = writing.write(disk, file, list(of_file(image, quiet).extents), size, counted.append)
        assert sum(counted) == size
        writing.verify(disk, written, size, counted.append)
        assert sum(counted) == 2 * size


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A device of 32 MiB that gives errors after 8: its file lies on a file system without room for more."""
    if os.geteuid() != 0:
        pytest.skip("loop devices need root")
    where = tmp_path / "small"
    where.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", where], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    try:
        (where / "disk").touch()
        os.truncate(where / "disk", 32 * MIB)
        path = attached(where / "disk")
        try:
            yield path
        finally:
            subprocess.run(["losetup", "--detach", path], check=True)
    finally:
        subprocess.run(["umount", "--lazy", where], check=True)


def test_a_device_that_gives_errors_is_said(full: Path, image: Path) -> None:
    with device.opened(full) as disk, pytest.raises(DeviceFailed, match="cannot be written") as caught:
        put(disk, image, whole(image.stat().st_size))
    assert "another card" in caught.value.hint
    assert not any(start_of(full, MIB))


def test_a_broken_place_on_a_device_is_said(loop: MakeLoop, image: Path) -> None:
    """With the kernel's device mapper: sectors from 6 MiB on give errors."""
    good = loop(32)
    table = f"0 12288 linear {good} 0\n12288 53248 error"
    name = f"appliance-test-{os.getpid()}"
    done = subprocess.run(
        ["dmsetup", "create", name], input=table, check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no device mapper here: {done.stderr.splitlines()[0] if done.stderr else ''}")
    try:
        with device.opened(Path("/dev/mapper", name)) as disk, pytest.raises(DeviceFailed, match="cannot be"):
            put(disk, image, whole(image.stat().st_size))
    finally:
        subprocess.run(["dmsetup", "remove", "--retry", name], check=True)
    assert not any(start_of(good, MIB))
