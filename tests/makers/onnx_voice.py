"""Make a small ONNX voice with Piper's inputs and outputs: a tone for each phoneme, of known length.

A graph of a dozen operators that the real piper-tts loads and runs. It hums rather than speaks, but it is
audible, and its duration is exactly `phoneme ids × HOP × length_scale` samples.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE_HZ = 16_000
HOP = 640
"""Samples of each phoneme id at length scale 1.0: 40 ms."""


def make_voice(path: Path, *, speakers: int = 1, rate_hz: int = RATE_HZ, amplitude: float = 0.3) -> Path:
    """Write `path` (.onnx) and its .onnx.json; returns `path`. `amplitude` may be NaN."""
    onnx.save(_model(speakers, rate_hz, amplitude), str(path))
    Path(f"{path}.json").write_text(json.dumps(description(speakers, rate_hz)), encoding="utf-8")
    return path


def description(speakers: int = 1, rate_hz: int = RATE_HZ) -> dict[str, object]:
    """A voice's .onnx.json as Piper writes it."""
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

    return {
        "audio": {"sample_rate": rate_hz, "quality": "x_low"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": dict(DEFAULT_PHONEME_ID_MAP),
        "num_symbols": 256,
        "num_speakers": speakers,
        "speaker_id_map": {f"speaker{number}": number for number in range(speakers)} if speakers > 1 else {},
        "hop_length": HOP,
    }


def _model(speakers: int, rate_hz: int, amplitude: float) -> onnx.ModelProto:
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "samples"])
    constants = {
        "hop": np.array(HOP, np.float32), "zero": np.array(0.0, np.float32), "one": np.array(1.0, np.float32),
        "first": np.array([1], np.int64), "second": np.array([2], np.int64), "flat": np.array([-1], np.int64),
        "scalar": np.array([], np.int64), "shape": np.array([1, 1, 1, -1], np.int64),
        "low": np.array(150.0, np.float32), "step": np.array(6.0, np.float32),
        "turns": np.array(2 * np.pi / rate_hz, np.float32), "loud": np.array(amplitude, np.float32),
    }  # fmt: skip
    graph = helper.make_graph(
        _nodes(several=speakers > 1), "voice", inputs, [output],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return model


def _nodes(*, several: bool) -> list[onnx.NodeProto]:
    """Sample k belongs to phoneme floor(k / span); its tone is 150 Hz + 6 Hz × id (+ 150 Hz × speaker)."""

    def node(kind: str, inputs: str, name: str, **attributes: object) -> onnx.NodeProto:
        return helper.make_node(kind, inputs.split(), [name], **attributes)

    nodes = [
        node("Slice", "scales first second", "length_1"),
        node("Reshape", "length_1 scalar", "length"),
        node("Mul", "hop length", "span"),
        node("Reshape", "input_lengths scalar", "count"),
        node("Cast", "count", "count_f", to=TensorProto.FLOAT),
        node("Mul", "count_f span", "total_raw"),
        node("Floor", "total_raw", "total"),
        node("Range", "zero total one", "k"),
        node("Div", "k span", "place_f"),
        node("Cast", "place_f", "place", to=TensorProto.INT64),
        node("Reshape", "input flat", "ids"),
        node("Gather", "ids place", "id"),
        node("Cast", "id", "id_f", to=TensorProto.FLOAT),
        node("Mul", "id_f step", "above"),
        node("Add", "above low", "tone"),
    ]
    tone = "tone"
    if several:
        nodes += [
            node("Cast", "sid", "sid_f", to=TensorProto.FLOAT),
            node("Mul", "sid_f low", "higher"),
            node("Add", "tone higher", "own_tone"),
        ]
        tone = "own_tone"
    return [
        *nodes,
        node("Mul", f"{tone} k", "cycles"),
        node("Mul", "cycles turns", "phase"),
        node("Sin", "phase", "wave"),
        node("Mul", "wave loud", "sound"),
        node("Reshape", "sound shape", "output"),
    ]
