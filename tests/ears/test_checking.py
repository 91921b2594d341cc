from __future__ import annotations

import struct
from pathlib import Path

import pytest

from appliance.ears.checking import check_files, check_model
from appliance.ears.openfst import Transducer, const_fst
from appliance.engines.contract import MissingEngine
from appliance.errors import EngineError
from tests.ears import graphs

WHOLE = const_fst(Transducer(0, [[]], {0: 0.0}))


@pytest.fixture
def model(shared_models: Path, tmp_path: Path) -> Path:
    return graphs.copied_model(shared_models, tmp_path / "model")


def test_what_a_model_can_do(model: Path, shared_models: Path, tmp_path: Path) -> None:
    assert check_model(model) == "narrowable"
    (model / "graph/HCLG.fst").write_bytes(WHOLE)
    assert check_model(model) == "fixed"
    assert check_model(graphs.bare_model(shared_models, tmp_path / "bare")) == "bare"


def test_the_older_layout_of_a_model(model: Path) -> None:
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/words.txt", "graph/Gr.fst", "graph/HCLr.fst",
                 "graph/disambig_tid.int"):  # fmt: skip
        (model / name).rename(model / Path(name).name)
    assert check_model(model) == "narrowable"
    (model / "words.txt").unlink()
    with pytest.raises(EngineError, match=r"words\.txt"):
        check_model(model)


def test_words_may_be_written_in_the_graph(model: Path) -> None:
    """As in the small models that Vosk offers."""
    (model / "graph/words.txt").unlink()
    content = bytearray((model / "graph/Gr.fst").read_bytes())
    place = 4 + 4 + len("const") + 4 + len("standard") + 4
    content[place : place + 4] = struct.pack("<i", 3)
    (model / "graph/Gr.fst").write_bytes(content)
    assert check_model(model) == "narrowable"


@pytest.mark.parametrize("content", [b"not an FST" * 100, WHOLE[:3], WHOLE[:10], WHOLE[:4] + b"\xff" * 40])
@pytest.mark.parametrize("name", ["HCLr.fst", "Gr.fst"])
def test_a_graph_of_something_else(model: Path, name: str, content: bytes) -> None:
    (model / "graph" / name).write_bytes(content)
    with pytest.raises(EngineError, match=r"no graph of OpenFst"):
        check_model(model)


def test_a_model_without_graph_names_its_phones(shared_models: Path, tmp_path: Path) -> None:
    bare = graphs.bare_model(shared_models, tmp_path / "bare")
    (bare / "graph/phones.txt").unlink()
    with pytest.raises(EngineError, match=r"phones\.txt"):
        check_model(bare)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingEngine, match="nowhere"):
        check_model(tmp_path / "nowhere")
    with pytest.raises(MissingEngine, match="nowhere"):
        check_files(tmp_path / "nowhere", ("a",))
    with pytest.raises(EngineError, match=r"final\.mdl"):
        check_model(tmp_path)
