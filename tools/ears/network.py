"""The network: a time-delay net over mel cepstra, one answer every third frame. Needs PyTorch."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ears.features import CEPSTRA
from ears.phones import OUTPUTS

SUBSAMPLING = 3


@dataclasses.dataclass(frozen=True)
class Layer:
    """Which frames around one a layer looks at; the second thins them out."""

    offsets: tuple[int, ...]
    stride: int = 1


LAYERS = (
    Layer((-2, -1, 0, 1, 2)),
    Layer((-1, 0, 1), SUBSAMPLING),
    Layer((-3, 0, 3)),
    Layer((-3, 0, 3)),
    Layer((-3, 0, 3)),
    Layer((-3, 0, 3)),
    Layer((-6, -3, 0, 3)),
)
LEFT = -sum(layer.offsets[0] for layer in LAYERS)
RIGHT = sum(layer.offsets[-1] for layer in LAYERS)
"""Frames that an answer needs before and after its own."""


class Network(nn.Module):
    """`width` channels in each layer. Buffers `mean` and `deviation` are the input's, per coefficient;
    `prior` is the mean of all speech, which is taken away before.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        inputs = [CEPSTRA, *[width] * (len(LAYERS) - 1)]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(count, width, len(layer.offsets), stride=layer.stride)
            for count, layer in zip(inputs, LAYERS, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in LAYERS)
        self.last = nn.Conv1d(width, OUTPUTS, 1)
        self.width = width
        self.mean: torch.Tensor
        self.deviation: torch.Tensor
        self.prior: torch.Tensor
        self.register_buffer("prior", torch.zeros(CEPSTRA, dtype=torch.float64))
        self.register_buffer("mean", torch.zeros(CEPSTRA))
        self.register_buffer("deviation", torch.ones(CEPSTRA))

    def forward(self, cepstra: torch.Tensor) -> torch.Tensor:
        """[batch, LEFT + 3 n - 2 + RIGHT, CEPSTRA] → scores [batch, n, OUTPUTS]."""
        hidden = ((cepstra - self.mean) / self.deviation).transpose(1, 2)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            hidden = norm(functional.relu(convolution(hidden)))
        return self.last(hidden).transpose(1, 2)  # type: ignore[no-any-return]


def folded(network: Network) -> list[tuple[tuple[int, ...], Any, Any]]:
    """Offsets, matrix [out, in × offsets] and bias of each layer and of the last one, with the input's
    normalisation and the batch norms in them: only a rectifier stands between two.
    """
    network.eval()
    scale = (1 / network.deviation).double()
    shift = (-network.mean / network.deviation).double()
    found = []
    offsets = [*(layer.offsets for layer in LAYERS), (0,)]
    norms: list[Any] = [*network.norms, None]
    for around, convolution, norm in zip(offsets, (*network.convolutions, network.last), norms, strict=True):
        weight = convolution.weight.detach().double()  # [out, in, offset]
        bias = convolution.bias.detach().double() + (weight * shift[None, :, None]).sum((1, 2))
        weight = (weight * scale[None, :, None]).permute(0, 2, 1)
        found.append((around, weight.reshape(weight.shape[0], -1).numpy(), bias.numpy()))
        if norm is not None:
            scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().double()
            shift = norm.bias.detach().double() - norm.running_mean.double() * scale
    return found
