from __future__ import annotations

from pathlib import Path

import pytest

from appliance.firstboot import machine, naming
from appliance.firstboot.errors import Fault
from appliance.firstboot.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "config").mkdir()
    return Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The host name of the machine that runs the tests stays as it is."""
    names: list[str] = []
    monkeypatch.setattr(machine, "set_host_name", names.append)
    return names


def test_a_name_is_in_force_and_remembered(places: Places, given: list[str]) -> None:
    assert naming.remembered(places) == ""
    naming.rename(places, "Living-Room")
    assert given == ["living-room"]
    assert naming.remembered(places) == "living-room"
    assert places.name.stat().st_mode & 0o777 == 0o644


def test_what_is_no_name_changes_nothing(places: Places, given: list[str]) -> None:
    with pytest.raises(Fault):
        naming.rename(places, "not a name")
    assert given == []
    assert not places.name.exists()


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"\xff\xff", b"x" * 300, b"localhost"])
def test_a_file_that_holds_no_name_is_left_out(places: Places, content: bytes) -> None:
    places.name.write_bytes(content)
    assert naming.remembered(places) == ""
