"""Sentences as people might say them: cepstra drawn by chance from PocketSphinx's model of many speakers.

Nothing can be listened to. Each sound in its context goes through its three states; in each, Gaussians of the
cepstra and of their differences are chosen by chance, and a path is drawn that fits all of them (as HMM
synthesizers do, with variance). Microphone, noise and room are laid over it as mel energies.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ears.features import CEPSTRA, cepstra, from_bands, log_bands
from ears.phones import DISTRIBUTION, SILENCE
from ears.rooms import noise_of, tinted_noise
from ears.speech import RATE_HZ
from ears.sphinx import ALONE, BEGINS, DIMENSIONS, ENDS, INSIDE, NOISES, STATES, STREAMS, Sphinx, sphinx
from ears.texts import dictionary

Matrix = Any
_FIRST = ((2, 1.0), (-2, -1.0))
_SECOND = ((3, 1.0), (1, -1.0), (-1, -1.0), (-3, 1.0))
"""PocketSphinx's differences of two orders: offset and weight of each frame."""
_BAND = 6


def places(count: int) -> tuple[int, ...]:
    """Of a word's sounds."""
    return (ALONE,) if count == 1 else (BEGINS, *[INSIDE] * (count - 2), ENDS)


def sounds_of(text: str, rng: random.Random) -> list[tuple[str, int]]:
    """Sounds and their places, one of the ways to say each word, with silence around and sometimes between.

    Empty when a word is unknown.
    """
    found: list[tuple[str, int]] = [(SILENCE, ALONE)]
    pauses = rng.choice((0.02, 0.1, 0.4))
    for word in text.split():
        ways = dictionary().get(word)
        if not ways:
            return []
        way = ways[0] if rng.random() < 0.6 else rng.choice(ways)
        if found[-1][0] != SILENCE and rng.random() < pauses:
            found.append((SILENCE, ALONE))
        found += zip(way, places(len(way)), strict=True)
    return [*found, (SILENCE, ALONE)]


class Crowd:
    """Speakers, one after the other."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._noise = noise_of(rng)
        self._model: Sphinx = sphinx()

    def say(self, text: str) -> tuple[Matrix, Matrix] | None:
        """Cepstra [frames, CEPSTRA] about a mean of nought, and outputs of the network [frames]."""
        import numpy as np

        said = sounds_of(text, self._rng)
        if not said:
            return None
        rate = self._rng.uniform(0.75, 1.4)
        states, labels = [], []
        numbers = [self._model.names.index(name) for name, _ in said]
        for place, (name, where) in enumerate(said):
            number = numbers[place]
            senones = self._model.states(
                number, numbers[max(0, place - 1)], numbers[min(len(said) - 1, place + 1)], where
            )
            long = self._frames(name, number, rate)
            if name == SILENCE and self._rng.random() < 0.1:
                number = self._model.names.index(self._rng.choice(NOISES))
                senones = range(number * STATES, number * STATES + STATES)
            for senone, count in zip(senones, long, strict=True):
                states.append((number, int(senone), count))
            labels += [DISTRIBUTION[name]] * sum(long)
        return self._path(states), np.array(labels, np.uint8)

    def _frames(self, name: str, number: int, rate: float) -> list[int]:
        """How long each state of a sound lasts."""
        if name == SILENCE:
            whole = int(self._rng.choice((self._rng.uniform(4, 20), self._rng.uniform(8, 50))))
            return [whole // 4 + 1, whole - 2 * (whole // 4) + 1, whole // 4 + 1]
        stretch = self._rng.lognormvariate(0, 0.25) / rate
        means = self._model.frames[number] * stretch
        return [max(1, round(self._rng.gammavariate(4, mean / 4))) for mean in means]

    def _path(self, states: Sequence[tuple[int, int, int]]) -> Matrix:
        """[frames, CEPSTRA]"""
        import numpy as np

        means = np.empty((STREAMS, sum(count for *_, count in states), DIMENSIONS))
        variances = np.empty_like(means)
        # Some keep to one Gaussian in a state, others change it with each frame.
        restless = self._rng.choice((0.0, 0.2, 0.5))
        frame = 0
        for number, senone, count in states:
            for stream in range(STREAMS):
                weights = self._model.weights[stream, :, senone]
                chosen = self._noise.choice(len(weights), count, p=weights / weights.sum())
                kept = np.maximum.accumulate(
                    np.where(self._noise.random(count) < restless, np.arange(count), 0)
                )
                chosen = chosen[kept]
                means[stream, frame : frame + count] = self._model.means[number, stream, chosen]
                variances[stream, frame : frame + count] = self._model.variances[number, stream, chosen]
            frame += count
        # Fitting all three at once leaves less variety than each has: the differences count less.
        variances[1:] *= self._rng.uniform(3, 10)
        return drawn(means, variances, self._noise, self._rng.uniform(0.6, 1.1))


def drawn(means: Matrix, variances: Matrix, noise: Any, spread: float) -> Matrix:
    """A path [frames, dimensions] by chance, from Gaussians [streams, frames, dimensions] of it and its
    differences.
    """
    import numpy as np
    from scipy.linalg import cho_solve_banded, cholesky_banded, solve_banded

    _, count, dimensions = means.shape
    path = np.empty((count, dimensions))
    for dimension in range(dimensions):
        precision = np.zeros((_BAND + 1, count))  # upper: row BAND is the diagonal
        wanted = np.zeros(count)
        precision[_BAND] += 1 / variances[0, :, dimension]
        wanted += means[0, :, dimension] / variances[0, :, dimension]
        for stream, taps in ((1, _FIRST), (2, _SECOND)):
            reach = max(offset for offset, _ in taps)
            middle = np.arange(reach, count - reach)
            sure = 1 / variances[stream, middle, dimension]
            for offset, weight in taps:
                wanted[middle + offset] += weight * sure * means[stream, middle, dimension]
                for other, beside in taps:
                    if other >= offset:
                        precision[_BAND - (other - offset), middle + other] += weight * beside * sure
        upper = cholesky_banded(precision)
        path[:, dimension] = cho_solve_banded((upper, False), wanted)
        path[:, dimension] += spread * solve_banded((0, _BAND), upper, noise.normal(0, 1, count))
    return path


def somewhere(path: Matrix, mean: Matrix, rng: random.Random) -> Matrix:
    """Heard through a microphone whose mean is `mean` [CEPSTRA], in a room, with noise: [frames, CEPSTRA]."""
    import numpy as np

    frames = path + mean + noise_of(rng).normal(0, 1, CEPSTRA) * rng.uniform(0, 4)
    bands = np.exp(log_bands(frames))
    if rng.random() < 0.5:
        bands = _echoing(bands, rng.uniform(0.15, 0.9), rng.uniform(0.02, 0.5))
    if rng.random() < 0.8:
        sound = tinted_noise((len(path) + 4) * 160, rng)
        noise = np.exp(log_bands(cepstra(sound * 1000)[: len(path)]))
        bands += noise * (bands.mean() / noise.mean() * 10 ** (-rng.triangular(3, 45, 20) / 10))
    return from_bands(np.log(bands)).astype(np.float32)


def _echoing(bands: Matrix, seconds: float, share: float) -> Matrix:
    """Mel energies with a tail that falls by 60 dB in `seconds`."""
    from scipy.signal import lfilter

    fall = 10 ** (-6 / (seconds * RATE_HZ / 160))
    return bands + share * lfilter([0, 1 - fall], [1, -fall], bands, axis=0)
