"""The appliance as its panel shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from appliance import panel
from appliance.config import chosen
from appliance.config.model import Config, Paths
from appliance.engines import loading
from appliance.engines.tts import espeak
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


async def test_every_voice_that_is_offered_speaks(tmp_path: Path) -> None:
    facts = await panel.AppliancePanel(
        Idle(tmp_path),
        hub=None,
        store=chosen.ChosenStore(tmp_path / "c"),
        reload=_nothing,
        restart=lambda: None,
    ).facts()
    assert len(facts.voices) > 3
    for voice in facts.voices[1:]:
        engine = espeak.Engine(loading.options("tts", "espeak", {"voice": voice}), {}, 1)
        assert engine.open()
        engine.close()


async def _nothing() -> None: ...


def test_voices_of_other_programs_are_not_offered() -> None:
    table = """\
Pty Language       Age/Gender VoiceName          File                 Other Languages
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 3  en-uk           --/M      english-mb-en1     mb/mb-en1            (en-gb 3)(en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
"""
    assert panel.espeak_voices(table) == ("default", "en", "en-us")
    assert panel.espeak_voices("") == ("default",)
