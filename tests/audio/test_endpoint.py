from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio.endpoint import WAKE_TAIL_MS, WORDLESS_MS, Endpointer, SpeechEnded, SpeechStarted
from appliance.audio.pcm import BLOCK_MS

Events = list[SpeechStarted | SpeechEnded]
WOKEN_MS = 3_200
SETTINGS = {"threshold": 0.5, "end_silence_ms": 480, "min_speech_ms": 160}


def endpointer(woken_ms: int = WOKEN_MS) -> Endpointer:
    return Endpointer(**SETTINGS, woken_ms=woken_ms)


def hear(
    each: Endpointer, spans: list[tuple[int, int]], until_ms: int, from_ms: int = WOKEN_MS - 512
) -> Events:
    """Voice within the spans, silence elsewhere."""
    events: Events = []
    for at_ms in range(from_ms + BLOCK_MS, until_ms + 1, BLOCK_MS):
        voiced = any(start < at_ms <= end for start, end in spans)
        events += each.feed(at_ms, 0.9 if voiced else 0.05)
    return events


W = WOKEN_MS


@pytest.mark.parametrize(
    ("name", "spans", "expected"),
    [
        ("silence", [], []),
        ("only the wake word, ending before", [(W - 512, W - 64)], []),
        ("only the wake word, with a tail", [(W - 512, W + 192)], []),
        ("a tail, then a click", [(W - 512, W + 128), (W + 640, W + 704)], []),
        ("a tail, a pause, a command", [(W - 512, W + 128), (W + 960, W + 1_920)], [W + 960, W + 1_920]),
        ("a command after silence", [(W + 320, W + 1_600)], [W + 320, W + 1_600]),
        ("no pause at all", [(W - 512, W + 960)], [W, W + 960]),
        ("one short word without a pause", [(W - 512, W + 256)], [W, W + 256]),
        ("a command right after the tail", [(W - 512, W + 64), (W + 96, W + 640)], [W + 96, W + 640]),
        ("a breath inside", [(W + 320, W + 960), (W + 1_280, W + 1_920)], [W + 320, W + 1_920]),
        ("a second sentence is too late", [(W + 320, W + 960), (W + 1_600, W + 2_240)], [W + 320, W + 960]),
    ],
)
def test_sentences(name: str, spans: list[tuple[int, int]], expected: list[int]) -> None:
    events = hear(endpointer(), spans, WOKEN_MS + 4_800)
    assert [each.at_ms for each in events] == expected, name
    assert [type(each) for each in events] == [SpeechStarted, SpeechEnded][: len(expected)]


def test_speech_that_goes_on_does_not_end() -> None:
    each = endpointer()
    assert hear(each, [(W + 320, W + 60_000)], W + 20_000) == [SpeechStarted(W + 320)]
    assert each.last_voice_ms == W + 20_000 // BLOCK_MS * BLOCK_MS


def test_the_end_is_known_as_soon_as_the_silence_was_long_enough() -> None:
    each = endpointer()
    hear(each, [(W + 320, W + 960)], W + 960 + 480 - BLOCK_MS)
    assert each.started
    assert not each.ended
    assert each.feed(W + 960 + 480, 0.0) == [SpeechEnded(W + 960)]


def test_voice_goes_on_a_little_below_the_threshold() -> None:
    each = Endpointer(**SETTINGS, woken_ms=0)
    events: Events = []
    for number in range(1, 40):
        events += each.feed(number * BLOCK_MS, 0.6 if number < 10 else 0.4)
    assert events == [SpeechStarted(0)]
    assert endpointer(0).feed(32, 0.4) == []


def test_what_is_out_of_order_is_ignored() -> None:
    each = endpointer(0)
    for number in range(1, 6):
        each.feed(number * BLOCK_MS, 0.9)
    before = each.last_voice_ms
    assert each.feed(32, 0.9) == []
    assert each.last_voice_ms == before


PROBABILITY = st.one_of(st.floats(0, 1), st.just(math.nan), st.sampled_from([0.0, 1.0]))
STREAM = st.lists(st.tuples(PROBABILITY, st.integers(1, 20)), max_size=30).map(
    lambda runs: [probability for probability, length in runs for _ in range(length)]
)


@given(
    stream=STREAM,
    woken_ms=st.integers(0, 2_000),
    threshold=st.floats(0.05, 1),
    end_silence_ms=st.integers(0, 1_000),
    min_speech_ms=st.integers(0, 600),
)
def test_properties(
    stream: list[float], woken_ms: int, threshold: float, end_silence_ms: int, min_speech_ms: int
) -> None:
    each = Endpointer(threshold, end_silence_ms, min_speech_ms, woken_ms)
    events: Events = []
    for number, probability in enumerate(stream, start=1):
        new = each.feed(number * BLOCK_MS, probability)
        events += new
        if each.ended and new:
            # It ends with the first chunk that completes the silence.
            waited = number * BLOCK_MS - each.last_voice_ms
            assert end_silence_ms <= waited < end_silence_ms + 2 * BLOCK_MS
    assert [type(event) for event in events] in ([], [SpeechStarted], [SpeechStarted, SpeechEnded])
    if events:
        assert events[0].at_ms >= woken_ms
        assert max(probability for probability in stream if not math.isnan(probability)) >= threshold
    if len(events) == 2:
        assert events[1].at_ms > events[0].at_ms


@given(clicks=st.lists(st.integers(1, 4), min_size=1, max_size=12), gap=st.integers(1, 30))
def test_clicks_never_start_a_sentence(clicks: list[int], gap: int) -> None:
    each = Endpointer(0.5, 480, 160, 0)
    stream = [value for click in clicks for value in [0.99] * click + [0.0] * gap]
    assert [
        event for number, value in enumerate(stream, 1) for event in each.feed(number * BLOCK_MS, value)
    ] == []


@given(tail_ms=st.integers(0, WAKE_TAIL_MS - BLOCK_MS), before_ms=st.integers(32, 1_000))
def test_the_wake_word_alone_never_starts_a_sentence(tail_ms: int, before_ms: int) -> None:
    events = hear(endpointer(), [(W - before_ms, W + tail_ms)], W + 6_400, from_ms=W - 1_024)
    assert events == []


@given(command_ms=st.integers(WAKE_TAIL_MS + BLOCK_MS, 10_000))
def test_a_command_without_a_pause_always_counts(command_ms: int) -> None:
    events = hear(endpointer(), [(W - 640, W + command_ms)], W + command_ms + 640, from_ms=W - 1_024)
    assert [type(event) for event in events] == [SpeechStarted, SpeechEnded]


def test_voice_beyond_the_words_of_a_whole_sentence_ends_it_at_its_last_word() -> None:
    each = endpointer()
    assert hear(each, [(W, W + 4_000)], W + 1_000) == [SpeechStarted(W)]
    each.said(W + 900)
    assert hear(each, [(W, W + 4_000)], W + 900 + WORDLESS_MS - BLOCK_MS, W + 1_000) == []
    assert hear(each, [(W, W + 4_000)], W + 4_000, W + 900 + WORDLESS_MS - BLOCK_MS) == [SpeechEnded(W + 900)]
    assert each.last_voice_ms == W + 900


def test_a_sentence_that_is_no_longer_whole_goes_on() -> None:
    each = endpointer()
    hear(each, [(W, W + 4_000)], W + 1_000)
    each.said(W + 900)
    each.said(None)
    assert hear(each, [(W, W + 4_000)], W + 4_000, W + 1_000) == []
