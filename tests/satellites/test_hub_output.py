"""What a turn looks like from the satellite that it belongs to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from appliance.config.model import Config
from appliance.pipeline.trace import TurnNote
from appliance.satellites import protocol
from appliance.satellites.flow import Faults
from appliance.satellites.hub_output import SatelliteOutput, Wiring
from appliance.satellites.protocol_audio import Chunk

RUN = protocol.HUB_RUN | 3
SPEECH = b"\x01\x02" * 1_600


class Bench:
    """A satellite's output, and all that it says."""

    def __init__(self, **able: Any) -> None:
        self.said: list[Any] = []
        self.output = SatelliteOutput(
            "kitchen",
            Wiring(
                config=Config,
                say=lambda name, leaf, message: self.said.append(message),  # noqa: ARG005
                faults=Faults(),
                clock=lambda: 0.0,
                button=lambda name, button: None,  # noqa: ARG005
                call=lambda name, to: None,  # noqa: ARG005
                changed=lambda name: None,  # noqa: ARG005
            ),
        )
        self.output.capabilities = protocol.Capabilities((1,), **able)

    def notes(self, *kinds: Any, **data: Any) -> list[Any]:
        for kind in kinds:
            self.output.note(TurnNote(3, kind, 0, data, "kitchen"))
        return self.said


@pytest.mark.parametrize(
    ("kind", "data", "state"),
    [
        ("listening", {}, "listening"),
        ("endpoint", {}, "transcribing"),
        ("transcript", {"text": "x"}, "thinking"),
        ("intent", {"deeds": []}, "thinking"),
        ("intent", {"deeds": [{}]}, "acting"),
        ("reply", {"text": "x"}, "speaking"),
    ],
)
def test_notes_become_progress(kind: Any, data: dict[str, Any], state: str) -> None:
    assert Bench().notes(kind, **data) == [protocol.Progress(RUN, state)]  # type: ignore[arg-type]


def test_the_same_state_is_said_once_and_what_says_nothing_new_is_not_said() -> None:
    bench = Bench()
    bench.notes("wake", "reply", "reply", "first_audio", "played", "deed", text="x")
    assert bench.said == [protocol.Progress(RUN, "speaking")]


def test_the_end_is_said_with_its_outcome() -> None:
    assert Bench().notes("done", outcome="late") == [protocol.Progress(RUN, "done", "late")]


def test_long_words_are_cut_for_a_display() -> None:
    texts = [each.text for each in Bench(text=True).notes("partial", text="x" * 5_000)]
    assert texts == ["x" * protocol.MAX_TEXT_CHARS]


async def test_a_cancelled_answer_is_silenced_and_forgotten() -> None:
    bench = Bench(max_ahead_ms=200)
    for _ in range(10):
        bench.output.play(3, 16_000, SPEECH)
    bench.output.cancel(3)
    assert [type(each) for each in bench.said[-1:]] == [protocol.Cancel]
    said = len(bench.said)
    await asyncio.sleep(0.3)
    assert len(bench.said) == said, "what waited is not sent any more"
    bench.output.cancel(3)
    bench.output.cancel(99)
    assert len(bench.said) == said


def test_a_loudspeaker_that_is_not_there_gets_nothing() -> None:
    bench = Bench(loudspeaker=False)
    bench.output.play(3, 16_000, SPEECH)
    bench.output.end(3)
    assert [each for each in bench.said if isinstance(each, Chunk)] == []


def test_volume_chime_and_tick() -> None:
    deaf, able = Bench(), Bench(volume=True)
    for bench in (deaf, able):
        bench.output.volume(7.0)
        bench.output.chime(3)
        bench.output.tick(3)
    assert deaf.said == [protocol.Chime(RUN), protocol.Tick(RUN)]
    assert able.said == [protocol.Volume(1.0), protocol.Chime(RUN), protocol.Tick(RUN)]


def test_a_reason_of_any_kind_can_be_said() -> None:
    bench = Bench()
    bench.output.searched(False, "line\nbreak" + "x" * 500)
    assert protocol.decode("down", "search", protocol.encode(bench.said[0])) == bench.said[0]
