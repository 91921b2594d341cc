"""The microphone's cleaning measured in rooms made of numbers; started by tools/bench-echo.

A loudspeaker plays recorded speech, a room sends it back late and blurred, people speak over it. Everything
goes through `audio.cleaning` as in the sound stage, block by block with the times that a card would tell.
Printed is how much quieter the echo is (ERLE), what is left of a person who speaks at the same time, how many
wake words are heard while something plays or in noise, and the processor time of it all.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from appliance.audio import pcm, reading
from appliance.audio.capture import MILLISECOND_NS, SECOND_NS, Emitted, Heard
from appliance.audio.cleaning import Cleaner, Wanted
from appliance.audio.echo import Method
from appliance.engines import loading
from appliance.errors import AudioError

ROOT = Path(__file__).resolve().parent.parent
RATE_HZ = pcm.RATE_HZ
BLOCK = pcm.BLOCK_SAMPLES
KNOWN_AHEAD_MS = 80
START_NS = 10**12
Samples = Any
METHODS: tuple[Method, ...] = ("speex", "webrtc")


def recording(path: Path) -> Samples:
    """16 kHz samples as floats."""
    return np.frombuffer(reading.read(path).pcm, "<i2").astype(float)


def recordings(folder: Path, count: int) -> list[Samples]:
    """So many of a folder, evenly spread; damaged ones are left out."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".wav", ".flac", ".ogg"})
    found = []
    for path in files[:: max(1, len(files) // (count + count // 4 + 1))]:
        try:
            sound = recording(path)
        except AudioError:
            continue
        if sound.std() > 20:
            found.append(sound)
    return found[:count]


def level(sound: Samples, dbfs: float) -> Samples:
    """As loud as this, by its root mean square."""
    return sound * (pcm.FULL_SCALE * 10 ** (dbfs / 20) / max(1.0, np.sqrt((sound**2).mean())))


def echo_path(delay_ms: float, reverberation_seconds: float = 0.3, seed: int = 1) -> Samples:
    """An impulse response: the direct way, then noise that dies away."""
    chance = np.random.default_rng(seed)
    times = np.arange(round(reverberation_seconds * RATE_HZ)) / RATE_HZ
    response = chance.normal(0, 0.08, len(times)) * 10 ** (-3 * times / reverberation_seconds)
    response[0] = 1.0
    return np.concatenate([np.zeros(round(delay_ms * RATE_HZ / 1000)), response * 0.5])


def echo(far: Samples, path: Samples, bend: float = 1.0) -> Samples:
    """What the microphone hears of the loudspeaker, which bends loud sound a little."""
    bent = np.tanh(far / pcm.FULL_SCALE * bend) / bend * pcm.FULL_SCALE if bend else far
    size = 1 << (len(far) + len(path)).bit_length()
    return np.fft.irfft(np.fft.rfft(bent, size) * np.fft.rfft(path, size), size)[: len(far)]


def to_bytes(sound: Samples) -> bytes:
    """Mono s16le, clipped."""
    return np.clip(np.rint(sound), -32_768, 32_767).astype("<i2").tobytes()


def cleaned(near: Samples, far: Samples, wanted: Wanted, known_ahead_ms: float = KNOWN_AHEAD_MS) -> Samples:
    """What the sound stage would tell of `near` while `far` is played; moved back by the cleaner's delay."""
    cleaner = Cleaner()
    if missing := cleaner.want(wanted):
        raise missing[0]
    ahead = round(known_ahead_ms / pcm.BLOCK_MS)
    count = len(near) // BLOCK
    speaker = [to_bytes(far[n * BLOCK : (n + 1) * BLOCK]) for n in range(count)]
    came = b""
    for number in range(-ahead, count):
        at_ns = START_NS + number * BLOCK * SECOND_NS // RATE_HZ
        events: list[Emitted | Heard] = []
        if 0 <= number + ahead < count:
            heard_ns = START_NS + (number + ahead) * BLOCK * SECOND_NS // RATE_HZ
            known_ns = heard_ns - int(known_ahead_ms * MILLISECOND_NS)
            first = (number + ahead) * BLOCK
            events.append(Emitted(1, first, heard_ns, known_ns, RATE_HZ, speaker[number + ahead]))
        if number >= 0:
            block = to_bytes(near[number * BLOCK : (number + 1) * BLOCK])
            events.append(Heard(1_000 + number * pcm.BLOCK_MS, block, at_ns))
        for event in cleaner.feed(events, at_ns):
            assert isinstance(event, Heard)
            came += event.pcm
    late = cleaner.delay_ms * RATE_HZ // 1000
    cleaner.close()
    return np.frombuffer(came, "<i2").astype(float)[late:]


def power_db(sound: Samples) -> float:
    """Mean power against full scale; silence counts as half a step of 16 bits."""
    return float(10 * np.log10(max(0.25, (sound**2).mean()) / pcm.FULL_SCALE**2))


def loss_db(before: Samples, after: Samples, start_seconds: float, end_seconds: float) -> float:
    """How much quieter it became between two moments."""
    part = slice(round(start_seconds * RATE_HZ), min(len(after), round(end_seconds * RATE_HZ)))
    return power_db(before[part]) - power_db(after[part])


def likeness(sound: Samples, other: Samples) -> float:
    """Correlation of two sounds' loudness in bands over time, 0 to 1: blind for phase, as ears are."""
    size = min(len(sound), len(other)) // BLOCK * BLOCK
    window = np.hanning(BLOCK)
    spectra = [np.abs(np.fft.rfft(each[:size].reshape(-1, BLOCK) * window)) for each in (sound, other)]
    edges = np.geomspace(4, BLOCK // 2, 17).astype(int)
    bands = [np.log(np.add.reduceat(spectrum**2, edges[:-1], axis=1) + 1e3).ravel() for spectrum in spectra]
    return float(np.corrcoef(*bands)[0, 1])


class Ears:
    """openWakeWord, listening for one word."""

    def __init__(self, models: Path) -> None:
        files = {
            name: str(next(models.rglob(f"{name}*.onnx")))
            for name in ("melspectrogram", "embedding", "alexa")
        }
        self._engine = loading.create("wake", "openwakeword", {}, files, 1)
        self._engine.open()

    def hears(self, sound: Samples) -> bool:
        """Was the word in there?"""
        self._engine.reset()
        blocks = list(pcm.blocks(to_bytes(sound)))
        return any(list(self._engine.feed(block, at * pcm.BLOCK_MS)) for at, block in enumerate(blocks))


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Markdown."""
    print(f"\n### {title}\n| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    for row in rows:
        shown = (f"{each:.1f}" if isinstance(each, float) else str(each) for each in row)
        print(f"| {' | '.join(shown)} |", flush=True)


def measure_erle(far: Samples, delays_ms: Sequence[int], method: Method) -> None:
    """Echo alone, over delays."""
    hiss = np.random.default_rng(2).normal(0, 8, len(far))
    rows = []
    for delay_ms in delays_ms:
        near = echo(far, echo_path(delay_ms)) + hiss
        out = cleaned(near, far, Wanted(echo_cancellation=True, echo_canceller=method))
        spans = [loss_db(near, out, *span) for span in ((0, 1), (1, 2), (2, 4), (4, 60))]
        rows.append((delay_ms, *spans))
    table(f"ERLE in dB, echo alone, {method}", ("delay ms", "0-1 s", "1-2 s", "2-4 s", "after 4 s"), rows)


def with_talk(
    far: Samples, words: Sequence[Samples], delay_ms: int, ratio_db: float
) -> tuple[Samples, Samples]:
    """(microphone, people alone): after 4 s of echo, a word every 2 s, by so much louder than the echo."""
    heard = echo(far, echo_path(delay_ms))
    people = np.zeros(len(far))
    loud = power_db(heard)
    for number, word in enumerate(words):
        at = (4 + 2 * number) * RATE_HZ
        people[at : at + len(word)] += level(word, loud + ratio_db)[: len(people) - at]
    return heard + people, people


def measure_talk(far: Samples, words: Sequence[Samples], ears: Ears) -> None:
    """Double talk: what is left of the people, and whether the wake word is heard."""
    rows = []
    for ratio_db in (10, 5, 0, -5, -10):
        near, people = with_talk(far, words, 60, ratio_db)
        ways = [near, *(cleaned(near, far, Wanted(True, method)) for method in METHODS), people]
        begins = [(4 + 2 * number) * RATE_HZ - RATE_HZ // 2 for number in range(len(words))]
        parts = [slice(begin, begin + 2 * RATE_HZ) for begin in begins]
        like = [np.mean([likeness(way[part], people[part]) for part in parts]) for way in ways[:-1]]
        found = [sum(ears.hears(way[part]) for part in parts) for way in ways]
        rows.append((ratio_db, *(f"{each:.2f}" for each in like), *found))
    names = ("none", *METHODS)
    head = (
        "word over echo dB",
        *(f"likeness, {name}" for name in names),
        *(f"words, {name}" for name in names),
    )
    table(f"Double talk at 60 ms: {len(words)} words", (*head, "words, nothing played"), rows)


def noisy(word: Samples, noise: Samples, snr_db: float | None) -> Samples:
    """Two seconds before the word and one after, in that noise."""
    sound = np.concatenate([np.zeros(2 * RATE_HZ), word, np.zeros(RATE_HZ)])
    if snr_db is None:
        return sound
    around = level(np.resize(noise, len(sound)), power_db(word) - snr_db)
    return sound + around


def measure_noise(words: Sequence[Samples], noises: Sequence[Samples], ears: Ears) -> None:
    """Wake words in noise, over the levels of suppression."""
    ways = [Wanted(noise_suppression=n) for n in range(5)] + [Wanted(auto_gain_dbfs=n) for n in (3, 9)]
    rows = []
    for snr_db in (None, 10, 5, 0):
        sounds = [noisy(word, noises[n % len(noises)], snr_db) for n, word in enumerate(words)]
        counts = [
            sum(
                ears.hears(
                    cleaned(each, each * 0, way) if any((way.noise_suppression, way.auto_gain_dbfs)) else each
                )
                for each in sounds
            )
            for way in ways
        ]
        rows.append(("clean" if snr_db is None else snr_db, *counts))
    head = ("SNR dB", *(f"level {n}" for n in range(5)), "gain 3", "gain 9")
    table(f"Wake words heard of {len(words)}, by noise suppression and automatic gain", head, rows)


def seconds_of(work: Callable[[], object]) -> float:
    """Processor time."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def measure_cost(far: Samples) -> None:
    """Processor time for a second of audio."""
    near = echo(far, echo_path(60))
    ways = {
        "nothing": Wanted(),
        "echo cancellation, speex": Wanted(echo_cancellation=True),
        "echo cancellation, webrtc": Wanted(echo_cancellation=True, echo_canceller="webrtc"),
        "noise suppression 2": Wanted(noise_suppression=2),
        "automatic gain 3": Wanted(auto_gain_dbfs=3),
        "all three": Wanted(echo_cancellation=True, noise_suppression=2, auto_gain_dbfs=3),
    }
    seconds = len(near) / RATE_HZ
    rows = [
        (name, f"{seconds_of(lambda way=way: cleaned(near, far, way)) / seconds * 1000:.2f}")
        for name, way in ways.items()
    ]
    table("Processor time", ("what", "ms for 1 s of audio"), rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio", help="recordings")
    parser.add_argument("--delays", default="20,40,60,100,150,200", help="echo delays in ms")
    parser.add_argument("--words", type=int, default=24, help="people who say the wake word")
    arguments = parser.parse_args()
    if not arguments.audio.is_dir():
        sys.exit(
            f"tools/bench-echo needs recordings: {arguments.audio} is not there; name another with --audio"
        )
    print(f"{platform.platform()} · {os.cpu_count()} cores · Python {platform.python_version()}")
    speech = np.concatenate(recordings(arguments.audio / "background-speech", 12))
    words = recordings(arguments.audio / "wake" / "alexa", arguments.words)
    far = level(np.resize(speech, (4 + 2 * len(words)) * RATE_HZ), -20)
    for method in METHODS:
        measure_erle(far[: 40 * RATE_HZ], [int(each) for each in arguments.delays.split(",")], method)
    ears = Ears(Path(os.environ["APPLIANCE_TEST_MODELS"]))
    measure_talk(far, words, ears)
    measure_noise(words, recordings(arguments.audio / "noise" / "esc10", 20), ears)
    measure_cost(far)


if __name__ == "__main__":
    main()
