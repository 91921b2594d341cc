"""PocketSphinx's acoustic model of American English, read out of its wheel: what many people sound like.

Each state of a sound in its context has a mixture of 128 Gaussians for each of three streams: 13 mel cepstra
without their mean, their differences and the differences of those. Licence: BSD, by Alpha Cephei.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import math
import struct
from functools import cache
from pathlib import Path
from typing import Any

STREAMS, DENSITIES, DIMENSIONS, STATES = 3, 128, 13, 3
NOISES = ("+NSN+", "+SPN+")
INSIDE, BEGINS, ENDS, ALONE = range(4)
"""Places of a sound in its word."""
_STEP = 1024 * math.log(1.0001)
_END_OF_HEAD = b"endhdr\n"


@dataclasses.dataclass(frozen=True)
class Sphinx:
    """Numbers of the model. Sounds are numbered as in `names`."""

    names: tuple[str, ...]
    means: Any
    """[sounds, STREAMS, DENSITIES, DIMENSIONS]"""
    variances: Any
    weights: Any
    """[STREAMS, DENSITIES, senones]; each column's sum is about 1."""
    frames: Any
    """[sounds, STATES]: how many frames a state lasts on average."""
    keys: Any
    """Sorted; see `_key`."""
    senones: Any
    """[contexts, STATES], in the order of `keys`."""

    def states(self, sound: int, left: int, right: int, place: int) -> Any:
        """Senones [STATES] of a sound between two others; without that context, the sound's own."""
        for other in (place, INSIDE, ENDS, BEGINS, ALONE):
            key = _key(sound, left, right, other)
            found = int(self.keys.searchsorted(key))
            if found < len(self.keys) and self.keys[found] == key:
                return self.senones[found]
        return range(sound * STATES, sound * STATES + STATES)


def _key(sound: Any, left: Any, right: Any, place: Any) -> Any:
    return ((sound * 64 + left) * 64 + right) * 4 + place


@cache
def sphinx() -> Sphinx:
    """The model. Raises FileNotFoundError without the package."""
    import numpy as np

    spec = importlib.util.find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("pocketsphinx is not installed: its package carries the model")
    folder = Path(spec.origin).parent / "model" / "en-us" / "en-us"
    names, keys, senones, count = _definition((folder / "mdef").read_bytes())
    shape = (len(names), STREAMS, DENSITIES, DIMENSIONS)
    moves = _floats(folder / "transition_matrices", 3).reshape(len(names), STATES, STATES + 1)
    stays = np.array([[each[s, s] / each[s].sum() for s in range(STATES)] for each in moves])
    return Sphinx(
        names,
        _floats(folder / "means", 3 + STREAMS).reshape(shape),
        np.maximum(_floats(folder / "variances", 3 + STREAMS).reshape(shape), 1e-4),
        _weights((folder / "sendump").read_bytes(), count),
        1 / (1 - np.minimum(stays, 0.97)),
        keys,
        senones,
    )


def _definition(content: bytes) -> tuple[tuple[str, ...], Any, Any, int]:
    """Names of the sounds; keys and senones of all contexts; count of senones."""
    import numpy as np

    place = 12 + struct.unpack_from("<i", content, 8)[0]
    sounds, phones, _, _, senones, _, sequences, _, tree, _ = struct.unpack_from("<10i", content, place)
    place += 40
    names = []
    for _ in range(sounds):
        end = content.index(b"\0", place)
        names.append(content[place:end].decode())
        place = end + 1
    place = (place + 3) // 4 * 4 + 8 * tree
    kind = np.dtype([("sequence", "<i4"), ("moves", "<i4"), ("where", "u1", 4)])
    table = np.frombuffer(content, kind, phones, place)[sounds:]
    place += 12 * phones + 4
    states = np.frombuffer(content, "<u2", sequences * STATES, place).reshape(-1, STATES)
    where = table["where"].astype(np.int64)
    keys = _key(where[:, 1], where[:, 2], where[:, 3], where[:, 0])
    order = keys.argsort()
    return tuple(names), keys[order], states[table["sequence"]][order].astype(np.int64), senones


def _floats(file: Path, counts: int) -> Any:
    """After the head: a byte-order mark, `counts` numbers that tell the shape, the count of floats."""
    import numpy as np

    content = file.read_bytes()
    place = content.index(_END_OF_HEAD) + len(_END_OF_HEAD) + 4 * (1 + counts)
    (total,) = struct.unpack_from("<i", content, place)
    return np.frombuffer(content, "<f4", total, place + 4).astype(np.float64)


def _weights(content: bytes, senones: int) -> Any:
    import numpy as np

    place = 0
    while length := struct.unpack_from("<i", content, place)[0]:
        place += 4 + length
    place += 12
    logs = np.frombuffer(content, np.uint8, STREAMS * DENSITIES * senones, place)
    return np.exp(-_STEP * logs.reshape(STREAMS, DENSITIES, senones).astype(np.float32))
