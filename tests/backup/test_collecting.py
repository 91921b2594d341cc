"""Settings of the machine itself, which lie outside the data directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.backup.collecting import Collector
from appliance.backup.manifest import Manifest
from tests.backup.filled import NOW, config_of, fill


def collected(tmp_path: Path, text: str, *, own: bool, secrets: bool = True) -> Manifest:
    data = fill(tmp_path / "data")
    if not own:
        (data / "appliance.toml").unlink()
    system = tmp_path / "system.toml"
    system.write_text(text)
    (tmp_path / "copies").mkdir()
    collector = Collector(data, tmp_path / "copies", secrets=secrets, system_file=system)
    return collector.collect(config_of(data), NOW)


def test_they_stand_in_for_those_of_the_data_directory(tmp_path: Path) -> None:
    manifest = collected(tmp_path, '[mqtt]\nport = 1\npassword = "x"\n', own=False, secrets=False)
    assert (tmp_path / "copies" / "appliance.toml").read_text() == "[mqtt]\nport = 1\n"
    assert manifest.shortened == ("appliance.toml",)
    assert "appliance.toml" not in manifest.absent
    assert manifest.outside == ()


@pytest.mark.parametrize(
    ("text", "own"),
    [("[mqtt]\nport = 1\n", True), ('[paths]\ndata = "/x"\n', False), ("no settings", False)],
)
def test_otherwise_they_are_named(tmp_path: Path, text: str, own: bool) -> None:
    manifest = collected(tmp_path, text, own=own)
    assert manifest.outside == (str(tmp_path / "system.toml"),)
    assert ("appliance.toml" in manifest.absent) is not own
