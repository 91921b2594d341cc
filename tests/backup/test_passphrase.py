"""Where passphrases come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.backup.errors import BackupError
from appliance.backup.passphrase import VARIABLE, find
from appliance.errors import ApplianceError
from tests.backup.filled import config_of


def test_the_first_of_them_counts(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("from a file\n")
    (tmp_path / "b").write_text("from the settings")
    config = config_of(tmp_path, passphrase_file="b")
    assert find(tmp_path / "a", config, {VARIABLE: "from a variable"}, new=True) == "from a file"
    assert find(None, config, {VARIABLE: "from a variable"}, new=True) == "from a variable"
    assert find(None, config, {}, new=True) == "from the settings"
    assert find(None, config_of(tmp_path), {}, new=True) == ""


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"x" * 2_000, b"a\0bcdefghijk", b"short"]
)
def test_unusable_ones(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ApplianceError) as caught:
        find(tmp_path / "a", None, {}, new=True)
    assert caught.value.hint


def test_a_short_one_still_opens_what_it_once_closed() -> None:
    assert find(None, None, {VARIABLE: "short"}, new=False) == "short"
    with pytest.raises(BackupError, match="shorter"):
        find(None, None, {VARIABLE: "short"}, new=True)
