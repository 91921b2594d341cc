"""What an appliance says of itself, from its first moment on."""

from __future__ import annotations

import json
from pathlib import Path

from appliance import status
from appliance.config.model import Audio, Config, Paths, Wake
from appliance.daemon import Appliance
from appliance.presence.panel import Trouble
from tests.appliances import NO_WEB


async def test_everything_is_there_and_can_be_sent(tmp_path: Path) -> None:
    config = Config(
        paths=Paths(data=str(tmp_path / "data")),
        audio=Audio(device="none"),
        wake=Wake(engine="microwakeword"),
        web=NO_WEB,
    )
    appliance = Appliance(config, read=lambda _values: config)
    try:
        await appliance.start()
        found = status.of(appliance, {}, appliance._rooms)
        assert json.loads(json.dumps(found)) == json.loads(json.dumps(found))
        assert found["timers"] == 0
        assert found["alerts"] == []
        appliance.panel.alerts = (Trouble("latency", True, "slow for minutes", "a smaller model"),)
        slow = {"name": "latency", "reason": "slow for minutes", "hint": "a smaller model"}
        assert status.of(appliance, {}, appliance._rooms)["alerts"] == [slow]
        assert found["judgement"] == {"troubles": []}
        assert found["home_assistant"] is None
        assert {stage["name"] for stage in found["stages"]} >= {"sound", "wake", "intent"}
        assert found["mqtt"]["host"] == "127.0.0.1"
    finally:
        await appliance.stop()
