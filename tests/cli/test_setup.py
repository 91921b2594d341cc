from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.control import Answer, ControlServer, socket_path
from appliance.firstboot import places as place_module
from appliance.firstboot import prepare
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places
from appliance.firstboot.requests import SetupRequests


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    found = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")
    prepare.prepare(found)
    monkeypatch.setattr(place_module, "Places", lambda: found)
    return found


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["setup", "--json", *arguments]) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_the_state_is_shown_without_secrets(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    prepare.renew_code(places)
    places.hotspot_state.write_text('{"phase": "online"}')
    answer = asked(capsys, "status")
    assert (answer["claim"], answer["network"], answer["ssh"]) == ("open", "online", False)
    assert str(answer["address"]).endswith(".local")
    assert main(["setup", "status"]) == 0
    assert places.code.read_text()[:4] not in capsys.readouterr().out


def test_the_code_is_shown_in_fours(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    prepare.renew_code(places)
    code = places.code.read_text()
    assert asked(capsys, "code") == {"code": f"{code[:4]} {code[4:]}"}


def test_without_a_code_the_remedy_is_told(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    assert places
    assert main(["setup", "code"]) == 1
    assert "reset-claim" in capsys.readouterr().err


def test_a_reset_forgets_the_owner_and_makes_a_code(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare.renew_code(places)
    token = Claim(places.claim).verify(places.code.read_text())
    code = str(asked(capsys, "reset-claim")["code"])
    assert not Claim(places.claim).is_owner(token)
    Claim(places.claim).check(code)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands look for an appliance here."""
    monkeypatch.setenv("APPLIANCE__PATHS__DATA", str(tmp_path))
    return tmp_path


def test_saying_the_code_needs_a_running_appliance(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare.renew_code(places)
    assert main(["setup", "say-code"]) == 1
    assert "no appliance runs" in capsys.readouterr().err


async def test_a_running_appliance_is_asked(
    places: Places, alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare.renew_code(places)
    said: list[str] = []

    async def announce(request: Answer) -> Answer:
        said.append(str(request["text"]))
        return {"rooms": request["rooms"]}

    path = socket_path(alone)
    path.parent.mkdir(exist_ok=True)
    handlers = {**SetupRequests(places).handlers(), "announce": announce}
    server = ControlServer(path, handlers, lambda _: lambda: None)
    await server.start()
    code = places.code.read_text()
    assert await asyncio.to_thread(main, ["setup", "say-code"]) == 0
    assert ", ".join(code[:4]) in said[0]
    capsys.readouterr()
    places.code.chmod(0o600)
    assert await asyncio.to_thread(main, ["setup", "--json", "reset-claim"]) == 0
    assert json.loads(capsys.readouterr().out)["code"].replace(" ", "") == places.code.read_text() != code
    await server.stop()


@pytest.mark.parametrize("typed", ["", "y\n", "yes\n", "forget\n"])
def test_a_factory_reset_is_not_done_by_mistake(
    typed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    monkeypatch.setenv("APPLIANCE__PATHS__DATA", str(tmp_path))
    assert main(["setup", "factory-reset"]) == 1
    assert "nothing was changed" in capsys.readouterr().err


def test_a_factory_reset_that_nobody_can_do_tells_the_other_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("forget everything\n"))
    monkeypatch.setenv("APPLIANCE__PATHS__DATA", str(tmp_path))
    assert main(["setup", "factory-reset"]) == 1
    assert "partition APPLIANCE" in capsys.readouterr().err
