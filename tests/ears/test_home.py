from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.ears.home import Builder
from appliance.ears.tuning import Tuning
from appliance.engines.phrases import compile_grammar
from appliance.wire.messages import SpeechGrammar
from tests.ears import graphs

NUMBERS = {"turn": 4, "on": 2, "light": 9, "[unk]": 1, "<eps>": 7}


def number_of(word: str) -> int:
    return NUMBERS.get(word, -1)


def nothing(word: str) -> int:
    raise AssertionError(f"{word} was looked up in a model without words")


def built(
    folder: Path, grammar: SpeechGrammar, numbers: Callable[[str], int]
) -> tuple[dict[str, bytes], ...]:
    builder = Builder(folder, ("en-us",), Tuning())
    builder.open()
    made = builder.build(compile_grammar(grammar), numbers)
    return dict(made.files), set(made.left_out)


ODD = ("<eps>", "[unk]", "#0", "light\x00", "\U0001f4a1")
GRAMMAR = SpeechGrammar(("turn on (light|кухня|<odd>)",), {"odd": ODD})


def test_a_model_of_phones_gets_a_whole_graph(shared_models: Path, tmp_path: Path) -> None:
    files, left_out = built(graphs.bare_model(shared_models, tmp_path / "model"), GRAMMAR, nothing)
    assert files["words.txt"].decode() == "<eps> 0\nlight 1\non 2\nturn 3\n[unk] 4\n"
    assert graphs.read(files["HCLG.fst"]).arc_count > 50
    assert left_out == {"кухня", *ODD}


def test_a_model_of_words_gets_a_grammar_in_its_own_numbers(shared_models: Path, tmp_path: Path) -> None:
    files, left_out = built(graphs.copied_model(shared_models, tmp_path / "model"), GRAMMAR, number_of)
    assert files["words.txt"].decode() == "<eps> 0\n[unk] 1\non 2\nturn 4\nlight 9\n"
    assert graphs.takes(graphs.read(files["Gr.fst"]), [4, 2, 9], [4, 2, 9])
    assert not graphs.takes(graphs.read(files["Gr.fst"]), [4, 2, 1], [4, 2, 1])
    assert left_out == {"кухня", *ODD}


@pytest.mark.parametrize("patterns", [(), ("кухня",), ("<odd>",)])
def test_nothing_that_can_be_heard_makes_no_graph(
    shared_models: Path, tmp_path: Path, patterns: tuple[str, ...]
) -> None:
    grammar = SpeechGrammar(patterns, {"odd": ("", "\u200d", "💡")})
    assert built(graphs.bare_model(shared_models, tmp_path / "bare"), grammar, nothing)[0] == {}
    assert built(graphs.copied_model(shared_models, tmp_path / "model"), grammar, number_of)[0] == {}


def test_hostile_names_are_bounded(shared_models: Path, tmp_path: Path) -> None:
    names = (
        "a" * 5_000,
        "z\u0301" * 300,
        "'" * 50,
        "nul\x00l",
        *(f"qx{at:x}zk" for at in range(300)),
        "light " * 60,
    )
    grammar = SpeechGrammar(("turn on <name>",), {"name": names})
    files, left_out = built(graphs.bare_model(shared_models, tmp_path / "bare"), grammar, nothing)
    assert len(files["HCLG.fst"]) < 2_000_000
    assert {"a" * 5_000, "nul\x00l"} <= left_out
