"""Looks at a model folder before the library does: a broken part would end the process from inside it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

from appliance.ears.openfst import MAGIC
from appliance.engines.contract import MissingEngine
from appliance.errors import EngineError

Kind = Literal["narrowable", "fixed", "bare"]
"""Its words can be narrowed at run time; it has one whole graph; it has none, and gets the home's."""

_COMMON = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf")
_COMMON_OLD = ("final.mdl", "mfcc.conf")
_NARROWABLE = ("HCLr.fst", "Gr.fst", "disambig_tid.int")
_HAS_OUTPUT_WORDS = 2
"""A flag in the head of a graph: its words are written in it."""
_UNPACK = "unpack the model again, or: appliance models verify"


def check_model(folder: Path) -> Kind:
    """What this model can do.

    Raises MissingEngine without the folder, EngineError when a file is missing or empty, or is not what its
    name says.
    """
    _check_folder(folder)
    old = (folder / "final.mdl").is_file()
    graph = folder if old else folder / "graph"
    check_files(folder, _COMMON_OLD if old else _COMMON)
    if not any((graph / name).exists() for name in ("HCLG.fst", *_NARROWABLE)):
        check_files(graph, ("phones.txt",))
        return "bare"
    names = ("HCLG.fst",) if (graph / "HCLG.fst").is_file() else _NARROWABLE
    check_files(graph, names)
    words_inside = [_has_words(graph / name) for name in names if name.endswith(".fst")]
    if not words_inside[-1]:
        check_files(graph, ("words.txt",))
    return "fixed" if len(names) == 1 else "narrowable"


def check_files(folder: Path, names: tuple[str, ...]) -> None:
    """Raises EngineError for the first that is missing or empty, MissingEngine without the folder."""
    _check_folder(folder)
    for name in names:
        if not (folder / name).is_file() or (folder / name).stat().st_size == 0:
            raise EngineError(f"{folder / name}: this part of the model is missing or empty", _UNPACK)


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise MissingEngine(f"{folder}: there is no such model folder", "appliance models fetch")


def _has_words(file: Path) -> bool:
    """Are the words of a graph written in it? Raises EngineError for another file."""
    with file.open("rb") as opened:
        head = opened.read(256)
    at = 4
    try:
        _length(head, 0, MAGIC, MAGIC)
        for _ in ("kind of graph", "kind of arc"):
            at += 4 + _length(head, at, 0, 64)
        flags = struct.unpack_from("<i", head, at + 4)[0]
    except struct.error:
        raise EngineError(f"{file}: this is no graph of OpenFst", _UNPACK) from None
    return bool(flags & _HAS_OUTPUT_WORDS)


def _length(head: bytes, at: int, least: int, most: int) -> int:
    """A number of the head. Raises struct.error for one that cannot be."""
    length = int(struct.unpack_from("<i", head, at)[0])
    if not least <= length <= most:
        raise struct.error
    return length
