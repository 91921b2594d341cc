"""NetworkManager's adapter against a program that writes down what it was asked and answers from a file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from appliance.firstboot import networks
from appliance.firstboot.errors import SetupError
from appliance.firstboot.networks import CannotJoin, NetworkManager, State
from appliance.firstboot.nmcli import Seen
from appliance.firstboot.wifi import Wifi, file_name

HOME = Wifi("Home", "correct horse")
PROGRAM = """#!/bin/sh
echo "$*" >> {folder}/asked
case "$*" in
  *"connection up uuid"*) cat {folder}/up; exit $(cat {folder}/status) ;;
  *"ACTIVE,SSID"*) printf 'no:Next door\\nyes:Home\\\\:5\\n' ;;
  *"wifi list"*) printf 'Home:70:WPA2:2412 MHz\\n' ;;
  *"connection load"*) test "$(stat -c %a "$3")" = 600 && cp "$3" {folder}/loaded ;;
  *" device") printf 'eth0:ethernet:unavailable:\\nwlan0:wifi:disconnected:\\n' ;;
esac
"""


class Manager:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept = folder / "kept"
        self.kept.mkdir()
        self.program = folder / "nmcli"
        self.program.write_text(PROGRAM.format(folder=folder))
        self.program.chmod(0o755)
        self.answers("", 0)
        self.adapter = NetworkManager(self.kept, folder / "volatile", str(self.program))

    def answers(self, text: str, status: int) -> None:
        (self.folder / "up").write_text(text)
        (self.folder / "status").write_text(str(status))

    @property
    def asked(self) -> str:
        return (self.folder / "asked").read_text()


@pytest.fixture
def manager(tmp_path: Path) -> Manager:
    return Manager(tmp_path)


async def test_the_state_and_the_air_are_read(manager: Manager) -> None:
    assert await manager.adapter.state() == State(False, "wlan0")
    assert await manager.adapter.scan() == [Seen("Home", 70, True)]
    assert await manager.adapter.connected() == "Home:5"


async def test_without_a_hotspot_there_is_no_card_for_one(manager: Manager) -> None:
    adapter = NetworkManager(manager.kept, program=str(manager.program), hotspot=False)
    assert (await adapter.state()).card == ""


async def test_a_network_that_works_is_kept(manager: Manager) -> None:
    await manager.adapter.join(HOME)
    (kept,) = manager.kept.iterdir()
    assert kept.name == file_name("Home")
    assert "autoconnect=true" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    tried = (manager.folder / "loaded").read_text()
    assert "autoconnect=false" in tried
    assert manager.asked.splitlines()[-1] == "connection reload"


async def test_no_password_is_ever_an_argument(manager: Manager) -> None:
    await manager.adapter.join(HOME)
    await manager.adapter.raise_hotspot("wlan0", "appliance-k3m7", "1234123412341234", "10.42.0.1")
    await manager.adapter.drop_hotspot()
    assert "correct horse" not in manager.asked
    assert "1234123412341234" not in manager.asked
    assert list((manager.folder / "volatile").iterdir()) == []


async def test_a_network_that_fails_leaves_the_former_one(manager: Manager) -> None:
    await manager.adapter.join(HOME)
    before = (manager.kept / file_name("Home")).read_text()
    manager.answers("Error: Connection activation failed: Secrets were required, but not provided.", 4)
    with pytest.raises(CannotJoin) as caught:
        await manager.adapter.join(Wifi("Home", "something else"))
    assert caught.value.reason == "password"
    assert [path.name for path in manager.kept.iterdir()] == [file_name("Home")]
    assert (manager.kept / file_name("Home")).read_text() == before


async def test_a_network_not_seen_yet_is_looked_for_again(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "AGAIN_SECONDS", 0.01)
    manager.answers("Error: Connection activation failed: The Wi-Fi network could not be found", 4)
    with pytest.raises(CannotJoin) as caught:
        await manager.adapter.join(HOME)
    assert caught.value.reason == "not_found"
    assert manager.asked.count("connection up uuid") == 2


async def test_a_cancelled_try_is_cleaned_up(manager: Manager) -> None:
    manager.program.write_text("#!/bin/sh\ncase \"$*\" in *'up uuid'*) exec sleep 60;; esac\n")
    task = asyncio.create_task(manager.adapter.join(HOME))
    async with asyncio.timeout(10):
        while not (manager.kept / networks.TRIAL).exists():
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(manager.kept.iterdir()) == []


async def test_a_networkmanager_that_hangs_or_is_missing_is_told(manager: Manager) -> None:
    manager.program.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(SetupError, match="has not answered"):
        await manager.adapter._asked("x", seconds=0.2)
    missing = NetworkManager(manager.kept, program=str(manager.folder / "nowhere"))
    with pytest.raises(SetupError, match="No such file"):
        await missing.state()


async def test_endless_output_is_bounded(manager: Manager) -> None:
    manager.program.write_text("#!/bin/sh\nhead -c 2000000 /dev/zero\n")
    assert len(await manager.adapter._asked("x")) == networks.MAX_OUTPUT_BYTES
    manager.program.write_text("#!/bin/sh\nexec cat /dev/zero\n")
    with pytest.raises(SetupError, match="has not answered"):
        await manager.adapter._asked("x", seconds=0.3)
