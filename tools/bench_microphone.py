"""What a browser's own processing of the microphone does to recognition.

tools/bench-talk --microphone starts it. A headless Chromium hears recordings by a fake microphone, once for
each choice of its constraints: clean, in noise, and quiet. The appliance's own engines then hear what came
out of the page's worklet.
"""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.audio import pcm, reading
from appliance.engines import loading
from appliance.wire.messages import SpeechGrammar
from tests.hearing import microwakeword_models
from tests.web.access.served import served
from tests.web.talk.browser import browsing, write_wav

AUDIO = Path(__file__).resolve().parent.parent.parent / "shared" / "audio"
CHOICES = {
    "as it is": None,
    "nothing": {},
    "echo": {"echoCancellation": True},
    "echo, gain": {"echoCancellation": True, "autoGainControl": True},
    "echo, noise": {"echoCancellation": True, "noiseSuppression": True},
    "echo, noise, gain": {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True},
}
KEYS = ("echoCancellation", "noiseSuppression", "autoGainControl")
CLEAN_RMS, QUIET_RMS, NOISE_DB = 0.06, 0.004, 10.0
GAP_SECONDS, LEAD_SECONDS = 1.2, 2.0
MAX_SENTENCES, MAX_WORDS = 20, 20
WAKE_WORD = "alexa"
RECORD = """(async (audio, samples) => {
  const context = new AudioContext({ sampleRate: 48000 });
  await context.audioWorklet.addModule("/static/talk/capture.js");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, ...audio } });
  const node = new AudioWorkletNode(context, "talk-capture", { numberOfOutputs: 0 });
  const frames = [];
  let count = 0;
  await new Promise((done) => {
    node.port.onmessage = ({ data }) => {
      frames.push(data.pcm);
      count += data.pcm.length;
      if (count >= samples) done();
    };
    context.createMediaStreamSource(stream).connect(node);
  });
  for (const track of stream.getTracks()) track.stop();
  await context.close();
  const all = new Int16Array(count);
  let at = 0;
  for (const frame of frames) { all.set(frame, at); at += frame.length; }
  const blob = new Blob([all.buffer]);
  const url = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(",") + 1);
})"""


