"""What the reference satellite decides, message by message."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm, tones
from appliance.config.model import Audio, Config
from appliance.satellites import protocol
from appliance.satellites.protocol_audio import MAX_UP_PCM_BYTES, Chunk
from appliance.satellites.unit_session import PIECE_BYTES, UnitSession
from appliance.wire import messages as m
from tests.satellites.test_protocol import EXAMPLES

HUB = protocol.Hub(True, 1, "s1")
HUB_RUN = protocol.HUB_RUN | 5
BLOCK = bytes(range(256)) * 4
assert len(BLOCK) == pcm.BLOCK_BYTES


class Bench:
    """A session whose words are written down."""

    def __init__(self, config: Config | None = None, *, connected: bool = True) -> None:
        self.said: list[tuple[str, Any]] = []
        self.sounded: list[m.Message] = []
        self.notes: list[tuple[int, str, dict[str, Any]]] = []
        self.kept: list[tuple[bool, float]] = []
        self.session = UnitSession(
            config or Config(),
            lambda leaf, message: self.said.append((leaf, message)),
            self.sounded.append,
            lambda run, kind, data: self.notes.append((run, kind, data)),
            lambda muted, volume: self.kept.append((muted, volume)),
        )
        self.at_ms = 0
        if connected:
            self.session.connection(True)
            self.get(HUB)

    def get(self, message: protocol.Message | Chunk, now: float = 0.0) -> None:
        self.session.receive(message, now)

    def hear(self, blocks: int) -> None:
        for _ in range(blocks):
            self.session.hear(self.at_ms, BLOCK)
            self.at_ms += pcm.BLOCK_MS

    def wake(self, now: float = 0.0) -> int:
        self.session.woken("hey_jarvis", 0.9, self.at_ms, 40, now)
        return self.session.run

    def answered(self, run: int, speech: bytes = BLOCK, now: float = 0.0) -> None:
        for state in ("listening", "transcribing", "speaking"):
            self.get(protocol.Progress(run, state), now)  # type: ignore[arg-type]
        self.get(Chunk(run, 0, 0, speech, first=True, last=True), now)

    def audio(self) -> list[Chunk]:
        return [message for leaf, message in self.said if leaf == "audio"]

    def kinds(self, kind: type[Any]) -> list[Any]:
        return [message for _, message in self.said if isinstance(message, kind)]

    def tones(self) -> list[bytes]:
        return [each.pcm for each in self.sounded if isinstance(each, m.Play) and each.turn == 0]

    def outcomes(self) -> list[Any]:
        return [data["outcome"] for _, kind, data in self.notes if kind == "done"]


def test_nothing_leaves_the_house_between_runs() -> None:
    bench = Bench()
    bench.hear(1_000)
    assert bench.audio() == []


def test_what_was_said_right_after_the_wake_word_is_sent_at_once_and_whole() -> None:
    bench = Bench()
    bench.hear(100)
    run = bench.wake()
    bench.hear(10)
    wake = bench.kinds(protocol.Wake)
    assert [(each.run, each.word, each.at_ms, each.age_ms) for each in wake] == [
        (run, "hey_jarvis", 3_200, 40)
    ]
    audio = bench.audio()
    sent = sum(len(chunk.pcm) for chunk in audio)
    assert sent >= (300 + 10 * pcm.BLOCK_MS) * pcm.BYTES_PER_MS
    assert audio[0].at_ms <= 2_900 < audio[0].at_ms + 2 * pcm.BLOCK_MS
    assert audio[0].first
    assert [chunk.sequence for chunk in audio] == list(range(len(audio)))
    for one, other in pairwise(audio):
        assert other.at_ms == one.at_ms + len(one.pcm) // pcm.BYTES_PER_MS, "no gap and no double"
    assert max(len(chunk.pcm) for chunk in audio) <= MAX_UP_PCM_BYTES
    assert len(audio[-1].pcm) == PIECE_BYTES


@pytest.mark.parametrize("state", ["transcribing", "thinking", "acting", "speaking", "done"])
def test_sending_ends_when_the_hub_has_heard_enough(state: Any) -> None:
    bench = Bench()
    bench.hear(50)
    run = bench.wake()
    bench.get(protocol.Progress(run, "listening"))
    bench.hear(10)
    bench.get(protocol.Progress(run, state, "answered" if state == "done" else ""))
    before = len(bench.audio())
    bench.hear(50)
    assert len(bench.audio()) == before


def test_only_the_hub_decides_on_the_chime() -> None:
    bench = Bench()
    run = bench.wake()
    assert bench.tones() == []
    bench.get(protocol.Chime(run))
    assert bench.tones() == [tones.chime()]
    bench.get(protocol.Chime(run + 1))
    assert len(bench.tones()) == 1
    quiet = Bench(Config(audio=Audio(chime=False)))
    quiet.get(protocol.Chime(quiet.wake()))
    assert quiet.tones() == []


def test_another_room_answers() -> None:
    bench = Bench()
    run = bench.wake()
    bench.get(protocol.Progress(run, "done", "elsewhere"))
    bench.hear(10)
    assert bench.outcomes() == ["elsewhere"]
    assert bench.tones() == []
    assert bench.session.run == 0


def test_an_answer_is_played_and_told() -> None:
    bench = Bench()
    run = bench.wake()
    bench.answered(run)
    assert bench.sounded[-2:] == [m.Play(run, 16_000, BLOCK), m.PlayEnd(run)]
    bench.session.play_started(run, 500, 1.0)
    bench.session.tick(1.5)
    bench.session.tick(2.1)
    assert [each.seconds for each in bench.kinds(protocol.Playing)] == [0.0, pytest.approx(0.032)]
    bench.session.played(run, 0.032, 0.2)
    assert bench.kinds(protocol.Played) == [protocol.Played(run, 0.032, 0.2)]
    bench.get(protocol.Progress(run, "done", "answered"))
    assert bench.outcomes() == ["answered"]


def test_the_wake_word_silences_the_answer() -> None:
    bench = Bench()
    first = bench.wake()
    bench.answered(first)
    second = bench.wake()
    assert m.Cancel(first) in bench.sounded
    bench.get(Chunk(first, 1, 0, BLOCK))
    bench.get(protocol.Cancel(first))
    bench.get(protocol.Progress(first, "done", "interrupted"))
    assert bench.session.run == second
    assert [each for each in bench.sounded if isinstance(each, m.Play)][-1].turn == first


def test_a_hub_that_does_not_answer_is_said_to_be_away() -> None:
    bench = Bench()
    bench.wake(now=10.0)
    bench.session.tick(11.9)
    assert bench.tones() == []
    bench.session.tick(12.0)
    assert bench.tones() == [tones.error()]
    assert (bench.session.run, bench.session.counters.unanswered) == (0, 1)


def test_a_hub_that_stops_talking_in_the_middle_ends_the_run_silently() -> None:
    bench = Bench()
    run = bench.wake(now=0.0)
    bench.get(protocol.Progress(run, "thinking"), 1.0)
    bench.session.tick(30.9)
    assert bench.session.run == run
    bench.session.tick(31.1)
    assert bench.session.run == 0
    assert bench.tones() == []


@pytest.mark.parametrize("why", ["no connection", "stopped", "refused"])
def test_without_a_hub_the_wake_word_gets_a_tone_at_once(why: str) -> None:
    bench = Bench(connected=why != "no connection")
    if why == "stopped":
        bench.get(protocol.Hub(False, 1, "s1"))
    if why == "refused":
        bench.get(protocol.Hub(True, 1, "s1", False, "too many"))
    assert bench.wake() == 0
    assert bench.tones() == [tones.error()]
    assert bench.kinds(protocol.Wake) == []
    assert bench.session.hub(0.0)[0] in {"away", "refused"}


@pytest.mark.parametrize("how", ["connection lost", "hub started anew", "hub stopped and back"])
def test_a_run_ends_with_its_hub(how: str) -> None:
    bench = Bench()
    run = bench.wake()
    bench.get(protocol.Progress(run, "listening"))
    if how == "connection lost":
        bench.session.connection(False)
    else:
        bench.get(protocol.Hub(True, 1, "s2"))
    before = len(bench.audio())
    bench.hear(20)
    assert len(bench.audio()) == before
    assert bench.outcomes() == ["interrupted"]


def test_an_announcement_of_the_hub_is_played_and_a_late_piece_of_it_is_not() -> None:
    bench = Bench()
    bench.get(protocol.Progress(HUB_RUN, "speaking"))
    bench.get(Chunk(HUB_RUN, 0, 0, BLOCK, first=True, last=True))
    assert m.Play(HUB_RUN, 16_000, BLOCK) in bench.sounded
    bench.session.played(HUB_RUN, 0.03, 0.1)
    bench.get(protocol.Progress(HUB_RUN, "done", "answered"))
    before = len(bench.sounded)
    bench.get(Chunk(HUB_RUN, 1, 0, BLOCK))
    assert len(bench.sounded) == before
    assert bench.session.run == 0


def test_a_run_of_its_own_that_it_never_began_is_dropped() -> None:
    bench = Bench()
    bench.get(Chunk(12, 0, 0, BLOCK, first=True, last=True))
    bench.get(protocol.Progress(12, "listening"))
    bench.hear(10)
    assert (bench.session.run, bench.audio(), bench.sounded) == (0, [], [])


def test_the_hub_may_ask_it_to_listen() -> None:
    bench = Bench()
    bench.hear(50)
    bench.get(protocol.Progress(HUB_RUN, "listening"))
    assert bench.audio() == [], "nothing from before it was asked"
    bench.hear(4)
    assert [chunk.run for chunk in bench.audio()] == [HUB_RUN] * 2


def test_a_muted_satellite_closes_its_microphone_and_says_so() -> None:
    bench = Bench()
    bench.get(protocol.Mute(True))
    assert m.Capture(False) in bench.sounded
    assert bench.kinds(protocol.Mute)[-1] == protocol.Mute(True)
    bench.hear(50)
    bench.wake()
    assert bench.audio() == []
    bench.get(protocol.Mute(False))
    assert bench.sounded[-1] == m.Capture(True)


def test_a_mute_in_the_middle_of_a_sentence_ends_it() -> None:
    bench = Bench()
    run = bench.wake()
    bench.session.mute(True)
    assert bench.kinds(protocol.Finish) == [protocol.Finish(run)]


def test_volume_goes_to_the_loudspeaker_and_back_to_the_hub() -> None:
    bench = Bench()
    bench.get(protocol.Volume(0.3))
    assert bench.sounded == [m.Volume(0.3)]
    assert bench.kept == [(False, 0.3)]
    assert bench.kinds(protocol.Volume)[-1] == protocol.Volume(0.3)
    bench.session.sound_ready()
    assert bench.sounded[-2:] == [m.Volume(0.3), m.Capture(True)]


def test_a_loudspeaker_that_died_owes_nothing() -> None:
    bench = Bench()
    run = bench.wake()
    bench.answered(run)
    bench.session.play_started(run, 1, 0.0)
    bench.session.sound_ready()
    assert bench.kinds(protocol.Played) == [protocol.Played(run, 0.0)]


def test_a_call_carries_both_voices_until_it_is_over() -> None:
    bench = Bench()
    bench.get(protocol.Call(HUB_RUN, "hall", on=True))
    bench.hear(4)
    assert {chunk.run for chunk in bench.audio()} == {HUB_RUN}
    bench.get(Chunk(HUB_RUN, 0, 0, BLOCK * 8, first=True))
    assert m.Play(HUB_RUN, 16_000, BLOCK * 8) in bench.sounded
    bench.session.tick(1_000.0)
    assert bench.session.run == HUB_RUN, "a call has no deadline of its own"
    bench.get(protocol.Call(HUB_RUN, "", on=False))
    before = len(bench.audio())
    bench.hear(10)
    assert len(bench.audio()) == before
    assert m.Cancel(HUB_RUN) in bench.sounded


def test_a_person_who_wants_silence_gets_it_at_once() -> None:
    bench = Bench()
    run = bench.wake()
    bench.answered(run)
    bench.session.hush()
    assert bench.sounded[-1] == m.Cancel(run)
    assert bench.kinds(protocol.Cancel) == [protocol.Cancel(run)]


DOWN = st.sampled_from(sorted(leaf for direction, leaf in EXAMPLES if direction == "down")).flatmap(
    lambda leaf: EXAMPLES["down", leaf]
)
RUNS = st.sampled_from([0, 1, HUB_RUN, HUB_RUN + 1])
ACTS = st.one_of(
    st.tuples(DOWN, RUNS), st.sampled_from(["hear", "wake", "tick", "lost", "back", "hush", "sound"])
)


@given(st.lists(ACTS, max_size=60))
def test_no_order_of_events_breaks_a_satellite(acts: list[Any]) -> None:
    bench, now = Bench(), 0.0
    for act in acts:
        now += 0.7
        match act:
            case "hear":
                bench.hear(5)
            case "wake":
                bench.wake(now)
            case "tick":
                bench.session.tick(now)
            case "lost" | "back":
                bench.session.connection(act == "back")
            case "hush":
                bench.session.hush()
            case "sound":
                bench.session.play_started(bench.session.run, 1, now)
                bench.session.played(bench.session.run, 1.0, 0.1)
            case (message, run):
                if run and hasattr(message, "run"):
                    own = bench.session.run if run == 1 else run
                    message = msgspec.structs.replace(message, run=own or 1)
                bench.get(message, now)
    bench.session.connection(False)
    assert bench.session.run == 0
    assert bench.session.state == "idle"
    before = len(bench.audio())
    bench.hear(20)
    assert len(bench.audio()) == before
    for leaf, message in bench.said:
        assert protocol.decode("up", leaf, protocol.encode(message)) is not None


def test_the_hub_counts_as_away_when_it_was_not_heard_for_a_minute() -> None:
    bench = Bench()
    assert bench.session.hub(59.0) == ("here", "")
    assert bench.session.hub(61.0)[0] == "away"
