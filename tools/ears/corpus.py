"""Training data: sentences said by many voices, heard in many rooms, as cepstra with a sound for each frame.

Everything follows from the seed. A shard is cached by what it depends on: these modules and its number.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ears import espeak, festival, flite, rhvoice
from ears.features import FRAMES_PER_SECOND, SHIFT, WINDOW, cepstra
from ears.noises import some_noise
from ears.people import Crowd, somewhere
from ears.phones import DISTRIBUTION, SILENCE
from ears.rooms import at_speed, heard
from ears.speech import RATE_HZ, Manner, Spoken, Voice
from ears.texts import Teller
from ears.voices import training_voice

SHARD_SENTENCES = 250
COPIES = 2
"""Rooms in which each sentence is heard."""
PEOPLE = 600
"""Sentences of a shard that are drawn from the model of thousands of speakers."""
NOISES = 20
PEOPLE_VOICE, NOISE_VOICE = "people", "noise"
UNKNOWN = 255
"""A frame whose sound is not known yet."""
_SOURCES = (
    "espeak", "features", "flite", "noises", "people", "phones", "rhvoice", "rooms", "speech", "sphinx",
    "texts", "voices", "words", "corpus",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Item:
    """One sentence as one microphone heard it."""

    text: str
    voice: str
    cepstra: Any
    """[frames, CEPSTRA] float16, their mean still in them."""
    sounds: Any
    """[frames] uint8: outputs of the network, or UNKNOWN."""


_MAKERS: dict[str, Any] = {
    "espeak": espeak.Synthesizer,
    "flite": flite.Synthesizer,
    "festival": festival.Synthesizer,
    "rhvoice": rhvoice.RHVoice,
    "pico": rhvoice.Pico,
}


class Makers:
    """The synthesizers of this process."""

    def __init__(self) -> None:
        self._makers: dict[str, Any] = {}

    def say(self, text: str, voice: Voice, manner: Manner) -> Spoken | None:
        """See the synthesizers."""
        if voice.maker not in self._makers:
            self._makers[voice.maker] = _MAKERS[voice.maker]()
        spoken: Spoken | None = self._makers[voice.maker].say(text, voice.name, manner)
        return spoken


def with_silence(spoken: Spoken, rng: random.Random) -> Spoken:
    """Silence before and after, as a microphone that was on already."""
    import numpy as np

    before, after = (rng.uniform(0.05, 0.5) for _ in range(2))
    parts = [
        np.zeros(int(before * RATE_HZ), np.float32),
        spoken.samples,
        np.zeros(int(after * RATE_HZ), np.float32),
    ]
    shift = len(parts[0]) / RATE_HZ
    later = [(name, end + shift) for name, end in spoken.sounds]
    return Spoken(np.concatenate(parts), ((SILENCE, shift), *later) if later else ())


def frame_sounds(sounds: tuple[tuple[str, float], ...], frames: int, ratio: float = 1.0) -> Any:
    """The sound in the middle of each frame, as outputs; the recording went `ratio` times as fast."""
    import numpy as np

    if not sounds:
        return np.full(frames, UNKNOWN, np.uint8)
    middles = (np.arange(frames) * SHIFT + WINDOW / 2) / RATE_HZ * ratio
    ends = np.array([end for _, end in sounds])
    names = np.array([*(DISTRIBUTION[name] for name, _ in sounds), DISTRIBUTION[SILENCE]], np.uint8)
    return names[np.searchsorted(ends, middles, side="right")]


def items(number: int, seed: int) -> Iterator[Item]:
    """A shard, without its cache."""
    rng = random.Random(f"{seed}/{number}")
    said = list(synthesized(rng))
    yield from said
    means = [item.cepstra.mean(0, dtype="float32") for item in said]
    yield from people(rng, means)
    yield from noises(rng)


def synthesized(rng: random.Random) -> Iterator[Item]:
    """Sentences by synthesizers, each heard several times."""
    import numpy as np

    teller, makers = Teller(rng), Makers()
    others: list[Any] = []
    for _ in range(SHARD_SENTENCES):
        text, voice = teller.sentence(), training_voice(rng)
        manner = Manner(rng.uniform(0.78, 1.35), rng.uniform(0.75, 1.3), rng.uniform(0.4, 1.6))
        spoken = makers.say(text, voice, manner)
        times_known = voice.maker in {"espeak", "flite"}
        if spoken is None or len(spoken.samples) < RATE_HZ // 4 or (times_known and not spoken.sounds):
            continue
        spoken = with_silence(spoken, rng)
        others = [*others[-12:], spoken.samples]
        for _ in range(COPIES):
            ratio = rng.uniform(0.82, 1.24)
            features = cepstra(heard(at_speed(spoken.samples, ratio), rng, others[:-1]))
            sounds = frame_sounds(spoken.sounds, len(features), ratio)
            yield Item(text, str(voice), features.astype(np.float16), sounds)


def people(rng: random.Random, means: Sequence[Any]) -> Iterator[Item]:
    """Sentences as people say them; `means` [CEPSTRA] are those of microphones."""
    import numpy as np

    teller, crowd = Teller(rng), Crowd(rng)
    for _ in range(PEOPLE):
        text = teller.sentence()
        if said := crowd.say(text):
            features = somewhere(said[0], rng.choice(means), rng)
            yield Item(text, PEOPLE_VOICE, features.astype(np.float16), said[1])


def noises(rng: random.Random) -> Iterator[Item]:
    """No speech at all."""
    import numpy as np

    for _ in range(NOISES):
        features = cepstra(heard(some_noise(rng.uniform(1.5, 5), rng), rng, ()))
        silence = np.full(len(features), DISTRIBUTION[SILENCE], np.uint8)
        yield Item("", NOISE_VOICE, features.astype(np.float16), silence)


def key(seed: int) -> str:
    """Changes with everything that the data depends on."""
    digest = hashlib.sha256(str(seed).encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]


def shard(cache: Path, number: int, seed: int) -> Path:
    """The file of a shard, made if it is not there."""
    import numpy as np

    file = cache / "data" / key(seed) / f"{number:04}.npz"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        found = list(items(number, seed))
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as opened:
            np.savez(
                opened,
                cepstra=np.concatenate([item.cepstra for item in found]),
                sounds=np.concatenate([item.sounds for item in found]),
                frames=np.array([len(item.sounds) for item in found]),
                texts=np.array([item.text for item in found]),
                voices=np.array([item.voice for item in found]),
            )
        unfinished.replace(file)
    return file


def hours(frames: int) -> float:
    """Of so many frames."""
    return frames / FRAMES_PER_SECOND / 3600
