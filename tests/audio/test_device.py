"""PortAudio for real, through the real stage process, on a private PulseAudio."""

from __future__ import annotations

import subprocess
import time
import wave
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from appliance.audio import pcm
from appliance.audio.device import RETRY_MAX_SECONDS, Presence
from appliance.wire import messages
from tests.audio.conftest import Pulse
from tests.stages.child import StageChild

ENGINE = messages.Configure("portaudio", {"volume": 1.0})


def noise(seconds: float, rate_hz: int, seed: int = 1) -> np.ndarray:
    """Band-limited noise: unlike a tone it fits itself at one place only."""
    values = np.random.default_rng(seed).normal(0, 1, round(seconds * rate_hz))
    smooth = np.convolve(values, np.hanning(rate_hz // 2_000), "same")
    return (smooth / np.abs(smooth).max() * 12_000).astype("<i2")


def best_correlation(heard: np.ndarray, original: np.ndarray) -> float:
    """Of the original with the place in what was heard where it fits best."""
    heard, original = heard.astype(float), original.astype(float)
    size = 1 << (len(heard) + len(original)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(original, size)), size)
    lag = int(np.argmax(product[: max(1, len(heard) - len(original) + 1)]))
    part = heard[lag : lag + len(original)]
    return float(np.corrcoef(part, original[: len(part)])[0, 1])


def write_wav(path: Path, values: np.ndarray, rate_hz: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(values.tobytes())
    return path


@pytest.fixture
def sound(pulse: Pulse) -> Iterator[StageChild]:
    child = StageChild("sound", pulse.environment)
    child.send(ENGINE)
    child.until(messages.Ready)
    yield child
    child.kill()


def record(child: StageChild, seconds: float) -> list[messages.MicAudio]:
    """Blocks of the microphone from now on, none lost."""
    blocks: list[messages.MicAudio] = []
    while len(blocks) * pcm.BLOCK_MS < seconds * 1000:
        blocks.append(child.until(messages.MicAudio))
    return blocks


class Ear:
    """What the loudspeaker plays: mono s16le at 48 kHz."""

    def __init__(self, pulse: Pulse, path: Path) -> None:
        command = "parec -d spk.monitor --rate=48000 --channels=1 --format=s16le --latency-msec=20 --raw"
        self._path = path
        self._file = path.open("wb")
        self._process = subprocess.Popen(command.split(), env=pulse.environment, stdout=self._file)

    def size(self) -> int:
        return self._path.stat().st_size

    def wait_until_hearing(self) -> None:
        deadline = time.monotonic() + 10
        while not self.size():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def settle(self) -> np.ndarray:
        """Everything so far: the recorder itself is a little behind."""
        wanted, deadline = self.size() + 48_000, time.monotonic() + 10
        while self.size() < wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.stop()

    def stop(self) -> np.ndarray:
        self._process.terminate()
        self._process.wait()
        self._file.close()
        return np.frombuffer(self._path.read_bytes(), dtype="<i2")


@pytest.fixture
def ear(pulse: Pulse, tmp_path: Path) -> Iterator[Ear]:
    listening = Ear(pulse, tmp_path / "ear.raw")
    listening.wait_until_hearing()
    yield listening
    listening.stop()


def test_hears_what_is_said_into_the_microphone(sound: StageChild, pulse: Pulse, tmp_path: Path):
    original = noise(1.5, pcm.RATE_HZ)
    path = write_wav(tmp_path / "said.wav", original, pcm.RATE_HZ)
    sound.send(messages.Capture(on=True))
    sound.until(messages.MicAudio)
    speaker = subprocess.Popen(["paplay", "-d", "micsink", str(path)], env=pulse.environment)
    blocks = record(sound, 3.0)
    assert speaker.wait(10) == 0

    heard = np.frombuffer(b"".join(block.pcm for block in blocks), dtype="<i2")
    assert best_correlation(heard, original) > 0.99
    assert {len(block.pcm) for block in blocks} == {pcm.BLOCK_BYTES}
    steps = {later.at_ms - sooner.at_ms for sooner, later in pairwise(blocks)}
    assert steps == {pcm.BLOCK_MS}
    assert not sound.all(messages.Overrun)


def test_mute_really_closes_the_microphone(sound: StageChild, pulse: Pulse):
    sound.send(messages.Capture(on=True))
    before = sound.until(messages.MicAudio)
    assert pulse.recorders() == 1
    sound.send(messages.Capture(on=False))
    deadline = time.monotonic() + 10
    while pulse.recorders():
        assert time.monotonic() < deadline
    sound.collect(0.1)
    assert not [message for message in sound.collect(0.3) if isinstance(message, messages.MicAudio)]

    sound.send(messages.Capture(on=True))
    after = sound.until(messages.MicAudio)
    assert after.at_ms >= before.at_ms + 300


def test_plays_what_it_is_given_at_any_rate(sound: StageChild, ear: Ear):
    original = noise(0.8, 22_050)
    for start in range(0, len(original), 5_000):
        sound.send(messages.Play(7, 22_050, original[start : start + 5_000].tobytes()))
    sound.send(messages.PlayEnd(7))
    started = sound.until(messages.PlayStarted)
    played = sound.until(messages.Played)
    heard = ear.settle()

    reference = np.interp(np.arange(0, 0.8, 1 / 48_000), np.arange(len(original)) / 22_050, original)
    assert best_correlation(heard, reference) > 0.95
    assert (started.turn, played.turn, played.interrupted) == (7, 7, False)
    assert played.seconds == pytest.approx(0.8, abs=0.04)
    assert played.rms == pytest.approx(pcm.rms(original.tobytes()), rel=0.05)


def test_cancel_silences_at_once_and_the_next_turn_is_heard(sound: StageChild, ear: Ear):
    sound.send(messages.Play(3, 48_000, noise(0.6, 48_000).tobytes()))
    for _ in range(5):
        sound.send(messages.Play(3, 48_000, noise(0.6, 48_000).tobytes()))
    sound.until(messages.PlayStarted)
    sound.collect(0.5)
    sound.send(messages.Cancel(3))
    played = sound.until(messages.Played)
    assert played.interrupted
    assert 0.1 < played.seconds < 1.5

    follow_up = noise(0.3, 48_000, seed=2)
    sound.send(messages.Play(4, 48_000, follow_up.tobytes()), messages.PlayEnd(4))
    sound.until(messages.Played, lambda message: message.turn == 4)
    heard = ear.settle()
    assert best_correlation(heard, follow_up) > 0.95
    audible = np.count_nonzero(np.abs(heard) > 200) / 48_000
    assert audible < played.seconds + 0.3 + 0.15


def test_volume_is_heard(sound: StageChild, ear: Ear):
    speech = noise(0.4, 48_000)
    sound.send(messages.Volume(0.5), messages.Play(1, 48_000, speech.tobytes()), messages.PlayEnd(1))
    played = sound.until(messages.Played)
    heard = ear.settle()
    assert played.rms == pytest.approx(pcm.rms(speech.tobytes()) / 2, rel=0.05)
    assert np.abs(heard).max() == pytest.approx(np.abs(speech).max() / 2, rel=0.1)


def test_a_turn_without_speech_ends_at_once(sound: StageChild):
    sound.send(messages.PlayEnd(9))
    played = sound.until(messages.Played)
    assert (played.turn, played.seconds, played.rms) == (9, 0.0, 0.0)


def test_a_card_that_is_pulled_out_heals_when_it_is_back(sound: StageChild, pulse: Pulse):
    sound.send(messages.Capture(on=True))
    last = sound.until(messages.MicAudio)
    pulse.kill()
    gone = sound.until(messages.DeviceState, lambda state: not state.present and state.direction == "input")
    assert gone.hint
    sound.send(messages.Ping(5))
    sound.until(messages.Pong)

    pulse.start()
    sound.until(messages.DeviceState, lambda state: state.present and state.direction == "input", seconds=40)
    assert sound.until(messages.MicAudio).at_ms > last.at_ms
    assert sound.process.poll() is None


def test_speech_without_a_loudspeaker_still_ends(sound: StageChild, pulse: Pulse):
    pulse.kill()
    sound.send(messages.Play(2, 16_000, noise(0.3, 16_000).tobytes()), messages.PlayEnd(2))
    played = sound.until(messages.Played)
    assert (played.turn, played.seconds, played.rms) == (2, 0.0, 0.0)
    states = [state for state in sound.all(messages.DeviceState) if state.direction == "output"]
    assert not states[-1].present
    assert states[-1].hint


def test_presence_tells_only_news_and_waits_longer_each_time():
    presence = Presence("input", "default")
    first = presence.gone("why", 100.0)
    assert [(event.present, event.device, event.hint) for event in first] == [(False, "default", "why")]
    waits = []
    for _ in range(8):
        assert presence.gone("why", 100.0) == []
        waits.append(presence.retry_at - 100.0)
    assert waits == sorted(waits)
    assert waits[-1] == RETRY_MAX_SECONDS
    assert [event.present for event in presence.here("card")] == [True]
    assert presence.here("card") == []
    presence.gone("why", 100.0)
    assert presence.retry_at - 100.0 < 1


def echo_levels(pulse: Pulse, method: str) -> list[float]:
    """What is left of the own sound in the microphone, without and with cancellation."""
    speech = (noise(8, pcm.RATE_HZ).astype(float) * 0.3).astype("<i2").tobytes()
    levels = []
    for on in (False, True):
        child = StageChild("sound", pulse.environment)
        options = {"volume": 1.0, "echo_cancellation": on, "echo_canceller": method}
        try:
            child.send(messages.Configure("portaudio", options), messages.Capture(on=True))
            child.until(messages.MicAudio)
            for turn, part in enumerate((speech[: len(speech) // 8], speech), 1):
                for at in range(0, len(part), 32_000):
                    child.send(messages.Play(turn, pcm.RATE_HZ, part[at : at + 32_000]))
                child.send(messages.PlayEnd(turn))
                child.until(messages.Played, lambda played, turn=turn: played.turn == turn)
            last = child.all(messages.MicAudio)[-50:-10]
            levels.append(pcm.rms(b"".join(each.pcm for each in last)))
        finally:
            child.kill()
    return levels


@pytest.mark.parametrize("method", ["speex", "webrtc"])
def test_the_echo_of_a_card_is_taken_away(pulse: Pulse, method: str):
    """The loudspeaker leads back into the microphone, through a sound server in both directions.

    A machine that stalls loses sound in the server, and the echo with it its place: the best of three counts.
    """
    loop = ("module-loopback", "source=spk.monitor", "sink=micsink", "latency_msec=30")
    assert pulse.run("pactl", "load-module", *loop).returncode == 0
    seen = []
    for _ in range(3):
        without, cancelled = echo_levels(pulse, method)
        if cancelled < without / 2:
            return
        seen.append((without, cancelled))
    pytest.fail(f"the echo stays: {seen}")
