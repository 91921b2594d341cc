"""A real library and small made models. How the engine uses a session is in llm/test_llamacpp."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.engines import loading
from appliance.engines.contract import MissingEngine
from appliance.engines.llama_session import Session, check_header
from appliance.errors import EngineError
from tests.makers.gguf import CHAT_TEMPLATE, SPECIAL, make_model

needs_library = pytest.mark.skipif(
    not loading.library_present("llama_cpp"), reason="llama-cpp-python is not built: tools/build-llm"
)
BEGIN, END, USER = SPECIAL.index("<s>"), SPECIAL.index("</s>"), SPECIAL.index("<|user|>")


def opened(path: Path, context: int = 256, batch: int = 64) -> Session:
    made = Session(path, context, batch, 1)
    made.open()
    made.deadline = float("inf")
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model") / "chat.gguf", template=CHAT_TEMPLATE)


@pytest.fixture(scope="module")
def session(model: Path) -> Iterator[Session]:
    made = opened(model)
    yield made
    made.close()


@pytest.mark.parametrize("version", [2, 3])
def test_a_header_that_fits(tmp_path: Path, version: int) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + version.to_bytes(4, "little") + b"rest")
    check_header(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a GGUF file"),
        (b"GGUF\3\0\0", "not a GGUF file"),
        (b"FUGG\3\0\0\0", "not a GGUF file"),
        (b"GGUF\1\0\0\0", "version 1 is not supported"),
        (b"GGUF\0\0\0\3", "version 50331648 is not supported"),
    ],
)
def test_a_header_that_does_not_fit_is_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(EngineError, match=reason) as caught:
        check_header(path)
    assert str(path) in caught.value.message
    assert "appliance models" in caught.value.hint


def test_a_file_that_is_not_there_may_still_arrive_and_a_folder_is_none(tmp_path: Path) -> None:
    with pytest.raises(MissingEngine, match="is not there"):
        check_header(tmp_path / "nothing.gguf")
    with pytest.raises(EngineError, match="directory") as caught:
        check_header(tmp_path)
    assert not isinstance(caught.value, MissingEngine)


@needs_library
def test_what_a_model_says_of_itself(session: Session) -> None:
    assert (session.first, session.last, session.wants_first) == (BEGIN, END, True)
    assert session.chat_template() == CHAT_TEMPLATE
    assert [session.token_text(token) for token in (-1, END, USER)] == ["", "</s>", "<|user|>"]
    assert session.ends(END)
    assert not session.ends(USER)
    assert "llama" in session.describe()


@needs_library
def test_the_context_is_no_larger_than_the_model_was_trained_for(tmp_path: Path, model: Path) -> None:
    small = opened(make_model(tmp_path / "small.gguf", context=300), context=4_096)
    wanted = opened(model, context=300)
    assert small.context_tokens == wanted.context_tokens == 300
    small.close()
    wanted.close()


@needs_library
def test_closing_twice_and_opening_again(model: Path) -> None:
    made = Session(model, 256, 64, 1)
    made.close()
    for _ in range(2):
        made.open()
        made.deadline = float("inf")
        assert made.decode([BEGIN])
        assert made.cached == [BEGIN]
        made.close()
        made.close()
        assert (made.model, made.context, made.cached) == (None, None, [])


@needs_library
@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_what_is_tokenised_is_spelled_by_its_pieces(session: Session, text: str) -> None:
    """Behind the space that this kind of vocabulary puts in front; half a character becomes `?`."""
    tokens = session.tokens(text, markup=False)
    spelled = b"".join(session.piece(token) for token in tokens)
    assert spelled == (b" " + text.encode(errors="replace") if text else b"")
    assert not set(tokens) & set(range(1, len(SPECIAL)))


@needs_library
def test_only_markup_has_special_tokens_and_they_have_no_text(session: Session) -> None:
    assert USER in session.tokens("<|user|>", markup=True)
    assert USER not in session.tokens("<|user|>", markup=False)
    assert session.piece(USER) == session.piece(BEGIN) == b""


@needs_library
def test_rewinding_keeps_what_is_common_but_evaluates_the_last_again(session: Session) -> None:
    session.rewind([])
    assert session.decode([BEGIN, 300, 301, 302])
    assert session.rewind([BEGIN, 300, 301, 302]) == 3
    assert session.cached == [BEGIN, 300, 301]
    assert session.rewind([BEGIN, 300, 333, 302]) == 2
    assert session.rewind([BEGIN]) == 0
    assert session.rewind([]) == 0
    assert session.cached == []


@needs_library
@given(st.lists(st.lists(st.integers(300, 303), min_size=1, max_size=8), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_the_cache_is_what_it_says(session: Session, prompts: list[list[int]]) -> None:
    """After any prompts the memory of the library ends where ours does."""
    for prompt in prompts:
        kept = session.rewind(prompt)
        assert prompt[:kept] == session.cached
        assert kept < len(prompt)
        assert session.decode(prompt[kept:])
        assert session.cached == prompt
        memory = session.native.llama_get_memory(session.context)
        assert session.native.llama_memory_seq_pos_max(memory, 0) == len(prompt) - 1


@needs_library
def test_a_deadline_that_is_over_leaves_the_cache_as_it_was(session: Session) -> None:
    session.rewind([])
    assert session.decode([BEGIN, 300])
    session.deadline = time.monotonic()
    assert not session.decode([301] * 60)
    session.deadline = float("inf")
    assert session.cached == [BEGIN, 300]
    assert session.decode([301])
    memory = session.native.llama_get_memory(session.context)
    assert session.native.llama_memory_seq_pos_max(memory, 0) == 2


@needs_library
@pytest.mark.parametrize("count", [0, 65])
def test_more_than_a_batch_or_nothing_is_an_error_and_no_end_of_the_process(
    session: Session, count: int
) -> None:
    session.rewind([])
    with pytest.raises(EngineError, match=f"{count} tokens at once are not from 1 to 64"):
        session.decode([300] * count)
    assert session.decode([300] * 64)


@needs_library
def test_a_full_context_and_a_token_that_is_none_are_errors_with_their_own_reason(
    session: Session, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF\3\0\0\0" + b"\xff" * 100)
    with pytest.raises(EngineError):
        opened(broken)
    session.rewind([])
    for _ in range(4):
        assert session.decode([300] * 64)
    with pytest.raises(EngineError, match="failed to decode: status 1") as caught:
        session.decode([300])
    assert str(broken) not in caught.value.message
    assert len(session.cached) == 256
    session.rewind([])
    with pytest.raises(EngineError, match=r"chat\.gguf: llama\.cpp failed to decode"):
        session.decode([1_000_000])
    assert session.cached == []
    assert session.decode([300])
