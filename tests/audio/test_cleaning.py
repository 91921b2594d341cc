"""Echo, noise and loudness with the real libraries, in a room made of numbers."""

from __future__ import annotations

import importlib.util
import math
import sys
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.audio.capture import SECOND_NS, Emitted, Finished, Heard, Lost
from appliance.audio.cleaning import Cleaner, Wanted
from appliance.audio.echo import Method, canceller
from appliance.audio.suppression import Suppressor
from tests import hearing
from tests.checkout import ROOT

BLOCK_NS = pcm.BLOCK_SAMPLES * SECOND_NS // pcm.RATE_HZ
SECONDS = 12


def load_bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_echo", ROOT / "tools" / "bench_echo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load_bench()


@pytest.fixture(scope="module")
def far() -> np.ndarray:
    """What the loudspeaker says, all the time."""
    text = "the weather will be fine tomorrow and we could go to the lake with the children and the dog"
    speech = np.frombuffer(hearing.spoken(text), "<i2").astype(float)
    return bench.level(np.resize(speech, SECONDS * pcm.RATE_HZ), -20)


@pytest.mark.parametrize(("method", "least_db"), [("speex", 12), ("webrtc", 25)])
@pytest.mark.parametrize("delay_ms", [20, 90])
def test_an_echo_becomes_quieter(far: np.ndarray, method: Method, least_db: float, delay_ms: int) -> None:
    near = bench.echo(far, bench.echo_path(delay_ms))
    out = bench.cleaned(near, far, Wanted(True, method))
    assert bench.loss_db(near, out, 6, SECONDS) >= least_db


@pytest.mark.parametrize("method", ["speex", "webrtc"])
def test_who_speaks_while_nothing_plays_stays_as_loud(far: np.ndarray, method: Method) -> None:
    out = bench.cleaned(far, far * 0, Wanted(True, method))
    assert abs(bench.loss_db(far, out, 1, SECONDS)) < 1.5
    assert bench.likeness(out, far) > 0.9


def test_who_speaks_over_the_echo_is_clearer_than_before(far: np.ndarray) -> None:
    people = np.zeros(len(far))
    words = np.frombuffer(hearing.spoken("turn on the light in the kitchen", "en+f2"), "<i2").astype(float)
    start = 7 * pcm.RATE_HZ
    people[start : start + len(words)] = bench.level(words, -30)
    near = bench.echo(far, bench.echo_path(40)) + people
    out = bench.cleaned(near, far, Wanted(True, "speex"))
    part = slice(start, start + len(words))
    rest = [np.sqrt(((each[part] - people[part]) ** 2).mean()) for each in (near, out)]
    assert rest[1] < rest[0] * 0.6, f"the speaker is there, and little of the echo: {rest}"
    assert bench.likeness(out[part], people[part]) > bench.likeness(near[part], people[part])


def test_a_sound_that_is_told_too_late_to_be_of_use_does_no_harm(far: np.ndarray) -> None:
    out = bench.cleaned(far, far, Wanted(True, "speex"), known_ahead_ms=0)
    assert len(out) > 0


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_noise_becomes_quieter_and_speech_stays(level: int) -> None:
    words = np.frombuffer(hearing.spoken("turn on the light in the kitchen"), "<i2").astype(float)
    loud = bench.level(words, -20)
    sound = np.concatenate([np.zeros(4 * pcm.RATE_HZ), loud, np.zeros(pcm.RATE_HZ)])
    noise = bench.level(np.random.default_rng(4).normal(0, 1, len(sound)), -45)
    out = bench.cleaned(sound + noise, sound * 0, Wanted(noise_suppression=level))
    assert bench.loss_db(noise, out, 3, 4) > 3 + level
    part = slice(4 * pcm.RATE_HZ, 4 * pcm.RATE_HZ + len(words))
    assert abs(bench.power_db(out[part]) - bench.power_db(loud)) < 3


