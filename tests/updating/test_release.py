"""What the image says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.updating import release
from appliance.updating.errors import UpdateError
from tests.updating import machines


def test_it_is_read(tmp_path: Path) -> None:
    machines.release(tmp_path, "pi5", "2026.11.2", 4)
    found = release.read(tmp_path)
    assert (found.version, found.board, found.epoch, found.compatible) == (
        "2026.11.2",
        "pi5",
        4,
        "appliance-pi5",
    )


def test_without_an_epoch_it_is_the_first(tmp_path: Path) -> None:
    machines.release(tmp_path)
    (tmp_path / release.FILE).write_text('version = "1"\nboard = "n100"\nmore = true\n')
    assert release.read(tmp_path).epoch == 1


def test_elsewhere_there_is_nothing_to_update(tmp_path: Path) -> None:
    with pytest.raises(UpdateError, match="not the appliance's image"):
        release.read(tmp_path)


@pytest.mark.parametrize("text", ["", "version = 1", 'version = "1"\nboard = "n100"\nepoch = "two"', "[["])
def test_a_damaged_one(tmp_path: Path, text: str) -> None:
    machines.release(tmp_path)
    (tmp_path / release.FILE).write_text(text)
    with pytest.raises(UpdateError, match="release"):
        release.read(tmp_path)
