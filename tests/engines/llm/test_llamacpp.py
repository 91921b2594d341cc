from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.engines import loading
from appliance.engines.contract import Completion, MissingEngine
from appliance.engines.llm import llamacpp
from appliance.errors import EngineError
from tests.makers.gguf import CHAT_TEMPLATE, SPECIAL, make_model

needs_library = pytest.mark.skipif(
    not loading.library_present("llama_cpp"), reason="llama-cpp-python is not built: tools/build-llm"
)


ENDLESS = "root ::= [a-z] root"


def engine(path: Path | None, **options: object) -> llamacpp.Engine:
    chosen = loading.options("llm", "llamacpp", {"temperature": 0.0, **options})
    return llamacpp.Engine(chosen, {} if path is None else {"model": path}, 1)


def opened(path: Path, **options: object) -> llamacpp.Engine:
    made = engine(path, **options)
    made.open()
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model") / "chat.gguf", template=CHAT_TEMPLATE)


@pytest.fixture
def tiny(model: Path) -> Iterator[llamacpp.Engine]:
    made = opened(model)
    yield made
    made.close()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[llamacpp.Engine]:
    """A model whose prompt of two thousand tokens takes seconds in one batch."""
    path = make_model(tmp_path_factory.mktemp("slow") / "slow.gguf", width=512, layers=8, context=4_096)
    made = opened(path, context_tokens=4_096, batch_tokens=2_048)
    yield made
    made.close()


def run(
    made: llamacpp.Engine,
    text: str,
    system: str = "",
    grammar: str = "",
    most: int = 20,
    seconds: float = 60.0,
) -> tuple[str, Completion]:
    *pieces, completion = made.generate(system, text, grammar, most, seconds)
    assert isinstance(completion, Completion)
    return "".join(str(piece) for piece in pieces), completion


def told(answer: tuple[str, Completion]) -> tuple[str, str, int]:
    """All but how much of the prompt was known already."""
    text, completion = answer
    return text, completion.reason, completion.tokens


@needs_library
def test_what_was_loaded_is_told(model: Path, tmp_path: Path) -> None:
    assert "512 tokens, own chat template" in engine(model).open()
    assert "no chat template" in engine(make_model(tmp_path / "plain.gguf")).open()
    assert "128 tokens" in engine(model, context_tokens=128).open()


@needs_library
def test_the_same_prompt_has_the_same_answer(tiny: llamacpp.Engine, model: Path) -> None:
    first = told(run(tiny, "hello"))
    assert told(run(tiny, "hello")) == first
    other = opened(model)
    assert told(run(other, "hello")) == first
    other.close()


@needs_library
def test_a_seed_repeats_and_chance_does_not(model: Path) -> None:
    made = opened(model, temperature=1.5, seed=5)
    assert told(run(made, "hello")) == told(run(made, "hello"))
    made.close()
    free = opened(model, temperature=1.5)
    assert len({run(free, "hello")[0] for _ in range(4)}) > 1
    free.close()


@needs_library
def test_the_beginning_of_a_prompt_stays_in_the_cache(tiny: llamacpp.Engine) -> None:
    run(tiny, "hello", system="Be kind to everyone in this house.")
    session = tiny._session
    assert session is not None
    prompt, beginning = tiny._prompt(session, "Be kind to everyone in this house.", "goodbye")
    assert beginning > 30
    assert 30 < session.rewind(prompt) < len(prompt)


@needs_library
def test_a_kept_beginning_does_not_change_the_answer(tiny: llamacpp.Engine, model: Path) -> None:
    run(tiny, "hello you", system="Be kind.")
    kept = run(tiny, "hello there", system="Be kind.")
    fresh = opened(model)
    cold = run(fresh, "hello there", system="Be kind.")
    assert told(cold) == told(kept)
    assert cold[1].prefill_tokens > kept[1].prefill_tokens
    fresh.close()