@dataclass(frozen=True)
class Piece:
    """One recording in a track: samples `start` to `end`; `text` is "" for a wake word."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Track:
    """Everything one after the other, with pauses."""

    name: str
    samples: np.ndarray
    pieces: tuple[Piece, ...]


def sentences() -> Iterator[tuple[str, np.ndarray]]:
    """Commands without digits: what is said is what the name of the file says."""
    for path in sorted((AUDIO / "commands" / "generated").glob("*.wav")):
        if not any(character.isdigit() for character in path.stem) and "'" not in path.stem:
            yield path.stem.lower(), levelled(reading.read(path).pcm)


def words() -> Iterator[np.ndarray]:
    """People who say the wake word; a few of the files are damaged."""
    for path in sorted((AUDIO / "wake" / WAKE_WORD).glob("*.flac")):
        try:
            yield levelled(reading.read(path).pcm)
        except reading.AudioError:
            continue


def levelled(sound: bytes) -> np.ndarray:
    """As loud as somebody before the device."""
    samples = np.frombuffer(sound, "<i2").astype(np.float64) / 32_768
    active = samples[np.abs(samples) > 0.1 * np.abs(samples).max()]
    made: np.ndarray = samples * (CLEAN_RMS / max(1e-6, float(np.sqrt(np.mean(active**2)))))
    return made


def noise(count: int) -> np.ndarray:
    """Rain, sea, a helicopter …, one after the other."""
    files = sorted((AUDIO / "noise" / "esc10").glob("*.ogg"))
    made: list[np.ndarray] = []
    total = 0
    while total < count:
        for path in files:
            samples = np.frombuffer(reading.read(path).pcm, "<i2").astype(np.float64) / 32_768
            rms = float(np.sqrt(np.mean(samples**2)))
            if rms > 1e-3:
                made.append(samples * (CLEAN_RMS / 10 ** (NOISE_DB / 20) / rms))
                total += len(samples)
    return np.concatenate(made)[:count]


def track(name: str) -> Track:
    """All recordings, clean, in noise or quiet."""
    wanted: list[tuple[str, np.ndarray]] = [*sentences()][:MAX_SENTENCES]
    wanted += [("", each) for each in words()][:MAX_WORDS]
    parts: list[np.ndarray] = [np.zeros(int(LEAD_SECONDS * pcm.RATE_HZ))]
    pieces = []
    at = len(parts[0])
    gap = np.zeros(int(GAP_SECONDS * pcm.RATE_HZ))
    for text, samples in wanted:
        pieces.append(Piece(text, at, at + len(samples)))
        parts += [samples, gap]
        at += len(samples) + len(gap)
    all_samples = np.concatenate(parts)
    if name == "noise":
        all_samples = all_samples + noise(len(all_samples))
    elif name == "quiet":
        all_samples = all_samples * (QUIET_RMS / CLEAN_RMS)
    rough = np.random.default_rng(1).normal(0, 2e-4, len(all_samples))  # no microphone is silent
    return Track(name, np.clip(all_samples + rough, -1, 1), tuple(pieces))


def s16(samples: np.ndarray) -> bytes:
    """As the engines take it."""
    return bytes((samples * 32_767).astype("<i2").tobytes())


def delay(heard: np.ndarray, played: np.ndarray) -> int:
    """By how many samples `heard` is late, from the loudness of each 10 ms."""
    step = pcm.RATE_HZ // 100
    one, other = (
        np.abs(each[: len(each) // step * step]).reshape(-1, step).mean(1) for each in (heard, played)
    )
    size = len(one) + len(other)
    related = np.fft.irfft(
        np.fft.rfft(one - one.mean(), size) * np.conj(np.fft.rfft(other - other.mean(), size)), size
    )
    near = np.concatenate([related[-200:], related[:200]])
    return int((int(np.argmax(near)) - 200) * step)


def understood(heard: np.ndarray, made: Track, late: int) -> float:
    """Share of the commands that are recognised word for word."""
    engine = loading.create("stt", "pocketsphinx", {}, {}, 1)
    engine.open()
    known = [piece for piece in made.pieces if piece.text]
    engine.set_grammar(SpeechGrammar(tuple(piece.text for piece in known), {}))
    right = 0
    margin = int(GAP_SECONDS / 3 * pcm.RATE_HZ)
    for piece in known:
        engine.start()
        sound = heard[max(0, piece.start + late - margin) : piece.end + late + margin]
        for block in pcm.blocks(s16(sound)):
            list(engine.feed(block))
        right += engine.finish().text == piece.text
    engine.close()
    return right / len(known)


def woken(heard: np.ndarray, made: Track, late: int) -> float:
    """Share of the wake words that are found."""
    models = microwakeword_models(WAKE_WORD)
    engine = loading.create("wake", "microwakeword", {}, models, 1)
    engine.open()
    found: list[int] = []
    for number, block in enumerate(pcm.blocks(s16(heard))):
        found += [each.at_ms for each in engine.feed(block, number * pcm.BLOCK_BYTES // pcm.BYTES_PER_MS)]
    engine.close()
    known = [piece for piece in made.pieces if not piece.text]
    ms = pcm.RATE_HZ // 1000
    hits = sum(
        any((piece.start + late) / ms <= at <= (piece.end + late) / ms + 1000 for at in found)
        for piece in known
    )
    return hits / len(known)


async def recorded(folder: Path, made: Track, url: str, name: str) -> np.ndarray:
    """What comes out of the page with this choice."""
    choice = CHOICES[name]
    if choice is None:
        return made.samples
    audio = {key: choice.get(key, False) for key in KEYS}
    file = write_wav(folder / f"{made.name} {name}.wav", s16(made.samples))
    async with browsing(folder, file) as page:
        await page.open(url)
        seconds = 60 + 2 * len(made.samples) / pcm.RATE_HZ
        got = await page.evaluate(f"{RECORD}({json.dumps(audio)}, {len(made.samples)})", seconds)
        return np.frombuffer(base64.b64decode(got), "<i2").astype(np.float64) / 32_768


def judged(heard: np.ndarray, made: Track) -> str:
    """Both shares, and how loud it is."""
    late = delay(heard, made.samples)
    return f"{100 * understood(heard, made, late):.0f} / {100 * woken(heard, made, late):.0f}"


async def measure() -> int:
    """Print the table."""
    print(f"{'commands / wake words, %':<26}" + "".join(f"{name:>20}" for name in CHOICES))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        with served(folder / "data") as server:
            for condition in ("clean", "noise", "quiet"):
                made = track(condition)
                heard = await asyncio.gather(
                    *(recorded(folder, made, server.url(), each) for each in CHOICES)
                )
                row = "".join(f"{judged(each, made):>20}" for each in heard)
                print(f"{condition:<26}{row}", flush=True)
    return 0
