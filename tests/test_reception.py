"""All that can be asked, put together: everything that commands and the page need."""

from __future__ import annotations

from pathlib import Path

from appliance import daemon, reception
from appliance.config.model import Audio, Config, Home, Mqtt, Paths
from appliance.models_requests import ModelsRequests
from tests.appliances import NO_WEB

WANTED = {
    *("status", "ask", "hush", "mute", "announce", "person_add", "audit_list", "timers", "backup_take"),
    *("history_list", "metrics", "logs", "setup_code", "claim_verify", "update", "devices", "settings"),
    *("models", "satellite_mute", "timer_start"),
}


async def test_everything_is_served(tmp_path: Path) -> None:
    config = Config(
        paths=Paths(data=str(tmp_path)),
        audio=Audio(device="none"),
        mqtt=Mqtt(host="embedded"),
        home=Home(discovery_form="none"),
        web=NO_WEB,
    )
    appliance = daemon.Appliance(config)
    await appliance.start()
    try:
        served = reception.handlers(
            appliance, appliance._rooms, ModelsRequests(appliance, lambda _: None),
            fixed=daemon.NEED_A_RESTART, reload=None, origins=None,
        )  # fmt: skip
    finally:
        await appliance.stop()
    assert WANTED - set(served) == set()
    assert len(served) > 50