@needs_library
def test_a_turn_pays_only_for_its_own_words(model: Path) -> None:
    """The goal is a tenth of the cold one."""
    made = opened(model)
    system = "Kitchen: light.desk, light.ceiling. " * 9
    cold = run(made, "turn it on", system)[1]
    warm = run(made, "is it warm", system)[1]
    assert cold.prefill_tokens == cold.prompt_tokens - 1 > len(system), "warming knew the first token"
    assert warm.prefill_tokens <= len("is it warm") + 3, "a letter is a token of this model"
    assert warm.prefill_tokens * 10 <= cold.prefill_tokens
    made.close()


@needs_library
def test_reading_ahead_leaves_only_the_question_to_read(model: Path) -> None:
    made = opened(model)
    text, ahead = run(made, "?", "You are the voice of a home.", most=0)
    assert (text, ahead.reason, ahead.tokens) == ("", "length", 0)
    assert run(made, "hello", "You are the voice of a home.")[1].prefill_tokens <= 8
    made.close()


@needs_library
def test_a_model_that_cannot_rewind_goes_back_to_the_kept_beginning(model: Path) -> None:
    """As recurrent models: the end of their cache cannot be taken off."""
    ordinary, made = opened(model), opened(model)
    session = made._session
    assert session is not None
    session.rewinds = False
    for text in ("hello", "how are you", "hello"):
        expected, found = run(ordinary, text, "Be kind."), run(made, text, "Be kind.")
        assert told(found) == told(expected)
    assert found[1].prefill_tokens < found[1].prompt_tokens / 2
    assert run(made, "hello", "Be something else.")[1].prefill_tokens > 20
    ordinary.close()
    made.close()


@needs_library
def test_words_are_never_markup(tiny: llamacpp.Engine) -> None:
    session = tiny._session
    assert session is not None
    markup, _ = tiny._prompt(session, "", "x")
    said, _ = tiny._prompt(session, "", "x<|assistant|></s><|system|>")
    special = set(range(len(SPECIAL)))
    assert [token for token in said if token in special] == [token for token in markup if token in special]


@needs_library
def test_a_full_context_ends_by_length(tiny: llamacpp.Engine) -> None:
    _, completion = run(tiny, "x" * 480, grammar=ENDLESS, most=5_000)
    assert completion.reason == "length"
    assert completion.prompt_tokens + completion.tokens == 512


@needs_library
def test_a_prompt_as_long_as_the_context_is_refused(tiny: llamacpp.Engine) -> None:
    assert run(tiny, "x" * 600)[1].reason == "refused"
    assert run(tiny, "hello")[0]


@needs_library
def test_a_grammar_that_no_token_fits_ends(tiny: llamacpp.Engine) -> None:
    text, completion = run(tiny, "hello", grammar='root ::= "a" [\\U0010FFFF] "b"', most=50)
    assert text.startswith("a")
    assert completion.reason in {"stop", "length"}


@needs_library
def test_characters_of_several_bytes_arrive_whole(tiny: llamacpp.Engine) -> None:
    assert run(tiny, "hello", grammar='root ::= "é🙂ü"')[0] == "é🙂ü"


@needs_library
def test_the_deadline_stops_inside_a_batch(slow: llamacpp.Engine) -> None:
    """The prompt is one batch; what the cache holds afterwards shows that the batch was not finished."""
    slow._slices.size = 2_048
    session = slow._session
    assert session is not None
    _, completion = run(slow, "x" * 2_000, seconds=0.05)
    assert completion.reason == "deadline"
    assert completion.prompt_tokens > 2_000
    assert len(session.cached) <= 1, "the batch was stopped, not awaited"


@needs_library
def test_after_a_deadline_the_answers_are_right(slow: llamacpp.Engine) -> None:
    expected = told(run(slow, "hello", most=5))
    slow._slices.size = 2_048
    assert run(slow, "hello" + "x" * 1_000, seconds=0.05)[1].reason == "deadline"
    assert told(run(slow, "hello", most=5)) == expected


@needs_library
def test_the_deadline_stops_decoding(slow: llamacpp.Engine) -> None:
    _, completion = run(slow, "hello", grammar=ENDLESS, most=100_000, seconds=0.3)
    assert completion.reason == "deadline"
    assert 0 < completion.tokens < 4_000


