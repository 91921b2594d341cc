from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.ears.acoustic import Phone, Phones, read_phones
from appliance.errors import EngineError
from tests.ears import graphs


@pytest.fixture
def model(shared_models: Path, tmp_path: Path) -> Path:
    return graphs.bare_model(shared_models, tmp_path / "model")


def test_the_phones_of_a_simple_model(model: Path) -> None:
    phones = read_phones(model)
    assert phones is not None
    assert phones.silence == Phone(enter=2, stay=1)
    assert phones.sounds() == graphs.ARPABET
    assert phones.by_name["ZH_S"] == Phone(enter=314, stay=313)


def test_places_in_a_word() -> None:
    numbers = {name: Phone(2 * at, 2 * at - 1) for at, name in enumerate(graphs.PHONES) if at}
    phones = Phones(numbers)
    assert phones.word(("AH",)) == (numbers["AH_S"],)
    assert phones.word(("AA", "N")) == (numbers["AA_B"], numbers["N_E"])
    assert phones.word(("L", "AY", "T")) == (numbers["L_B"], numbers["AY_I"], numbers["T_E"])
    with pytest.raises(KeyError):
        phones.word(("Q",))


def test_a_model_that_does_not_name_its_phones_has_a_graph_of_its_own(model: Path) -> None:
    (model / "graph" / "phones.txt").unlink()
    assert read_phones(model) is None


@pytest.mark.parametrize("missing", ["SIL", "AA_B", "ZH_S"])
def test_phones_must_be_complete(model: Path, missing: str) -> None:
    names = (model / "graph" / "phones.txt").read_text().splitlines()
    kept = [line for line in names if line.split()[0] != missing]
    (model / "graph" / "phones.txt").write_text("\n".join(kept))
    assert read_phones(model) is None


def test_names_that_are_no_text(model: Path) -> None:
    (model / "graph" / "phones.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(EngineError, match=r"phones\.txt"):
        read_phones(model)


def said_of(model: Path) -> str:
    try:
        return "none" if read_phones(model) is None else "phones"
    except EngineError as error:
        return error.message


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_model_ends_in_a_clear_error_or_none(model: Path, data: st.DataObject) -> None:
    file = model / "am" / "final.mdl"
    content = bytearray(file.read_bytes()[:12_000])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(content[: data.draw(st.integers(0, len(content)))])
    whole = file.read_bytes()
    file.write_bytes(damaged)
    try:
        outcome = said_of(model)
        assert outcome in {"none", "phones"} or "final.mdl" in outcome
    finally:
        file.write_bytes(whole)
