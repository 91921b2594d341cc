"""What people download is made from an image, always the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.flashing import bmap, packing
from tools.flashing import image as images
from tools.flashing.errors import FlashError


@pytest.fixture(autouse=True)
def _zstd() -> None:
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed: apt-get install zstd")


def test_an_image_its_map_and_their_checksums_are_made(image: Path) -> None:
    (image.parent / "SHA256SUMS").write_text(f"{'0' * 64}  another.img.zst\n{'1' * 64}  {image.name}.zst\n")
    made = packing.make(image, level=1)
    assert [path.name for path in made] == [f"{image.name}.bmap", f"{image.name}.zst"]
    with images.opened(made[1]) as opened:
        assert opened.size == image.stat().st_size
    subprocess.run(["zstd", "-q", "-d", "-f", made[1], "-o", image.with_name("again.img")], check=True)
    assert image.with_name("again.img").read_bytes() == image.read_bytes()
    assert bmap.parse(made[0].read_bytes()).image_bytes == image.stat().st_size
    sums = image.with_name("SHA256SUMS")
    assert len(sums.read_text().splitlines()) == 3
    own = sums.read_text().split("\n", 1)[1]
    subprocess.run(["sha256sum", "--quiet", "-c"], input=own, text=True, cwd=image.parent, check=True)
    before = [path.read_bytes() for path in (*made, sums)]
    packing.make(image, level=1)
    assert [path.read_bytes() for path in (*made, sums)] == before
    assert not list(image.parent.glob(".*"))


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    for name in ("x.img", "x.img.zst"):
        with pytest.raises(FlashError, match="not an uncompressed image"):
            packing.make(tmp_path / name)


def test_an_error_of_the_compressor_is_said(image: Path) -> None:
    image.with_name(f".{image.name}.zst.new").mkdir()
    with pytest.raises(FlashError, match="cannot be compressed"):
        packing.compress(image, level=1)
