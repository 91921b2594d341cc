from __future__ import annotations

from pathlib import Path

import pytest

from appliance.errors import ControlError
from appliance.firstboot import notes, prepare
from appliance.firstboot.errors import SetupError
from appliance.firstboot.ownership import Claim, Wrong
from appliance.firstboot.places import Places
from appliance.firstboot.requests import SetupRequests


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")
    prepare.prepare(found)
    prepare.renew_code(found)
    return found


async def test_the_code_is_told(places: Places) -> None:
    code = places.code.read_text()
    answer = await SetupRequests(places).handlers()["setup_code"]({})
    assert answer == {"code": f"{code[:4]} {code[4:]}"}


async def test_a_reset_has_to_be_meant(places: Places) -> None:
    token = Claim(places.claim).verify(places.code.read_text())
    reset = SetupRequests(places).handlers()["setup_reset"]
    for request in ({}, {"sure": "yes"}, {"sure": 1}):
        with pytest.raises(ControlError, match="every owner"):
            await reset(dict(request))
    assert Claim(places.claim).is_owner(token)
    answer = await reset({"sure": True})
    assert not Claim(places.claim).is_owner(token)
    Claim(places.claim).check(answer["code"])


def test_the_summary_for_the_status(places: Places) -> None:
    found = notes.summary(places)
    assert found is not None
    assert (found["claim"], found["network"]) == ("open", "unknown")
    assert found["code"] in notes.line(found)
    Claim(places.claim).verify(found["code"])
    prepare.renew_code(places)
    found = notes.summary(places)
    assert found is not None
    assert found["code"] == ""
    assert "claimed" in notes.line(found)
    assert notes.line(notes.summary(Places(Path("/nowhere"), Path("/nowhere")))) == ""


async def test_the_code_makes_one_owner(places: Places) -> None:
    claim = SetupRequests(places).handlers()["claim_verify"]
    code = places.code.read_text()
    with pytest.raises(ControlError, match="text"):
        await claim({"code": 12345678})
    with pytest.raises(Wrong):
        await claim({"code": "0" * 8 if code != "0" * 8 else "1" * 8})
    answer = await claim({"code": code})
    assert Claim(places.claim).is_owner(answer["token"])
    with pytest.raises(SetupError):
        await claim({"code": code})


async def test_a_factory_reset_has_to_be_meant(places: Places, tmp_path: Path) -> None:
    forget = SetupRequests(places, tmp_path).handlers()["factory_reset"]
    for request in ({}, {"sure": "yes"}, {"sure": 1}):
        with pytest.raises(ControlError, match="removes everything"):
            await forget(dict(request))
    with pytest.raises(SetupError, match="not the appliance's image"):
        await forget({"sure": True})
    assert not (tmp_path / "factory-reset").exists()
