"""What of an image is mapped depends on its bytes only."""

from __future__ import annotations

import hashlib
import os
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flashing.conftest import MIB, fat, run
from tools.flashing import bmap, mapping
from tools.flashing.errors import BadImage
from tools.flashing.extents import gaps

GRAIN = mapping.GRAIN_BYTES
PIECES = st.lists(st.sampled_from(["hole", "zeros", "data", "speck"]), min_size=1, max_size=12)


def write(path: Path, pieces: list[str], tail: int, *, sparse: bool) -> None:
    with path.open("wb") as file:
        for number, kind in enumerate(pieces):
            match kind:
                case "hole" if sparse:
                    file.seek(GRAIN, os.SEEK_CUR)
                case "hole" | "zeros":
                    file.write(bytes(GRAIN))
                case "speck":
                    file.write(bytes(GRAIN - 1) + b"x")
                case _:
                    file.write(hashlib.shake_128(b"%d" % number).digest(GRAIN))
        file.truncate(len(pieces) * GRAIN + tail)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(pieces=PIECES, tail=st.integers(0, 5000))
def test_mapped_ranges_hold_every_byte_that_is_not_zero(tmp_path: Path, pieces: list[str], tail: int) -> None:
    path = tmp_path / "image"
    write(path, pieces, tail, sparse=True)
    counted: list[int] = []
    found = mapping.of_file(path, counted.append, guard_bytes=0)
    content = path.read_bytes()
    assert sum(counted) == len(content) == found.image_bytes
    for extent in found.extents:
        assert hashlib.sha256(content[extent.start : extent.end]).hexdigest() == extent.sha256
    assert not any(content[gap.start : gap.end].strip(b"\0") for gap in gaps(found.extents, len(content)))
    mapped = sum(extent.length for extent in found.extents)
    assert mapped == GRAIN * sum(kind in {"data", "speck"} for kind in pieces)
    write(path, pieces, tail, sparse=False)
    assert bmap.render(mapping.of_file(path, counted.append, guard_bytes=0)) == bmap.render(found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(pieces=PIECES, tail=st.integers(0, 5000), guard=st.sampled_from([GRAIN, 2 * GRAIN]))
def test_zeros_near_data_are_mapped_with_it(tmp_path: Path, pieces: list[str], tail: int, guard: int) -> None:
    path = tmp_path / "image"
    write(path, pieces, tail, sparse=True)
    bare = mapping.of_file(path, lambda _: None, guard_bytes=0)
    found = mapping.of_file(path, lambda _: None, guard_bytes=guard)
    size = path.stat().st_size
    near = {n for e in bare.extents for n in range(max(0, e.start - guard), min(size, e.end + guard), 4096)}
    mapped = {n for e in found.extents for n in range(e.start, e.end, 4096)}
    assert mapped == near
    assert all(a.end < b.start for a, b in pairwise(found.extents))


def test_a_fat_is_whole_also_when_gaps_keep_an_old_owners_bytes(tmp_path: Path) -> None:
    """As bmaptool and fastboot leave them; the ESP as systemd-repart makes it."""
    path = tmp_path / "x.img"
    content = fat(tmp_path, "APPLIANCE", 256, "-F", "-c", "1")
    path.write_bytes(content)
    found = mapping.of_file(path, lambda _: None)
    assert sum(extent.length for extent in found.extents) < 10 * MIB
    disk = bytearray(b"\xa5" * len(content))
    for extent in found.extents:
        disk[extent.start : extent.end] = content[extent.start : extent.end]
    old = tmp_path / "disk"
    old.write_bytes(disk)
    assert run("mdir", "-i", old, "::") == run("mdir", "-i", path, "::")
    half = tmp_path / "half"
    half.write_bytes(os.urandom(100 * MIB))
    run("mcopy", "-i", old, half, "::half")
    assert (
        subprocess.run(["mtype", "-i", old, "::half"], check=True, capture_output=True).stdout
        == half.read_bytes()
    )


def test_a_copy_without_holes_gives_the_same_map(image: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.img"
    subprocess.run(["cp", "--sparse=never", image, copy], check=True)
    assert mapping.of_file(copy, lambda _: None) == mapping.of_file(image, lambda _: None)


def test_an_empty_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.img").touch()
    with pytest.raises(BadImage, match="empty"):
        mapping.of_file(tmp_path / "x.img", lambda _: None)
