from __future__ import annotations

from pathlib import Path

import pytest

from appliance.firstboot import notes, prepare
from appliance.firstboot.errors import SetupError
from appliance.firstboot.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")
    prepare.prepare(found)
    return found


@pytest.mark.parametrize(
    ("content", "phase"),
    [(b'{"phase": "open"}', "open"), (b'{"phase": "x"}', ""), (b"[", ""), (b"[1]", ""), (b"\xff", "")],
)
def test_the_phase_is_one_that_there_is(places: Places, content: bytes, phase: str) -> None:
    assert notes.network_phase(places) == ""
    places.hotspot_state.write_bytes(content)
    assert notes.network_phase(places) == phase


def test_the_owner_and_the_code(places: Places) -> None:
    assert notes.owner_state(places) == "unprepared"
    with pytest.raises(SetupError, match="no claim code"):
        notes.claim_code(places)
    prepare.renew_code(places)
    assert notes.owner_state(places) == "open"
    assert len(notes.claim_code(places)) == 8


def test_a_machine_without_the_set_up_has_no_owner(tmp_path: Path) -> None:
    assert notes.owner_state(Places(tmp_path / "none", tmp_path / "none")) == "unprepared"
