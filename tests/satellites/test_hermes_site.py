"""One Hermes room on paper: what it sends for what the pipeline tells it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.pipeline.trace import TurnNote
from appliance.satellites import hermes, hermes_site, hermes_wav
from appliance.satellites.hermes_site import HermesSite, Session, intent

WORDS = b"\x01\x02" * 800


class Listening:
    """The pipeline's end of the room."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def play_started(self, turn: int) -> None:
        self.calls.append(("started", turn))

    def played(self, turn: int) -> None:
        self.calls.append(("played", turn))


class Room:
    """A site whose messages are kept."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []
        self.place = Listening()
        self.site = HermesSite(
            "hall", lambda topic, message: self.posted.append((topic, message)), _yes, "en"
        )
        self.site.place = self.place  # type: ignore[assignment]

    def topics(self) -> list[str]:
        return [topic.split("/playBytes")[0] for topic, _ in self.posted]

    def wavs(self) -> list[hermes_wav.Wav]:
        return [hermes_wav.decode(message) for _, message in self.posted if isinstance(message, bytes)]

    def requests(self) -> list[str]:
        return [topic.rsplit("/", 1)[-1] for topic, _ in self.posted if "/playBytes/" in topic]

    def ended(self) -> list[str]:
        return [each.termination.reason for _, each in self.posted if isinstance(each, hermes.SessionEnded)]

    def note(self, kind: Any, turn: int = 1, **data: Any) -> None:
        self.site.note(TurnNote(turn, kind, 0, data=data, site="hall"))


def _yes() -> bool:
    return True


async def pause() -> None:
    await asyncio.sleep(hermes_site.GATHER_SECONDS * 1.5)


async def test_speech_made_in_a_moment_is_one_wav() -> None:
    room = Room()
    for _ in range(5):
        room.site.play(1, 22_050, WORDS)
    room.site.end(1)
    await pause()
    assert [(wav.rate_hz, wav.pcm) for wav in room.wavs()] == [(22_050, WORDS * 5)]
    assert room.place.calls == [("started", 1)]
    room.site.finished(room.requests()[0])
    assert room.place.calls == [("started", 1), ("played", 1)]


async def test_another_turn_does_not_wait_for_the_one_before() -> None:
    room = Room()
    room.site.play(1, 16_000, WORDS)
    await pause()
    room.site.play(2, 16_000, WORDS[::-1])
    room.site.end(2)
    await pause()
    assert [wav.pcm for wav in room.wavs()] == [WORDS, WORDS[::-1]]
    room.site.finished(room.requests()[1])
    assert room.place.calls[-1] == ("played", 2)


async def test_silence_forgets_what_waits() -> None:
    room = Room()
    room.site.play(1, 16_000, WORDS)
    await pause()
    room.site.play(1, 16_000, WORDS)
    room.site.cancel(2)
    room.site.cancel(1)
    room.site.finished(room.requests()[0])
    await pause()
    assert len(room.wavs()) == 1
    assert room.posted[-1][0] == "hermes/hotword/toggleOn"


async def test_an_end_without_speech_is_over_at_once() -> None:
    room = Room()
    room.site.end(3)
    await pause()
    assert room.place.calls == [("played", 3)]
    assert room.posted == []


async def test_speech_waits_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hermes_site, "MAX_QUEUED_BYTES", len(WORDS) * 3)
    room = Room()
    for _ in range(10):
        room.site.play(1, 16_000, WORDS)
    await pause()
    assert room.wavs()[0].pcm == WORDS * 3


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        *hermes_site.OUTCOMES.items(),
        ("something new", "error"),
    ],
)
def test_every_outcome_has_its_reason(outcome: str, reason: str) -> None:
    room = Room()
    room.note("wake", word="jarvis", score=0.5)
    room.note("listening")
    room.note("done", outcome=outcome)
    assert room.ended() == [reason]


def test_a_turn_of_somebody_else_does_not_end_the_session() -> None:
    room = Room()
    room.note("wake", word="jarvis", score=0.5)
    room.note("listening", turn=1)
    room.note("done", turn=2, outcome="answered")
    assert room.ended() == []


def test_trouble_with_the_search_is_told() -> None:
    room = Room()
    room.site.searched(on=True, reason="")
    room.site.searched(on=False, reason="the processor is busy")
    assert room.topics() == ["hermes/error/hotword"]
    assert "the processor is busy" in room.posted[0][1].error


@pytest.mark.parametrize(("level", "sent"), [(-1.0, 0.0), (0.3, 0.3), (7.0, 1.0)])
def test_loudness(level: float, sent: float) -> None:
    room = Room()
    room.site.volume(level)
    assert room.posted == [
        ("rhasspy/audioServer/setVolume", hermes.SetVolume(site_id="hall", volume=sent)),
    ]


def test_slots_are_bounded() -> None:
    deed = {"entity_id": [f"light.l{at}" for at in range(500)], "data": {"brightness_pct": 5}}
    told = intent("hall", "HassTurnOn", "all lights", [deed], 1.0, session=Session("s"))
    assert len(told.slots) == hermes_site.MAX_SLOTS
    assert len(hermes.encode(told)) < 20_000


KINDS = ["wake", "listening", "endpoint", "transcript", "intent", "reply", "done", "first_audio"]
NOTES = st.sampled_from(KINDS)

NOTES = st.sampled_from(
    ["wake", "listening", "endpoint", "transcript", "intent", "reply", "done", "first_audio"]
)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "outcome": st.sampled_from([*hermes_site.OUTCOMES, "odd"]),
        "text": st.text(max_size=2_000),
        "intent": st.sampled_from(["", "HassTurnOn", "a/b#+"]),
        "word": st.text(max_size=100),
    },
)


@settings(deadline=None)
@given(st.lists(st.tuples(NOTES, st.integers(1, 3), DATA), max_size=30))
def test_every_session_that_began_ends_once_at_most(notes: list[tuple[str, int, dict[str, Any]]]) -> None:
    room = Room()
    for kind, turn, data in notes:
        room.note(kind, turn, **data)
    room.site.gone()
    began = [each.session_id for _, each in room.posted if isinstance(each, hermes.SessionStarted)]
    ended = [each.session_id for _, each in room.posted if isinstance(each, hermes.SessionEnded)]
    assert began == ended
    assert len(set(began)) == len(began)
    for topic, message in room.posted:
        assert not set("+#") & set(topic)
        assert isinstance(message, bytes) or msgspec.json.decode(hermes.encode(message))
