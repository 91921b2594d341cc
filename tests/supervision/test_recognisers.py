"""The recognisers' stage as the appliance starts it, in each kind of wall: the home's graph, and speech."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from appliance import plan
from appliance.audio import pcm
from appliance.config.model import Config, Paths, Stt
from appliance.supervision.ladder import Ladder
from appliance.wire import messages as m
from tests import hearing
from tests.ears import graphs
from tests.supervision.running import Running, running
from tests.supervision.test_launch import require

GRAMMAR = m.SpeechGrammar(("turn (on|off) the <name>",), {"name": ("kitchen light", "Zwiebelfisch")})
ENGINES = ("pocketsphinx", "vosk", "vosk with a graph of its own")


def configuration(engine: str, shared_models: Path, folder: Path) -> Config:
    if engine == "pocketsphinx":
        stt = Stt(engine=engine)
    else:
        make = graphs.bare_model if engine == "vosk" else graphs.copied_model
        stt = Stt(engine="vosk", model=str(make(shared_models, folder / "model")))
    return Config(stt=stt, paths=Paths(data=str(folder)))


def transcripts(now: Running) -> list[m.Transcript]:
    return [message for _, message in now.heard.messages if isinstance(message, m.Transcript)]


async def said(now: Running, turn: int, text: str) -> m.Transcript:
    sound = hearing.spoken(text, "en-us") + hearing.SILENCE
    now.supervisor.send("stt", m.ListenStart(turn))
    for number, block in enumerate(pcm.blocks(sound, 1_000 * pcm.BYTES_PER_MS)):
        now.supervisor.send("stt", m.Audio(turn, number * 1_000, block))
    now.supervisor.send("stt", m.ListenEnd(turn))
    await now.until_soon(lambda: any(each.turn == turn for each in transcripts(now)))
    return next(each for each in transcripts(now) if each.turn == turn)


@pytest.mark.parametrize("kind", ["namespaces", "landlock"])
@pytest.mark.parametrize("engine", ENGINES)
def test_sentences_are_heard_behind_walls(
    engine: str, kind: str, shared_models: Path, tmp_path: Path
) -> None:
    require(kind)
    specs = plan.make(configuration(engine, shared_models, tmp_path)).specs
    spec = next(each for each in specs if each.name == "stt")

    async def scenario() -> None:
        async with running(Ladder("limits", kind), spec) as now:
            await now.ready(name="stt")
            now.supervisor.send("stt", m.SetGrammar(GRAMMAR))
            heard = await said(now, 1, "turn off the kitchen light")
            assert heard.text == "turn off the kitchen light"
            if engine != "pocketsphinx":
                assert [word.word for word in heard.words] == heard.text.split()
                times = [time for word in heard.words for time in (word.start_ms, word.end_ms)]
                assert times == sorted(times)
                assert 0 < times[-1] < 10_000
            assert (await said(now, 2, "do you think it will rain on our holiday")).text == ""
            assert now.status("stt").restarts == 0

    asyncio.run(scenario())
