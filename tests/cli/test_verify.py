"""`appliance verify` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.backup.making import make
from tests.backup.filled import NOW, PASSPHRASE, config_of, fill
from tests.cli.test_backup import command


def test_it_lists_what_is_in_it(tmp_path: Path) -> None:
    plain = make(config_of(fill(tmp_path / "data")), tmp_path, "", NOW).path
    code, out, err = command(tmp_path / "other", "verify", plain)
    assert (code, err) == (0, "")
    assert out.startswith("made 2026-11-21T08:30:00Z by version")
    assert "judgement/people.db" in out
    assert "models, to be fetched again: en-voice" in out
    code, out, _ = command(tmp_path / "other", "verify", "--json", plain)
    assert json.loads(out)["format"] == 1


@pytest.mark.parametrize("place", [10, 500, -20])
def test_one_changed_byte_is_seen(tmp_path: Path, place: int) -> None:
    path = Path(make(config_of(fill(tmp_path / "data")), tmp_path, PASSPHRASE, NOW).path)
    (tmp_path / "words").write_text(PASSPHRASE)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    code, _, err = command(tmp_path / "other", "verify", path, "--passphrase-file", tmp_path / "words")
    assert code == 1
    assert "→" in err
    assert "Traceback" not in err


def test_nothing_named(tmp_path: Path) -> None:
    code, _, err = command(tmp_path / "data", "verify")
    assert code == 1
    assert "name one backup" in err
