"""The archive: bounded, private, whole, and the same for the same content."""

from __future__ import annotations

import gzip
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.errors import ApplianceError
from appliance.support import bundle
from appliance.support.collecting import Piece

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PIECES = [Piece("a.json", "first", b"{}\n"), Piece("b.txt", "second", b"x" * 10)]


def test_what_is_in_it_is_told_in_it() -> None:
    packed = bundle.packed(PIECES, NOW)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        names = archive.getnames()
        readme = archive.extractfile(names[0])
        assert readme is not None
        text = readme.read().decode()
    folder = "appliance-support-20261121T120000Z"
    assert names == [f"{folder}/README.txt", f"{folder}/a.json", f"{folder}/b.txt"]
    assert "10 bytes  second" in text
    assert bundle.packed(PIECES, NOW) == packed


def test_too_much_is_refused() -> None:
    with pytest.raises(ApplianceError, match="above"):
        bundle.packed([Piece("a", "", bytes(bundle.MAX_BYTES + 1))], NOW)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ApplianceError, match="there already"):
        bundle.write(tmp_path / "out", b"x")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ApplianceError, match="cannot be written"):
        bundle.write(tmp_path / "none" / "out", b"x")
