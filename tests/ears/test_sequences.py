"""The loss over whole stretches, against the sum over every single way."""

from __future__ import annotations

import pytest

from tests.ears import trainer

EVERY_WAY = """
import itertools, torch
from ears import sequences
from ears.corpus import UNKNOWN
from ears.phones import OUTPUTS
torch.manual_seed(1)
scores, few = torch.full((1, 3, OUTPUTS), -40.0), 4
scores[..., :few] = torch.randn(1, 3, few)
moves = sequences.moves_of(torch.randint(0, few, (500,), dtype=torch.uint8), 3)
def share(allowed):
    found = 0.0
    for way in itertools.product(range(few), repeat=3):
        if all(output in right for output, right in zip(way, allowed)):
            chance = moves[way[0], way[1]] * moves[way[1], way[2]]
            found += float(chance * scores[0, torch.arange(3), torch.tensor(way)].sum().exp())
    return torch.tensor(found).log()
everything = set(range(few))
for labels, allowed in {
    (0, 1, 2): ({0, 1}, {0, 1, 2}, {1, 2}),
    (3, 3, 3): ({3}, {3}, {3}),
    (1, UNKNOWN, 2): (everything, everything, everything),
}.items():
    found = sequences.loss(scores, torch.tensor([labels]), moves)
    wanted = (share([everything] * 3) - share(allowed)) / 3
    assert abs(float(found) - float(wanted)) < 1e-3, (labels, float(found), float(wanted))
"""
LEARNS = """
import torch
from ears import sequences
from ears.phones import OUTPUTS
torch.manual_seed(1)
labels = torch.randint(0, OUTPUTS, (2, 30))
moves = torch.full((OUTPUTS, OUTPUTS), 1 / OUTPUTS)
scores = torch.zeros(2, 30, OUTPUTS, requires_grad=True)
for _ in range(200):
    loss = sequences.loss(scores, labels, moves)
    (slope,) = torch.autograd.grad(loss, scores)
    scores = (scores - 60 * slope).detach().requires_grad_()
best = scores.argmax(-1)
near = (best == labels) | (best == labels.roll(1, 1)) | (best == labels.roll(-1, 1))
assert float(loss) < 0.05 and near.float().mean() > 0.95, (float(loss), near.float().mean())
"""


@trainer.needs_pytorch
@pytest.mark.parametrize(
    "what", [EVERY_WAY, LEARNS], ids=["every way is counted", "the right ways are learnt"]
)
def test_the_loss_over_stretches_counts_ways(what: str) -> None:
    trainer.run(what)
