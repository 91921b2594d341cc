"""The root side, against hostile requests and a NetworkManager that answers from files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from appliance.firstboot import applying, changes, machine
from appliance.firstboot.changes import Join, Look, Rename, Told
from appliance.firstboot.errors import SetupError
from appliance.firstboot.nmcli import Seen
from appliance.firstboot.places import Places
from appliance.firstboot.wifi import file_name
from tests.firstboot.test_networks import Manager

ID = "0123456789abcdef"


class Root:
    """The root side with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "config", folder / "run", folder / "dnssd")
        for each in (self.places.config, self.places.run, folder / "appliance"):
            each.mkdir()
        self.request = folder / "appliance/change-request"
        self.manager = Manager(folder)

    async def asked(self, content: bytes | changes.Request) -> Told | None:
        """What is answered; None: nothing."""
        raw = content if isinstance(content, bytes) else changes.encode(content)
        self.request.write_bytes(raw)
        await applying.apply(self.places, self.manager.adapter, self.request)
        assert not self.request.exists()
        return self.answer

    @property
    def answer(self) -> Told | None:
        file = self.places.run / changes.ANSWER
        return changes.told(file.read_bytes()) if file.exists() else None


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


async def test_the_air_is_told(root: Root) -> None:
    assert await root.asked(Look(ID)) == Told(
        ID, "done", connected="Home:5", networks=(Seen("Home", 70, True),)
    )


async def test_a_network_is_joined_and_its_password_stays_with_networkmanager_alone(root: Root) -> None:
    assert await root.asked(Join(ID, "Home", "correct horse")) == Told(ID, "done", connected="Home")
    kept = root.manager.kept / file_name("Home")
    assert "psk=correct horse" in kept.read_text()
    assert "hidden=false" in kept.read_text()
    assert "correct horse" not in (root.places.run / changes.ANSWER).read_text()
    assert (root.places.run / changes.ANSWER).stat().st_mode & 0o777 == 0o644


async def test_a_network_that_is_not_seen_may_be_hidden(root: Root) -> None:
    await root.asked(Join(ID, "Secret", "correct horse"))
    assert "hidden=true" in (root.manager.kept / file_name("Secret")).read_text()


async def test_a_wrong_password_is_told_and_nothing_kept(root: Root) -> None:
    root.manager.answers("Error: Connection activation failed: Secrets were required", 4)
    told = await root.asked(Join(ID, "Home", "wrong horse"))
    assert told == Told(ID, "failed", "password", connected="Home:5")
    assert list(root.manager.kept.iterdir()) == []


async def test_while_the_hotspot_is_open_nothing_is_joined(root: Root) -> None:
    root.places.hotspot_state.write_text(json.dumps({"phase": "open"}))
    told = await root.asked(Join(ID, "Home", "correct horse"))
    assert told is not None
    assert (told.state, told.why) == ("failed", "busy")
    assert "up uuid" not in root.manager.asked if (root.manager.folder / "asked").exists() else True


async def test_everything_is_checked_again(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(machine, "set_host_name", given.append)
    for asked in (Rename(ID, "a/b"), Join(ID, "Home\n[x]", "correct horse"), Join(ID, "Home", "short")):
        told = await root.asked(asked)
        assert told is not None
        assert (told.state, told.why) == ("failed", "refused")
        assert "short" not in told.message
    assert given == []
    assert list(root.manager.kept.iterdir()) == []
    assert await root.asked(Rename(ID, "Kitchen")) == Told(ID, "done")
    assert given == ["kitchen"]


async def test_a_name_that_the_kernel_refuses_is_told(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise SetupError(f"no {name}")

    monkeypatch.setattr(machine, "set_host_name", refuse)
    assert await root.asked(Rename(ID, "kitchen")) == Told(ID, "failed", "other", "no kitchen")


async def test_nonsense_is_taken_away_and_not_answered(root: Root) -> None:
    assert await root.asked(b"\x00" * 10_000) is None
    assert await root.asked(b"{}") is None


async def test_links_pipes_and_folders_are_not_followed(root: Root, tmp_path: Path) -> None:
    secret = tmp_path / "shadow"
    secret.write_bytes(changes.encode(Look(ID)))
    root.request.symlink_to(secret)
    assert await applying.apply(root.places, root.manager.adapter, root.request) == 0
    assert secret.exists()
    assert not root.request.is_symlink()
    os.mkfifo(root.request)
    assert await applying.apply(root.places, root.manager.adapter, root.request) == 0
    assert not root.request.exists()
    assert await applying.apply(root.places, root.manager.adapter, root.request) == 0
    root.request.mkdir()
    with pytest.raises(SetupError):
        await applying.apply(root.places, root.manager.adapter, root.request)
    assert root.answer is None
