from __future__ import annotations

from pathlib import Path

import pytest

from appliance.ears.folder import NoRoomError, with_graph
from tests.ears import graphs


@pytest.fixture
def model(shared_models: Path, tmp_path: Path) -> Path:
    return graphs.copied_model(shared_models, tmp_path / "model")


def settings_of(folder: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in (folder / "conf/model.conf").read_text().splitlines())
    return {key: value for key, _, value in pairs}


def test_our_graph_stands_in_for_the_models(model: Path) -> None:
    (model / "rescore").mkdir()
    with with_graph(model, {"Gr.fst": b"ours", "words.txt": b"<eps> 0\n"}, {"--beam": "9"}) as folder:
        assert (folder / "graph/Gr.fst").read_bytes() == b"ours"
        assert (folder / "am/final.mdl").samefile(model / "am/final.mdl")
        assert (folder / "graph/HCLr.fst").samefile(model / "graph/HCLr.fst")
        assert (folder / "graph/phones/word_boundary.int").is_file()
        assert not (folder / "rescore").exists()
        settings = settings_of(folder)
    assert not folder.exists()
    assert settings["--beam"] == "9"
    assert settings["--acoustic-scale"] == "0.3"
    assert float(settings["--endpoint.rule2.min-trailing-silence"]) > 100


def test_the_mean_of_all_speech_comes_along(model: Path) -> None:
    (model / "am/global_cmvn.stats").write_bytes(b"mean")
    with with_graph(model, {"HCLG.fst": b""}, {}) as folder:
        assert (folder / "am/global_cmvn.stats").read_bytes() == b"mean"


def test_the_models_own_files_stay_as_they_are(model: Path) -> None:
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    with with_graph(model, {"HCLG.fst": b"ours", "words.txt": b""}, {}):
        pass
    assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before


def test_the_older_layout_becomes_the_newer_one(model: Path) -> None:
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/disambig_tid.int"):
        (model / name).rename(model / Path(name).name)
    with with_graph(model, {"Gr.fst": b"ours", "words.txt": b""}, {}) as folder:
        assert (folder / "am/final.mdl").samefile(model / "final.mdl")
        assert (folder / "graph/HCLr.fst").is_file()
        assert settings_of(folder)["--acoustic-scale"] == "1.0"


def test_it_is_gone_after_a_failure(model: Path) -> None:
    places = []

    def fail() -> None:
        with with_graph(model, {"HCLG.fst": b""}, {}) as folder:
            places.append(folder)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not places[0].exists()


def test_where_nothing_can_be_written_it_says_so(model: Path) -> None:
    with pytest.raises(NoRoomError, match="cannot be written"), with_graph(model, {"a/b/c": b""}, {}):
        pass
    nowhere = model / "nowhere"
    with pytest.raises(NoRoomError, match="cannot be written"), with_graph(model, {}, {}, nowhere):
        pass
