"""The next token, in the real library."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.engines import loading
from appliance.engines.llama_sampling import Sampler, Taste
from appliance.engines.llama_session import Session
from appliance.errors import EngineError
from tests.makers.gguf import make_model

pytestmark = pytest.mark.skipif(
    not loading.library_present("llama_cpp"), reason="llama-cpp-python is not built: tools/build-llm"
)
LIKELIEST = Taste(temperature=0.0, top_k=40, top_p=0.9, min_p=0.05, repeat_penalty=1.0, seed=None)


def taste(**changes: object) -> Taste:
    return Taste(**{name: changes.get(name, getattr(LIKELIEST, name)) for name in Taste.__struct_fields__})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    made = Session(make_model(tmp_path_factory.mktemp("model") / "tiny.gguf"), 256, 64, 1)
    made.open()
    made.deadline = float("inf")
    yield made
    made.close()


@pytest.fixture
def session(opened: Session) -> Session:
    """With fresh logits."""
    opened.rewind([])
    assert opened.decode([1, 300, 301])
    return opened


def logits(session: Session) -> np.ndarray:
    """The library's own memory: what is written here is what it samples from."""
    pointer = session.native.llama_get_logits_ith(session.context, -1)
    return np.ctypeslib.as_array(pointer, shape=(session.vocabulary_size,))


def picks(session: Session, count: int, chosen: Taste = LIKELIEST, grammar: str = "") -> list[int | None]:
    """From the same logits again and again; only the sampler's own memory moves."""
    sampler = Sampler(session, chosen, grammar)
    found = [sampler.pick() for _ in range(count)]
    sampler.close()
    return found


def spelled(session: Session, tokens: list[int | None]) -> str:
    return b"".join(session.piece(token) for token in tokens if token is not None).decode()


def test_without_chance_it_is_the_likeliest(session: Session) -> None:
    best = int(np.argmax(logits(session)))
    assert picks(session, 3) == [best] * 3
    assert picks(session, 3, taste(temperature=2.0, top_k=1)) == [best] * 3
    assert picks(session, 3, taste(temperature=2.0, top_p=1e-9, top_k=1_000)) == [best] * 3


def test_only_the_likeliest_few_are_chosen_from(session: Session) -> None:
    few = set(np.argsort(logits(session))[-3:].tolist())
    assert set(picks(session, 60, taste(temperature=2.0, top_k=3, top_p=1.0, min_p=0.0, seed=1))) <= few


def test_a_repetition_is_paid_for(session: Session) -> None:
    logits(session)[:] = 1.0
    logits(session)[[300, 301]] = [8.0, 6.0]
    assert picks(session, 3) == [300, 300, 300]
    assert picks(session, 2, taste(repeat_penalty=2.0)) == [300, 301]


def test_a_seed_repeats(session: Session) -> None:
    warm = {"temperature": 2.0, "top_k": 1_000, "top_p": 1.0, "min_p": 0.0}
    logits(session)[:] = 1.0
    first = picks(session, 30, taste(**warm, seed=5))
    assert picks(session, 30, taste(**warm, seed=5)) == first
    assert picks(session, 30, taste(**warm, seed=6)) != first
    assert picks(session, 30, taste(**warm)) != picks(session, 30, taste(**warm))


@pytest.mark.parametrize("chosen", [LIKELIEST, taste(temperature=2.0, top_k=1_000, seed=1)])
@pytest.mark.parametrize(
    ("grammar", "texts"),
    [
        ('root ::= "yes" | "no"', {"yes", "no"}),
        ('root ::= "a"{3} b\nb ::= "é🙂"', {"aaaé🙂"}),
        ('root ::= "x" | "x" "y"', {"x", "xy"}),
        ('root ::= "a"{0,} "."', None),
    ],
)
def test_only_what_the_grammar_says(
    session: Session, chosen: Taste, grammar: str, texts: set[str] | None
) -> None:
    found = picks(session, 60, chosen, grammar)
    end = next(
        (place for place, token in enumerate(found) if token is None or session.ends(token)), len(found)
    )
    said = spelled(session, found[:end])
    assert said in texts if texts else set(said) <= {"a", "."}
    assert chosen is not LIKELIEST or texts is None or end == len(said.encode()), "no token in vain"


@given(
    st.text(st.characters(exclude_characters='"\\\r\n\0', exclude_categories=["Cs"]), min_size=1, max_size=12)
)
@settings(max_examples=25, deadline=None)
def test_any_sentence_can_be_forced(opened: Session, text: str) -> None:
    opened.rewind([])
    assert opened.decode([1])
    found = picks(opened, len(text.encode()) + 1, grammar=f'root ::= "{text}"')
    assert spelled(opened, found[:-1]) == text
    assert found[-1] is None or opened.ends(found[-1])


def test_where_no_token_fits_there_is_none(session: Session) -> None:
    logits(session)[2:] = 1.0
    logits(session)[session.last] = -np.inf
    assert picks(session, 3, grammar='root ::= "a"')[1:] == [None, None]


@pytest.mark.parametrize("spoilt", [[np.nan], [np.inf], [np.nan, 1.0], [1.0, np.inf], [-np.inf]])
def test_numbers_that_cannot_be_compared_are_no_token(session: Session, spoilt: list[float]) -> None:
    values = logits(session)
    values[:] = np.resize(np.float32(spoilt), values.size)
    assert picks(session, 1) == [None]
    assert picks(session, 1, grammar='root ::= "a"') == [None]


def test_a_grammar_that_the_library_refuses_is_an_error(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(EngineError, match=r"llama\.cpp refuses it"):
        Sampler(session, LIKELIEST, "root ::= nobody")
    assert "Traceback" not in capfd.readouterr().err


def test_closing_twice(session: Session) -> None:
    sampler = Sampler(session, LIKELIEST, 'root ::= "a"')
    sampler.close()
    sampler.close()
