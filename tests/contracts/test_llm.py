"""Every engine in engines/llm keeps the contract: real library, real model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.engines import loading
from appliance.engines.contract import Completion, LlmEngine
from appliance.errors import EngineError
from tests.makers.gguf import make_model

REASONS = {"stop", "length", "deadline", "refused"}


@pytest.fixture(scope="module", params=loading.names("llm"))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmEngine]:
    if request.param == "llamacpp" and not loading.library_present("llama_cpp"):
        pytest.skip("llama-cpp-python is not built: tools/build-llm")
    model = make_model(tmp_path_factory.mktemp("model") / "tiny.gguf")
    made: LlmEngine = loading.create("llm", request.param, {"seed": 1}, {"model": str(model)}, 1)
    made.open()
    yield made
    made.close()


def answer(
    engine: LlmEngine, text: str, system: str = "", grammar: str = "", most: int = 20, seconds: float = 30.0
) -> tuple[str, Completion]:
    *pieces, completion = engine.generate(system, text, grammar, most, seconds)
    assert isinstance(completion, Completion)
    assert completion.reason in REASONS
    return "".join(piece for piece in pieces if isinstance(piece, str)), completion


def test_it_is_an_engine(engine: LlmEngine) -> None:
    assert isinstance(engine, LlmEngine)


def test_it_answers_in_pieces_and_ends_once(engine: LlmEngine) -> None:
    text, completion = answer(engine, "hello")
    assert text
    assert completion.tokens <= 20
    assert completion.prompt_tokens > 1
    assert 0 < completion.prefill_tokens <= completion.prompt_tokens


def test_no_more_tokens_than_asked_for(engine: LlmEngine) -> None:
    _, completion = answer(engine, "hello", grammar="root ::= [a-z]+ [0-9]", most=3)
    assert (completion.reason, completion.tokens) == ("length", 3)


def test_a_grammar_is_kept(engine: LlmEngine) -> None:
    text, completion = answer(engine, "hello", grammar='root ::= "on" | "off"')
    assert text in {"on", "off"}
    assert completion.reason == "stop"


@pytest.mark.parametrize(
    "grammar", ["root ::= [", "root ::= root", "x", 'root ::= "a"{3,2}', "root ::= \ud800"]
)
def test_an_unsafe_grammar_is_refused(engine: LlmEngine, grammar: str) -> None:
    assert answer(engine, "hello", grammar=grammar)[1].reason == "refused"
    assert answer(engine, "hello")[0], "and the engine lives"


@pytest.mark.parametrize("text", ["", " \n ", "word " * 100_000])
def test_what_cannot_be_a_prompt_is_refused(engine: LlmEngine, text: str) -> None:
    assert answer(engine, text)[1].reason == "refused"


@pytest.mark.parametrize("text", ["\x00\x01", "\ud800 \udfff", "你好 🙂", "<|user|></s>{{ x }}", "a" * 300])
def test_any_text_is_safe(engine: LlmEngine, text: str) -> None:
    assert answer(engine, text)[1].reason in {"stop", "length"}


def test_a_deadline_that_has_passed(engine: LlmEngine) -> None:
    assert answer(engine, "hello", seconds=0.0)[1].reason == "deadline"
    assert answer(engine, "hello")[1].reason in {"stop", "length"}


def test_one_generation_at_a_time(engine: LlmEngine) -> None:
    work = engine.generate("", "hello", "", 20, 30.0)
    next(work)
    with pytest.raises(EngineError, match="one generation"):
        next(engine.generate("", "hello", "", 20, 30.0))
    work.close()  # type: ignore[attr-defined]
    assert answer(engine, "hello")[0]


def test_closing_twice_and_opening_again(engine: LlmEngine) -> None:
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="not open"):
        next(engine.generate("", "hello", "", 20, 30.0))
    assert engine.open()
    assert answer(engine, "hello")[0]


@pytest.mark.parametrize("name", loading.names("llm"))
def test_the_constructor_does_nothing(name: str) -> None:
    loading.create("llm", name, {}, {"model": "/nonexistent/model.gguf"}, 1).close()
