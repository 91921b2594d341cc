"""A reader of OpenFst's const format, a walk through graphs, and the small model as our own would be."""

from __future__ import annotations

import math
import random
import shutil
import struct
from pathlib import Path

from appliance.ears.openfst import Arc, Transducer

ARPABET = sorted({
    *("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"),
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH"),
    *("V", "W", "Y", "Z", "ZH"),
})  # fmt: skip
PHONES = ["<eps>", "SIL", *(f"{sound}_{place}" for sound in ARPABET for place in "BIES")]


def read(content: bytes) -> Transducer:
    """The graph of a file, arcs in its order. Raises ValueError where it contradicts itself."""
    magic, at = struct.unpack_from("<i", content)[0], 4
    texts = []
    for _ in range(2):
        length = struct.unpack_from("<i", content, at)[0]
        texts.append(content[at + 4 : at + 4 + length].decode())
        at += 4 + length
    version, flags, _, start, states, arcs = struct.unpack_from("<iiQqqq", content, at)
    if (magic, texts, version, flags) != (2125659606, ["const", "standard"], 2, 0):
        raise ValueError("head")
    at += 40
    table = [struct.unpack_from("<fIIII", content, at + 20 * state) for state in range(states)]
    at += 20 * states
    if len(content) != at + 16 * arcs:
        raise ValueError("length")
    every: list[Arc] = [struct.unpack_from("<iifi", content, at + 16 * arc) for arc in range(arcs)]
    leaving = []
    for _, first, count, inputs, outputs in table:
        each = every[first : first + count]
        if [arc[0] for arc in each].count(0) != inputs or [arc[1] for arc in each].count(0) != outputs:
            raise ValueError("epsilons")
        if [arc[0] for arc in each] != sorted(arc[0] for arc in each):
            raise ValueError("order")
        leaving.append(each)
    return Transducer(start, leaving, {at: row[0] for at, row in enumerate(table) if math.isfinite(row[0])})


def walk(graph: Transducer, chance: random.Random) -> tuple[list[int], list[int]]:
    """Input and output labels of one way to an end; every state must lead to one."""
    inputs: list[int] = []
    outputs: list[int] = []
    state = graph.start
    while True:
        onwards = [arc for arc in graph.arcs[state] if arc[3] != state]
        if state in graph.finals and (not onwards or chance.random() < 0.5):
            return inputs, outputs
        taken = chance.choice(onwards)
        inputs += [taken[0]] * (taken[0] > 0)
        outputs += [taken[1]] * (taken[1] > 0)
        state = taken[3]


def takes(graph: Transducer, inputs: list[int], outputs: list[int]) -> bool:
    """Is there a way with these labels?"""
    todo = [(graph.start, 0, 0)]
    seen = set(todo)
    while todo:
        state, read_in, read_out = todo.pop()
        if read_in == len(inputs) and read_out == len(outputs) and state in graph.finals:
            return True
        for label, word, _, after in graph.arcs[state]:
            if label and inputs[read_in : read_in + 1] != [label]:
                continue
            if word and outputs[read_out : read_out + 1] != [word]:
                continue
            place = (after, read_in + bool(label), read_out + bool(word))
            if place not in seen:
                seen.add(place)
                todo.append(place)
    return False


def copied_model(shared_models: Path, folder: Path) -> Path:
    """The small model as it is, where it may be written to."""
    return Path(shutil.copytree(shared_models / "tiny-vosk", folder, copy_function=shutil.copyfile))


def bare_model(shared_models: Path, folder: Path) -> Path:
    """Without any graph, with the names of its phones: the home's graph is written down to these."""
    model = copied_model(shared_models, folder)
    for name in ("HCLr.fst", "Gr.fst", "disambig_tid.int"):
        (model / "graph" / name).unlink()
    (model / "graph" / "phones.txt").write_text("".join(f"{name} {at}\n" for at, name in enumerate(PHONES)))
    return model