def test_a_soft_voice_becomes_louder() -> None:
    words = np.frombuffer(hearing.spoken("turn on the light in the kitchen"), "<i2").astype(float)
    soft = bench.level(np.resize(words, SECONDS * pcm.RATE_HZ), -40)
    out = bench.cleaned(soft, soft * 0, Wanted(auto_gain_dbfs=3))
    assert bench.loss_db(soft, out, 4, SECONDS) < -5


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(True, "speex"),
        Wanted(True, "webrtc"),
        Wanted(noise_suppression=2),
        Wanted(True, "webrtc", 4, 3),
        Wanted(auto_gain_dbfs=3),
    ],
    ids=str,
)
def test_the_clock_tells_when_a_sound_was_made(wanted: Wanted) -> None:
    """A click in silence comes out where its time says it was, to 2 ms."""
    cleaner = Cleaner()
    assert cleaner.want(wanted) == []
    heard: list[Heard] = []
    click_at_ms = 3_205
    whole = np.random.default_rng(5).normal(0, 3, 5 * pcm.RATE_HZ)
    whole[click_at_ms * 16 : click_at_ms * 16 + 40] += np.hanning(40) * np.sin(np.arange(40)) * 20_000
    sound = bench.to_bytes(whole)
    for number, block in enumerate(pcm.blocks(sound[: len(sound) // pcm.BLOCK_BYTES * pcm.BLOCK_BYTES])):
        heard += cleaner.feed([Heard(number * pcm.BLOCK_MS, block, number * BLOCK_NS)], 0)
    assert {len(each.pcm) for each in heard} == {pcm.BLOCK_BYTES}
    assert {b.at_ms - a.at_ms for a, b in pairwise(heard)} == {pcm.BLOCK_MS}
    assert heard[0].at_ms >= 0
    samples = np.concatenate([np.frombuffer(each.pcm, "<i2") for each in heard]).astype(float)
    peak = int(np.argmax(np.abs(samples)))
    assert heard[0].at_ms + peak / 16 == pytest.approx(click_at_ms + 1, abs=2)
    cleaner.close()


def test_what_is_off_changes_and_delays_nothing() -> None:
    cleaner = Cleaner()
    events = [Heard(0, b"\1" * 1_024, 5), Emitted(1, 0, 9, 9, 16_000, b""), Lost(1, 0)]
    assert cleaner.feed(events, 9) == [events[0], events[2]]
    assert (cleaner.delay_ms, str(cleaner), cleaner.needs_emitted) == (0, "", False)


def test_it_is_switched_while_running() -> None:
    cleaner = Cleaner()
    block = bytes(pcm.BLOCK_BYTES)
    told: list[Heard] = []
    ways = [Wanted(), Wanted(True), Wanted(True, "webrtc", 2), Wanted(False, "webrtc", 3, 9), Wanted()]
    for number, wanted in enumerate(ways * 2):
        assert cleaner.want(wanted) == []
        assert cleaner.needs_emitted == wanted.echo_cancellation
        at_ms = 1_000 + number * pcm.BLOCK_MS
        told += cleaner.feed([Heard(at_ms, block, at_ms * 10**6)], 0)
    assert [len(each.pcm) for each in told] == [len(block)] * len(ways) * 2
    times = [each.at_ms for each in told]
    assert times == sorted(times)


def test_what_it_does_is_told() -> None:
    cleaner = Cleaner()
    cleaner.want(Wanted(True, "speex", 2, 9))
    assert str(cleaner) == "echo cancellation (speex), noise suppression 2, automatic gain to -9 dBFS"


@pytest.mark.parametrize(
    ("library", "wanted", "setting"),
    [
        ("livekit", Wanted(True, "webrtc"), "audio.echo_canceller"),
        ("webrtc_noise_gain", Wanted(noise_suppression=2), "audio.noise_suppression"),
    ],
)
def test_a_missing_library_is_named_once_and_the_rest_goes_on(
    library: str, wanted: Wanted, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    cleaner = Cleaner()
    [problem] = cleaner.want(wanted)
    assert library.replace("_", "-") in problem.message
    assert setting in problem.hint
    assert cleaner.want(wanted) == []
    events = [Heard(0, bytes(pcm.BLOCK_BYTES), 0)]
    assert cleaner.feed(events, 0) == events


def test_a_missing_system_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.audio.echo.LIBRARY", "libnothing.so.9")
    cleaner = Cleaner()
    [problem] = cleaner.want(Wanted(True, "speex"))
    assert "SpeexDSP is not installed" in problem.message
    assert "libspeexdsp1" in problem.hint


@settings(max_examples=20)
@given(
    st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000]),
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 200_000), st.integers(0, 2_000), st.booleans()),
        max_size=12,
    ),
)
def test_whatever_a_loudspeaker_tells_the_microphone_goes_on(
    rate_hz: int, pieces: list[tuple[int, int, int, bool]]
) -> None:
    cleaner = Cleaner()
    cleaner.want(Wanted(True, "speex"))
    for number, (stream, frame, samples, cut) in enumerate(pieces):
        at_ns = 10**12 + number * BLOCK_NS
        piece = Emitted(stream, frame, at_ns, at_ns - 10**7, rate_hz, bytes(2 * samples))
        block = Heard(1_000 + number * pcm.BLOCK_MS, bytes(pcm.BLOCK_BYTES), at_ns)
        _, told = cleaner.feed([piece, Finished(1, 0, 0.0, 0.0, cut), block], at_ns)
        assert isinstance(told, Heard)
        assert len(told.pcm) == pcm.BLOCK_BYTES


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
def test_a_card_of_another_rate_is_cancelled_too(far: np.ndarray, rate_hz: int) -> None:
    import soxr

    near = bench.echo(far, bench.echo_path(30))
    played = soxr.resample(far, pcm.RATE_HZ, rate_hz)
    cleaner = Cleaner()
    cleaner.want(Wanted(True, "webrtc"))
    frames, came, count = rate_hz * pcm.BLOCK_MS // 1_000, b"", len(near) // pcm.BLOCK_SAMPLES
    for number in range(count - 3):
        at_ns, first = 10**12 + number * BLOCK_NS, (number + 3) * frames
        heard_ns = 10**12 + math.floor(first * SECOND_NS / rate_hz)
        piece = bench.to_bytes(played[first : first + frames])
        block = bench.to_bytes(near[number * pcm.BLOCK_SAMPLES : (number + 1) * pcm.BLOCK_SAMPLES])
        emitted = Emitted(1, first, heard_ns, at_ns, rate_hz, piece)
        [told] = cleaner.feed([emitted, Heard(1_000 + number * pcm.BLOCK_MS, block, at_ns)], at_ns)
        came += told.pcm
    out = np.frombuffer(came, "<i2").astype(float)
    assert bench.loss_db(near, out, 6, 11) > 20


def test_each_part_takes_and_gives_frames() -> None:
    for each in (canceller("speex"), canceller("webrtc")):
        each.open()
        assert len(each.process(bytes(320), bytes(320))) == 320
    suppressor = Suppressor(2, 0)
    suppressor.open()
    assert len(suppressor.process(bytes(320))) == 320
