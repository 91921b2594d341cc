"""How wide Vosk searches with our models, and what their graphs cost."""

from __future__ import annotations

ACOUSTIC_SCALE = 0.5
DECODING = f"""--min-active=200
--max-active=1500
--beam=11
--lattice-beam=2.5
--acoustic-scale={ACOUSTIC_SCALE}
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""

GRAPH = b'{"foreign_phone": 1.3, "min_confidence": 0.8}\n'
"""`conf/graph.json` (appliance/ears/tuning.py). Set on the exam's voices, not on the recordings."""
