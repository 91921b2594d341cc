"""The appliance as its panel shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from appliance import panel
from appliance.config import chosen
from appliance.config.model import Config, Paths
from appliance.home.entities import House
from appliance.pipeline.conductor import Conductor
from appliance.presence.presence import Presence  # noqa: F401 - the panel fits its Protocol
from appliance.supervision.supervisor import Supervisor


class Nothing:
    """A home without devices."""

    def house(self) -> House:
        return House((), ())


class Idle:
    """An appliance before its stages are started."""

    def __init__(self, data: Path) -> None:
        self.config = Config(paths=Paths(data=str(data)))
        self.data = data
        self.supervisor = Supervisor(self.config, (), lambda *_: None, lambda *_: None)
        self.conductor = Conductor(self.supervisor, Nothing(), self.config)


async def test_it_reads_and_steers(tmp_path: Path) -> None:
    appliance = Idle(tmp_path)
    store = chosen.ChosenStore(chosen.path_of(tmp_path))
    reloaded: list[dict[str, object]] = []

    async def reload() -> None:
        reloaded.append(store.values)

    shown = panel.AppliancePanel(appliance, hub=None, store=store, reload=reload, restart=lambda: None)
    facts = await shown.facts()
    assert facts.voice_key == "tts.voice"
    assert "default" in facts.voices
    assert (shown.phase("local"), shown.muted, list(shown.satellites())) == ("idle", False, [])
    shown.mute("local", muted=True)
    assert shown.muted
    await shown.choose({"audio.volume": 0.2})
    await shown.choose({"audio.volume": 0.2})
    assert reloaded == [{"audio.volume": 0.2}]
    await store.close()
    assert "volume = 0.2" in await asyncio.to_thread(chosen.path_of(tmp_path).read_text)
    appliance.conductor.close()
