"""Writes a network as Kaldi's `final.mdl` (nnet3, binary), which Vosk loads. Needs NumPy.

Phones have one state: a transition into it and one that stays. Matrices are stored in 16 bits.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any

from ears.phones import OUTPUT_OF_PHONE

STAY = 0.5
_LEVELS = 65_535


class Writer:
    """Kaldi's binary stream: tokens end with a space, numbers carry their size."""

    def __init__(self) -> None:
        self._stream = io.BytesIO()
        self._stream.write(b"\0B")

    def token(self, *names: str) -> Writer:
        """Tokens."""
        for name in names:
            self._stream.write(name.encode() + b" ")
        return self

    def number(self, *values: int) -> Writer:
        """32-bit whole numbers."""
        for value in values:
            self._stream.write(struct.pack("<bi", 4, value))
        return self

    def real(self, value: float) -> Writer:
        """A 32-bit float."""
        self._stream.write(struct.pack("<bf", 4, value))
        return self

    def long_real(self, value: float) -> Writer:
        """A 64-bit float."""
        self._stream.write(struct.pack("<bd", 8, value))
        return self

    def numbers(self, values: Sequence[int]) -> Writer:
        """A list of whole numbers."""
        self._stream.write(struct.pack(f"<bi{len(values)}i", 4, len(values), *values))
        return self

    def vector(self, values: Any) -> Writer:
        """A vector of floats."""
        import numpy as np

        self.token("FV").number(len(values))
        self._stream.write(np.asarray(values, "<f4").tobytes())
        return self

    def matrix(self, values: Any) -> Writer:
        """A matrix, each number in 16 bits between the least and the greatest."""
        import numpy as np

        low = float(values.min())
        span = float(values.max()) - low or 1.0
        steps = np.clip(np.rint((values - low) / span * _LEVELS), 0, _LEVELS).astype("<u2")
        self.token("CM2")
        self._stream.write(struct.pack("<ffii", low, span, *values.shape) + steps.tobytes())
        return self

    def long_matrix(self, values: Any) -> Writer:
        """A matrix of 64-bit floats."""
        import numpy as np

        self.token("DM").number(*values.shape)
        self._stream.write(np.asarray(values, "<f8").tobytes())
        return self

    def text(self, lines: str) -> Writer:
        """Raw text."""
        self._stream.write(lines.encode())
        return self

    def content(self) -> bytes:
        """All of it."""
        return self._stream.getvalue()


def acoustic_model(layers: Sequence[tuple[tuple[int, ...], Any, Any]], priors: Any) -> bytes:
    """`layers` as `network.folded` gives them; `priors` are the outputs' shares in training."""
    writer = Writer()
    _transitions(writer)
    _network(writer, layers)
    writer.token("<LeftContext>").number(0).token("<RightContext>").number(0)
    writer.token("<Priors>").vector(priors)
    return writer.content()


def _transitions(writer: Writer) -> None:
    import math

    count = len(OUTPUT_OF_PHONE)
    writer.token("<TransitionModel>", "<Topology>").numbers(range(1, count + 1)).numbers([-1] + [0] * count)
    writer.number(1, 2)  # one topology of two states: the emitting one, and the end
    writer.number(0, 2).number(0).real(STAY).number(1).real(1 - STAY)
    writer.number(-1, 0)
    writer.token("</Topology>", "<Triples>").number(count)
    for phone, output in enumerate(OUTPUT_OF_PHONE, start=1):
        writer.number(phone, 0, output)
    writer.token("</Triples>", "<LogProbs>")
    writer.vector([0.0] + [math.log(STAY), math.log(1 - STAY)] * count)
    writer.token("</LogProbs>", "</TransitionModel>")


def _network(writer: Writer, layers: Sequence[tuple[tuple[int, ...], Any, Any]]) -> None:
    lines = [f"input-node name=input dim={layers[0][1].shape[1] // len(layers[0][0])}"]
    source = "input"
    names = []
    for number, (offsets, _, _) in enumerate(layers):
        seen = [source if offset == 0 else f"Offset({source}, {offset})" for offset in offsets]
        around = seen[0] if len(seen) == 1 else f"Append({', '.join(seen)})"
        lines.append(f"component-node name=l{number}.affine component=l{number}.affine input={around}")
        kind = "relu" if number + 1 < len(layers) else "logsoftmax"
        source = f"l{number}.{kind}"
        lines.append(f"component-node name={source} component={source} input=l{number}.affine")
        names.append((f"l{number}.affine", source))
    lines.append(f"output-node name=output input={source} objective=linear")
    writer.token("<Nnet3>").text("\n" + "\n".join(lines) + "\n\n")
    writer.token("<NumComponents>").number(2 * len(layers))
    for (affine, after), (_, matrix, bias) in zip(names, layers, strict=True):
        writer.token("<ComponentName>", affine, "<FixedAffineComponent>", "<LinearParams>").matrix(matrix)
        writer.token("<BiasParams>").vector(bias).token("</FixedAffineComponent>")
        kind = "RectifiedLinearComponent" if after.endswith("relu") else "LogSoftmaxComponent"
        _plain(writer, after, kind, matrix.shape[0])
    writer.token("</Nnet3>")


def _plain(writer: Writer, name: str, kind: str, size: int) -> None:
    """A component without parameters; the statistics that Kaldi's own training would keep are empty."""
    writer.token("<ComponentName>", name, f"<{kind}>", "<Dim>").number(size)
    writer.token("<ValueAvg>").vector([]).token("<DerivAvg>").vector([]).token("<Count>").long_real(0)
    writer.token("<OderivRms>").vector([]).token("<OderivCount>").long_real(0)
    writer.token("<NumDimsSelfRepaired>").long_real(0)
    writer.token("<NumDimsProcessed>").long_real(0).token(f"</{kind}>")


def mean_statistics(mean: Any) -> bytes:
    """The file `global_cmvn.stats`: `mean` is what Kaldi's OnlineCmvn begins with."""
    import numpy as np

    squares = np.asarray(mean) ** 2 + 1.0
    return Writer().long_matrix(np.array([[*mean, 1.0], [*squares, 0.0]])).content()
