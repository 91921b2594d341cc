"""The appliance as its panel shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from appliance import panel
from appliance.budget.fit import Fit
from appliance.config import chosen, chosen_store
from appliance.config.model import Config, Paths
from appliance.engines import loading
from appliance.engines.tts import espeak
from appliance.errors import ConfigError
from appliance.home.entities import House
from appliance.pipeline.conductor import Conductor
from appliance.presence.panel import Trouble
from appliance.presence.presence import Presence  # noqa: F401 - the panel fits its Protocol
from appliance.supervision.supervisor import Supervisor
from appliance.updating import release
from appliance.updating.places import Places
from appliance.updating.updates import Updates


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
        self.updates = Updates(self.config.update, Places(data / "root"))


async def test_it_reads_and_steers(tmp_path: Path) -> None:
    appliance = Idle(tmp_path)
    store = chosen_store.ChosenStore(chosen.path_of(tmp_path))
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
        store=chosen_store.ChosenStore(tmp_path / "c"),
        reload=_nothing,
        restart=lambda: None,
    ).facts()
    assert len(facts.voices) > 3
    for voice in facts.voices[1:]:
        engine = espeak.Engine(loading.options("tts", "espeak", {"voice": voice}), {}, 1)
        assert engine.open()
        engine.close()


async def _nothing() -> None: ...


def test_a_machine_that_is_too_small_is_a_problem_with_a_remedy() -> None:
    small = Fit("small", 512, 400, 900, 700, "700 MB are needed", "choose smaller models")
    trouble = panel.budget_trouble(small)
    assert trouble == Trouble("budget", True, "700 MB are needed", "choose smaller models")
    for quiet in (None, msgspec.structs.replace(small, verdict="fits")):
        assert panel.budget_trouble(quiet) == Trouble("budget", False)


def test_voices_of_other_programs_are_not_offered() -> None:
    table = """\
Pty Language       Age/Gender VoiceName          File                 Other Languages
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 3  en-uk           --/M      english-mb-en1     mb/mb-en1            (en-gb 3)(en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
"""
    assert panel.espeak_voices(table) == ("default", "en", "en-us")
    assert panel.espeak_voices("") == ("default",)


async def test_only_the_image_can_update_itself(tmp_path: Path) -> None:
    appliance = Idle(tmp_path)
    store = chosen_store.ChosenStore(chosen.path_of(tmp_path))
    shown = panel.AppliancePanel(appliance, hub=None, store=store, reload=asyncio.sleep, restart=lambda: None)
    assert not (await shown.facts()).can_update
    with pytest.raises(ConfigError, match="cannot update itself"):
        shown.install()
    places = Places(tmp_path / "root")
    for path in (places.root / release.FILE, places.socket):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('version = "1.2.3"\nboard = "n100"\nchannel = "stable"\n')
    await appliance.updates.look()
    assert (await shown.facts()).can_update
    assert appliance.updates.view.entity()["installed_version"] == "1.2.3"
    await store.close()
    appliance.conductor.close()
