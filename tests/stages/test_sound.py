"""The sound stage as a real process, without a card."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.audio import pcm
from appliance.wire import messages
from tests.stages.child import StageChild


@pytest.fixture
def sound() -> Iterator[StageChild]:
    child = StageChild("sound")
    child.send(messages.Configure("virtual", {"volume": 1.0}))
    child.until(messages.Ready)
    yield child
    child.kill()


def test_what_is_injected_comes_out_of_the_microphone(sound: StageChild):
    speech = os.urandom(pcm.BLOCK_BYTES * 20)
    sound.send(messages.Capture(on=True))
    sound.until(messages.MicAudio)
    for start in range(0, len(speech), 7_000):
        sound.send(messages.Inject(speech[start : start + 7_000]))
    heard = b""
    while speech not in heard:
        heard += sound.until(messages.MicAudio).pcm
    steps = {later.at_ms - sooner.at_ms for sooner, later in pairwise(sound.all(messages.MicAudio))}
    assert steps == {pcm.BLOCK_MS}
    assert sound.stop() == 0


def test_the_microphone_is_closed_until_it_is_asked_for(sound: StageChild):
    assert sound.collect(0.3) == []
    sound.send(messages.Capture(on=True))
    sound.until(messages.MicAudio)
    sound.send(messages.Capture(on=False), messages.Play(9, 16_000, bytes(3_200)), messages.PlayEnd(9))
    sound.until(messages.Played)
    assert sound.collect(0.3) == []


def test_playing_starts_ends_and_is_measured(sound: StageChild):
    sound.send(messages.Play(5, 22_050, b"\0\x40" * 6_615), messages.PlayEnd(5))
    assert sound.until(messages.PlayStarted).turn == 5
    played = sound.until(messages.Played)
    assert (played.turn, played.seconds, played.interrupted) == (5, 0.3, False)
    assert played.rms == pytest.approx(0.5, abs=0.001)


def test_cancel_cuts_a_turn_short_and_leaves_the_others(sound: StageChild):
    sound.send(
        messages.Play(5, 16_000, bytes(64_000)), messages.Play(6, 16_000, bytes(3_200)), messages.PlayEnd(6)
    )
    sound.until(messages.PlayStarted, lambda message: message.turn == 5)
    sound.send(messages.Cancel(5))
    cut = sound.until(messages.Played)
    assert (cut.turn, cut.interrupted) == (5, True)
    assert cut.seconds < 2.0
    rest = sound.until(messages.Played)
    assert (rest.turn, rest.interrupted, rest.seconds) == (6, False, 0.1)
    order = [type(message).__name__ for message in sound.seen[1:]]
    assert order == ["PlayStarted", "Played", "PlayStarted", "Played"]


def test_the_same_turn_may_speak_again_after_its_cancel(sound: StageChild):
    sound.send(messages.Play(5, 16_000, bytes(64_000)))
    sound.until(messages.PlayStarted)
    sound.send(messages.Cancel(5), messages.Play(5, 16_000, bytes(3_200)), messages.PlayEnd(5))
    assert sound.until(messages.Played).interrupted
    assert not sound.until(messages.Played).interrupted


def test_a_cancel_of_an_unknown_turn_says_nothing(sound: StageChild):
    sound.send(messages.Cancel(77), messages.Ping(1))
    sound.until(messages.Pong)
    assert sound.all(messages.Played) == []


@pytest.mark.parametrize("rate_hz", [0, -1, 10**9])
def test_speech_of_an_impossible_rate_is_dropped(sound: StageChild, rate_hz: int):
    sound.send(messages.Play(1, rate_hz, bytes(100)), messages.PlayEnd(1))
    assert str(rate_hz) in sound.until(messages.Note).text
    assert sound.until(messages.Played).seconds == 0.0


def test_without_a_card_no_heavy_library_is_loaded(sound: StageChild):
    sound.send(messages.Capture(on=True), messages.Play(1, 22_050, bytes(9_000)), messages.PlayEnd(1))
    sound.until(messages.Played)
    mapped = Path(f"/proc/{sound.process.pid}/maps").read_text()
    assert "numpy" not in mapped
    assert "soxr" not in mapped
    assert "portaudio" not in mapped


@pytest.mark.parametrize(
    ("configure", "words"),
    [
        (messages.Configure("jack"), "jack"),
        (messages.Configure("virtual", {"loudness": 3}), "loudness"),
        (messages.Configure("virtual", {"volume": "loud"}), "volume"),
    ],
)
def test_a_wrong_configuration_fails_with_a_hint(configure: messages.Configure, words: str):
    child = StageChild("sound")
    try:
        child.send(configure)
        failed = child.until(messages.Failed)
        assert words in failed.message
        assert failed.hint
    finally:
        child.kill()


def test_an_absent_card_is_a_state_and_not_a_failure(tmp_path: Path):
    (tmp_path / ".asoundrc").write_text("")
    environment = {
        "HOME": str(tmp_path),
        "PULSE_SERVER": f"unix:{tmp_path}/absent",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    child = StageChild("sound", environment)
    try:
        child.send(messages.Configure("portaudio", {"input_device": "absent", "output_device": "absent"}))
        first = child.receive(30)
        if isinstance(first, messages.Failed) and first.missing:
            pytest.skip(f"{first.message}: {first.hint}")
        child.send(messages.Capture(on=True), messages.Play(3, 16_000, bytes(3_200)), messages.PlayEnd(3))
        assert child.until(messages.Played).seconds == 0.0
        states = child.all(messages.DeviceState)
        assert {(state.direction, state.present, state.device) for state in states} == {
            ("input", False, "absent"),
            ("output", False, "absent"),
        }
        assert all("absent" in state.hint and "audio." in state.hint for state in states)
        child.send(messages.Ping(1))
        child.until(messages.Pong)
    finally:
        child.kill()


def cleaned_child(**options: bool | int | str) -> StageChild:
    child = StageChild("sound")
    child.send(messages.Configure("virtual", {"volume": 1.0, **options}))
    return child


def level(blocks: list[messages.MicAudio]) -> float:
    return pcm.rms(b"".join(block.pcm for block in blocks))


def hear_itself(child: StageChild, turn: int, speech: bytes) -> float:
    """How loud the microphone's last two seconds are when it hears half of what is played."""
    child.send(messages.Capture(on=True))
    child.until(messages.MicAudio)
    before = len(child.all(messages.MicAudio))
    for at in range(0, len(speech), 32_000):
        piece = speech[at : at + 32_000]
        # What is injected may begin up to a bundle of blocks before now; an echo comes after its cause.
        late = b"" if at else bytes(140 * pcm.BYTES_PER_MS)
        child.send(messages.Play(turn, pcm.RATE_HZ, piece), messages.Inject(late + pcm.scale(piece, 0.5)))
    child.send(messages.PlayEnd(turn))
    child.until(messages.Played)
    return level(child.all(messages.MicAudio)[before:][-70:-6])


