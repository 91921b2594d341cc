"""Make a small GGUF model of the llama architecture with random weights, by hand.

It has a vocabulary of bytes and letters and talks nonsense, but it is a real model: llama.cpp loads it,
evaluates it and samples from it. The size decides how long a prompt takes.
Source: docs/gguf.md of ggml (version 3); tensor names of llama.cpp's llama architecture.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

ALIGNMENT = 32
_U32, _F32, _BOOL, _STRING, _ARRAY = 4, 6, 7, 8, 9
_I32 = 5
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6

SPECIAL = ["<unk>", "<s>", "</s>", "<|user|>", "<|system|>", "<|assistant|>"]
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def vocabulary() -> tuple[list[str], list[int]]:
    """Texts and types of the tokens: special ones, every byte, printable ASCII, a space mark."""
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    letters = ["\u2581", *(chr(code) for code in range(33, 127))]
    types = [_UNKNOWN, *[_CONTROL] * (len(SPECIAL) - 1), *[_BYTE] * 256, *[_NORMAL] * len(letters)]
    return SPECIAL + bytes_ + letters, types


def make_model(
    path: Path, *, width: int = 64, layers: int = 2, context: int = 512, template: str = "", seed: int = 7
) -> Path:
    """Write a model; returns `path`. `width` is a multiple of 32."""
    texts, types = vocabulary()
    metadata = _metadata(width, layers, context, template, texts, types)
    tensors = _tensors(width, layers, len(texts), np.random.default_rng(seed))
    path.write_bytes(_file(metadata, tensors))
    return path


def _metadata(
    width: int, layers: int, context: int, template: str, texts: list[str], types: list[int]
) -> list[bytes]:
    entries = [
        _entry("general.architecture", _string("llama"), _STRING),
        _entry("general.name", _string("made for a test"), _STRING),
        _entry("general.alignment", struct.pack("<I", ALIGNMENT), _U32),
        _entry("tokenizer.ggml.model", _string("llama"), _STRING),
        _entry("tokenizer.ggml.tokens", _array(_STRING, [_string(text) for text in texts]), _ARRAY),
        _entry(
            "tokenizer.ggml.scores", _array(_F32, [struct.pack("<f", -i) for i in range(len(texts))]), _ARRAY
        ),
        _entry(
            "tokenizer.ggml.token_type", _array(_I32, [struct.pack("<i", kind) for kind in types]), _ARRAY
        ),
        _entry("tokenizer.ggml.add_bos_token", b"\1", _BOOL),
        _entry("llama.attention.layer_norm_rms_epsilon", struct.pack("<f", 1e-5), _F32),
    ]
    numbers = {
        "llama.context_length": context,
        "llama.embedding_length": width,
        "llama.block_count": layers,
        "llama.feed_forward_length": width * 2,
        "llama.rope.dimension_count": 32,
        "llama.attention.head_count": width // 32,
        "llama.attention.head_count_kv": width // 32,
        "llama.vocab_size": len(texts),
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    entries += [_entry(key, struct.pack("<I", value), _U32) for key, value in numbers.items()]
    if template:
        entries.append(_entry("tokenizer.chat_template", _string(template), _STRING))
    return entries


def _tensors(
    width: int, layers: int, words: int, random: np.random.Generator
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    def weights(rows: int, columns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return (random.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)

    ones = np.ones(width, np.float32)
    tensors = {"token_embd.weight": weights(words, width), "output_norm.weight": ones}
    # Larger logits make greedy choices stable against rounding.
    tensors["output.weight"] = weights(words, width) * np.float32(4.0)
    for layer in range(layers):
        block = f"blk.{layer}"
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"{block}.{name}.weight"] = weights(width, width)
        tensors[f"{block}.ffn_gate.weight"] = weights(width * 2, width)
        tensors[f"{block}.ffn_up.weight"] = weights(width * 2, width)
        tensors[f"{block}.ffn_down.weight"] = weights(width, width * 2)
        tensors[f"{block}.attn_norm.weight"] = ones
        tensors[f"{block}.ffn_norm.weight"] = ones
    return tensors


def _file(
    metadata: list[bytes], tensors: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]
) -> bytes:
    """Header, metadata, tensor table, aligned data."""
    table, data = b"", b""
    for name, tensor in tensors.items():
        sizes = struct.pack(f"<{tensor.ndim}Q", *reversed(tensor.shape))
        table += _string(name) + struct.pack("<I", tensor.ndim) + sizes + struct.pack("<IQ", 0, len(data))
        data += _padded(tensor.astype("<f4").tobytes())
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    return _padded(header + b"".join(metadata) + table) + data


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNMENT)


def _entry(key: str, value: bytes, kind: int) -> bytes:
    return _string(key) + struct.pack("<I", kind) + value


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _array(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)
