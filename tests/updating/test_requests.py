"""Updates over the control socket."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.model import Update
from appliance.control import ControlClient, ControlServer
from appliance.errors import ControlError
from appliance.updating.requests import UpdateRequests
from appliance.updating.updates import Updates
from tests.updating.machines import Machine
from tests.updating.servers import Key, Server, trust
from tests.updating.test_helper import Rig, rig, serving, wait_until

__all__ = ["rig", "serving"]


async def test_looking_asking_and_installing(
    rig: Rig, n100: Machine, server: Server, key: Key, tmp_path: Path
) -> None:
    trust(n100.root, key)
    updates = Updates(Update(url=server.url), n100.places)
    path = tmp_path / "control.sock"
    control = ControlServer(path, UpdateRequests(updates).handlers(), lambda _: lambda: None)
    await control.start()
    try:
        async with ControlClient(path) as client:
            assert (await client.ask("update"))["available"] is True
            assert (await client.ask("update_check"))["latest"] == "2.0.0"
            with pytest.raises(ControlError, match="path or an address"):
                await client.ask("update_install", source=7)
            with pytest.raises(ControlError, match="nothing is known"):
                await client.ask("update_rollback")
            (tmp_path / "upload.raucb").write_bytes(b"bundle")
            await client.ask("update_install", source=str(tmp_path / "upload.raucb"))
    finally:
        await control.stop()
    wait_until(lambda: rig.restarts == 1)
    assert rig.rauc.asked == [str(tmp_path / "upload.raucb")]