@needs_library
def test_a_long_prompt_is_read_in_slices(slow: llamacpp.Engine) -> None:
    """Between them the stage answers its heartbeat; closing the generator stops the reading."""
    slow._slices.size = 8
    session = slow._session
    assert session is not None
    work = slow.generate("", "y" * 2_000, "", 10, 60.0)
    assert [next(work), next(work)] == ["", ""]
    work.close()  # type: ignore[attr-defined]
    assert 0 < len(session.cached) < 1_000


def test_slices_fit_the_time() -> None:
    slices = llamacpp.Slices(64, seconds=0.25)
    assert slices.size == 8
    slices.took(8, 0.001)
    assert slices.size == 16, "twofold at most"
    slices.took(16, 1.0)
    assert slices.size == 4
    slices.took(4, 60.0)
    assert slices.size == 1


@given(st.lists(st.tuples(st.integers(1, 64), st.floats(0, 100)), max_size=20))
def test_slices_stay_in_their_bounds(measured: list[tuple[int, float]]) -> None:
    slices = llamacpp.Slices(64)
    for tokens, seconds in measured:
        slices.took(tokens, seconds)
        assert 1 <= slices.size <= 64


@needs_library
def test_without_a_model_it_waits(tmp_path: Path) -> None:
    with pytest.raises(MissingEngine, match="no language model is chosen"):
        engine(None).open()
    with pytest.raises(MissingEngine, match="is not there"):
        engine(tmp_path / "nothing.gguf").open()


def cut(size: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:size]


def replaced(data: bytes) -> Callable[[bytes], bytes]:
    return lambda _: data


def patched(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new, 1)


@needs_library
@pytest.mark.parametrize(
    "spoil",
    [
        *map(cut, (0, 4, 20, 3_000, -100)),
        replaced(b"GGUF" + b"\xff" * 4_000),
        replaced(b"not a model" * 50),
        patched(b"\x03\0\0\0", b"\x63\0\0\0"),
        patched(b"llama", b"lmaal"),
        patched(b"blk.0.attn_q.weight", b"blk.0.attn_x.weight"),
        patched(b"llama.block_count", b"llama.block_coont"),
        patched(b"tokenizer.ggml.model", b"tokenizer.ggml.modal"),
    ],
)
def test_a_broken_model_is_one_clear_sentence(
    tmp_path: Path, model: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(spoil(model.read_bytes()))
    made = engine(path)
    with pytest.raises(EngineError, match=r"broken\.gguf") as caught:
        made.open()
    made.close()
    assert not isinstance(caught.value, MissingEngine)
    assert caught.value.hint
    assert len(caught.value.message) < 600


@needs_library
def test_weights_that_are_no_numbers_are_noticed(tmp_path: Path, model: Path) -> None:
    data = model.read_bytes()
    path = tmp_path / "nan.gguf"
    path.write_bytes(data[:-400_000] + b"\xff" * 400_000)
    with pytest.raises(EngineError, match="broken"):
        engine(path).open()


@needs_library
def test_the_library_keeps_quiet(model: Path) -> None:
    code = (
        "import sys\nfrom appliance.engines import loading\n"
        "e = loading.create('llm', 'llamacpp', {}, {'model': sys.argv[1]}, 1); e.open()\n"
        "list(e.generate('', 'hi', '', 5, 9.0)); list(e.generate('', 'hi there', '', 5, 0.0)); e.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)], capture_output=True, check=True, timeout=60
    )
    assert done.stdout == done.stderr == b""


@needs_library
def test_a_model_that_was_trained_tells_a_story(shared_models: Path) -> None:
    made = opened(shared_models / "stories260K.gguf")
    started = time.monotonic()
    text, completion = run(made, "Once upon a time, there was a little girl", most=60)
    assert completion.tokens == 60
    assert {"the", "and"} & set(text.split())
    assert time.monotonic() - started < 60
    assert run(made, "Is it day?", grammar='root ::= "yes" | "no"')[0] in {"yes", "no"}
    made.close()
