"""The model's folder as the appliance reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ears.decoding import DECODING, GRAPH
from ears.features import CONFIGURATION
from ears.kaldi import acoustic_model, mean_statistics
from ears.network import Network, folded
from ears.phones import phones_txt, word_boundaries

HOUSEHOLD = Path(__file__).with_name("household.txt")
"""Words of homes that CMUdict lacks, in its format."""


def write(folder: Path, network: Network, priors: Any) -> int:
    """All files but the card; their size in bytes."""
    contents = {
        "am/final.mdl": acoustic_model(folded(network), priors),
        "am/global_cmvn.stats": mean_statistics(network.prior.numpy()),
        "conf/mfcc.conf": CONFIGURATION.encode(),
        "conf/model.conf": DECODING.encode(),
        "conf/graph.json": GRAPH,
        "graph/phones.txt": phones_txt().encode(),
        "graph/phones/word_boundary.int": word_boundaries().encode(),
        "graph/words.txt": b"<eps> 0\n[unk] 1\n",
        "lexicon.txt": HOUSEHOLD.read_bytes(),
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return sum(map(len, contents.values()))
