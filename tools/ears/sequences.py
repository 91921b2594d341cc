"""A loss over whole stretches of answers: the right sounds against all that could follow each other.

The recogniser does not choose a sound for each answer but a way through all of them. So the network is also
taught as in Povey et al., "Purely sequence-trained neural networks for ASR based on lattice-free MMI" (2016):
the logarithm of the share that the right ways have among all ways through a model of pairs of sounds. Needs
PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ears.phones import OUTPUTS

_SEEN_ONCE = 0.5
_LEAST = 1e-30


def moves_of(sounds: torch.Tensor, stride: int) -> torch.Tensor:
    """Chances [OUTPUTS, OUTPUTS] of the sound after each, `stride` frames later; `sounds` [frames] uint8."""
    before, after = sounds[:-stride].long(), sounds[stride:].long()
    known = (before < OUTPUTS) & (after < OUTPUTS)
    pairs = torch.bincount(before[known] * OUTPUTS + after[known], minlength=OUTPUTS**2)
    counts = pairs.reshape(OUTPUTS, OUTPUTS).float() + _SEEN_ONCE
    return counts / counts.sum(1, keepdim=True)


def right_ways(sounds: torch.Tensor) -> torch.Tensor:
    """Which outputs are right [batch, answers, OUTPUTS], 1 or 0, for labels [batch, answers].

    A sound may begin or end one answer sooner or later; where nothing is known, all are right.
    """
    known = torch.nn.functional.one_hot(sounds.clamp(max=OUTPUTS), OUTPUTS + 1).float()
    right = known[..., :OUTPUTS] + known[..., OUTPUTS:]
    wide = right.clone()
    wide[:, 1:] += right[:, :-1]
    wide[:, :-1] += right[:, 1:]
    return wide.clamp(max=1)


def logarithm_of_ways(
    scores: torch.Tensor, moves: torch.Tensor, allowed: torch.Tensor | None
) -> torch.Tensor:
    """Logarithm [batch] of the sum over all ways, or those through `allowed`, of their exponentials."""
    highest = scores.detach().amax(-1, keepdim=True)
    chances = (scores - highest).exp()
    if allowed is not None:
        chances = chances * allowed
    total: Any = highest.sum((1, 2))
    reached = chances[:, 0]
    for answer in range(scores.shape[1]):
        if answer:
            reached = (reached @ moves) * chances[:, answer]
        size = reached.sum(-1).clamp(min=_LEAST)
        total = total + size.log()
        reached = reached / size[:, None]
    return total  # type: ignore[no-any-return]


def loss(scores: torch.Tensor, sounds: torch.Tensor, moves: torch.Tensor) -> torch.Tensor:
    """Per answer, of scores [batch, answers, OUTPUTS] and labels [batch, answers] with UNKNOWN."""
    allowed = right_ways(sounds)
    every = logarithm_of_ways(scores, moves, None)
    right = logarithm_of_ways(scores, moves, allowed)
    return (every - right).mean() / scores.shape[1]


def no_priors() -> Any:
    """What the recogniser divides by: nothing, for these scores are likelihoods already."""
    return np.ones(OUTPUTS)
