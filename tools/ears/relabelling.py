"""The labels of all shards found anew by a network. Needs PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ears.aligning import Chain, align, chain
from ears.corpus import NOISE_VOICE, PEOPLE_VOICE, UNKNOWN
from ears.features import without_mean
from ears.network import LEFT, RIGHT, SUBSAMPLING, Network
from ears.texts import dictionary

_BATCH = 64


def relabel(file: Path, kept: Path, network: Network, priors: Any) -> float:
    """Writes the shard with new labels to `kept`; share of the synthesizers' sentences that could be aligned.

    What was drawn has the dictionary's sounds already; a sentence that cannot be aligned teaches nothing.
    """
    shard = dict(np.load(file))
    ends = np.cumsum(shard["frames"])
    texts = [str(text) for text in shard["texts"]]
    spoken = [
        number for number, voice in enumerate(shard["voices"]) if voice not in {PEOPLE_VOICE, NOISE_VOICE}
    ]
    order = sorted(spoken, key=lambda number: int(shard["frames"][number]))
    sounds = shard["sounds"].copy()
    done = 0
    for first in range(0, len(order), _BATCH):
        numbers, chains, scores = [], [], []
        for number in order[first : first + _BATCH]:
            way: Chain | None = chain(texts[number], dictionary())
            if way is not None:
                begin, end = int(ends[number] - shard["frames"][number]), int(ends[number])
                numbers.append((begin, end))
                chains.append(way)
                scores.append(_scores(network, shard["cepstra"][begin:end], priors))
        if not chains:
            continue
        for (begin, end), found in zip(numbers, align(scores, chains), strict=True):
            if found is None:
                sounds[begin:end] = UNKNOWN
            else:
                sounds[begin:end] = np.repeat(found, SUBSAMPLING)[1 : 1 + end - begin]
                done += 1
    shard["sounds"] = sounds
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(".part")
    with unfinished.open("wb") as opened:
        np.savez(opened, **shard)
    unfinished.replace(kept)
    return done / max(1, len(spoken))


def _scores(network: Network, cepstra: Any, priors: Any) -> Any:
    """Logarithms of likelihoods [answers, OUTPUTS]; answer k is for the frames around 3 k."""
    frames = torch.from_numpy(without_mean(cepstra.astype(np.float32), network.prior.numpy()))
    padded = torch.cat((frames[:1].expand(LEFT, -1), frames, frames[-1:].expand(RIGHT + SUBSAMPLING, -1)))
    network.eval()
    with torch.no_grad():
        answers = torch.log_softmax(network(padded[None])[0], -1).numpy()
    return answers[: len(frames) // SUBSAMPLING + 2] - np.log(priors)