def noise(seconds: float) -> bytes:
    return random.Random(3).randbytes(int(seconds * pcm.RATE_HZ) * 2)


def test_the_microphone_does_not_hear_the_loudspeaker():
    speech = pcm.scale(noise(6), 0.2)
    levels = []
    for options in ({}, {"echo_cancellation": True}):
        child = cleaned_child(**options)
        try:
            assert ("echo cancellation (speex)" in child.until(messages.Ready).detail) == bool(options)
            levels.append(hear_itself(child, 1, speech))
        finally:
            child.kill()
    assert levels[1] < levels[0] / 4


def test_cleaning_is_changed_while_it_runs(sound: StageChild):
    hiss = pcm.scale(noise(4), 0.05)

    def hissing() -> float:
        before = len(sound.all(messages.MicAudio))
        sound.send(messages.Inject(hiss[:60_000]), messages.Inject(hiss[60_000:120_000]))
        sound.until(messages.Injected)
        while len(sound.all(messages.MicAudio)) < before + 110:
            sound.until(messages.MicAudio)
        return level(sound.all(messages.MicAudio)[before + 70 : before + 110])

    sound.send(messages.Capture(on=True))
    sound.until(messages.MicAudio)
    loud = hissing()
    sound.collect(0.5)
    sound.send(messages.Configure("virtual", {"volume": 1.0, "noise_suppression": 4}))
    assert hissing() < loud / 2
    assert sound.all(messages.Note) == []


@pytest.mark.parametrize("options", [{"noise_suppression": 5}, {"auto_gain_dbfs": -1}, {"loudness": 3}])
def test_a_wrong_change_is_noted_and_changes_nothing(sound: StageChild, options: dict[str, int]):
    sound.send(messages.Configure("virtual", options))
    note = sound.until(messages.Note)
    assert note.level == "error"
    assert next(iter(options)) in note.text
    sound.send(messages.Ping(4))
    sound.until(messages.Pong)


def test_a_missing_library_is_told_and_the_microphone_works(tmp_path: Path):
    (tmp_path / "webrtc_noise_gain.py").write_text("raise ImportError('not for this machine')")
    child = StageChild("sound", {"PYTHONPATH": str(tmp_path)})
    try:
        child.send(messages.Configure("virtual", {"noise_suppression": 2}), messages.Capture(on=True))
        assert "webrtc-noise-gain" in child.until(messages.Ready).detail
        note = child.until(messages.Note)
        assert (note.level, "tools/run" in note.text) == ("warning", True)
        child.until(messages.MicAudio)
    finally:
        child.kill()
