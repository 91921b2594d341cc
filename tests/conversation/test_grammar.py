"""Grammar and validation together: what the one can make, the other lets through, and nothing guarded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.conversation import grammar, parse, roster
from appliance.conversation.output import Output
from appliance.engines import gbnf, loading
from appliance.engines.contract import Completion
from appliance.engines.llm import llamacpp
from appliance.home.entities import House
from tests.conversation.homes import GUARDED, MARKED, OPEN, SENSORS, entity, home, houses
from tests.conversation.sampling import Sampler
from tests.makers.gguf import make_model

needs_library = pytest.mark.skipif(
    not loading.library_present("llama_cpp"), reason="llama-cpp-python is not built: tools/build-llm"
)
KEPT_OUT = {each.id for each in GUARDED}
LETTING_IN = {"unlock", "open_valve", "alarm_disarm", "press", "trigger", "open"}


def check_safe(text: str, shown: roster.Roster, house: House) -> parse.Calls | None:
    """What this output leads to; asserts that none of it is guarded or unknown."""
    if not parse.is_calls(text):
        return None
    read = parse.calls(text, shown, house, MARKED)
    if isinstance(read, parse.Refusal):
        assert read.why == "contradiction", (read, text)
        return None
    for deed in read.deeds:
        assert not KEPT_OUT & set(deed.entity_id)
        assert deed.service not in LETTING_IN
        assert set(deed.entity_id) <= {each.id for each in house.entities}
        assert {each.partition(".")[0] for each in deed.entity_id} == {deed.domain}
    assert read.deeds or read.lookups
    return read


@given(st.data())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_whatever_the_grammar_can_make_is_allowed(data: st.DataObject) -> None:
    house = home()
    shown = roster.stable(house, MARKED, 3_000)
    made = Sampler(grammar.of(shown), data.draw).sample()
    check_safe(made, shown, house)
    output = Output()
    output.feed(made)
    output.finish()
    assert parse.is_calls(made) == bool(output.held)
    assert output.words == ("" if output.held else made)


@given(st.data())
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_the_same_of_hostile_homes(data: st.DataObject) -> None:
    house = data.draw(houses)
    shown = roster.stable(house, MARKED, 3_000).plus(
        roster.found(house, MARKED, data.draw(st.text(max_size=30)))
    )
    text = grammar.of(shown)
    gbnf.check(text)
    check_safe(Sampler(text, data.draw).sample(), shown, house)


def test_guarded_things_have_no_place_in_it() -> None:
    """Their state may be read, nothing else; what only acts is not even named."""
    text = grammar.of(roster.stable(home(), MARKED, 8_000))
    acts = "\n".join(line for line in text.splitlines() if not line.startswith("e"))
    readable = {"lock.front_door", "alarm_control_panel.house", "valve.water"}
    assert {each for each in KEPT_OUT if each in text} == readable
    for each in ("unlock", "alarm_disarm", "open_valve", "press"):
        assert each not in acts
    sets = [line for line in text.splitlines() if "-one ::=" in line]
    locked = [line.split(" ::= ")[0] for line in text.splitlines() if "lock.front_door" in line]
    assert sum(locked[0] in line.split() for line in sets) == 1, "only among what may be looked up"


def test_a_full_home_fits_the_limits_of_the_engine() -> None:
    many = [
        entity(
            f"climate.{'x' * 40}_{index}",
            "A long name of a thermostat",
            "kitchen",
            min_temp=5 + index % 7,
            max_temp=30 + index % 11,
        )
        for index in range(300)
    ]
    lights = [entity(f"light.l{index}", supported_color_modes=["hs", "color_temp"]) for index in range(300)]
    shown = roster.stable(home(*many, *lights), MARKED, 8_000)
    assert len(shown.shown) > 50
    gbnf.check(grammar.of(shown))


def test_without_a_home_there_are_only_words() -> None:
    assert grammar.of(roster.Roster(())) == grammar.SPEECH_ONLY
    gbnf.check(grammar.SPEECH_ONLY)


# --- a real llama.cpp --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[llamacpp.Engine]:
    """Weights by chance and much temperature: it writes whatever the grammar lets it."""
    model = make_model(tmp_path_factory.mktemp("model") / "tiny.gguf", context=2_048)
    options = loading.options(
        "llm", "llamacpp", {"temperature": 2.0, "top_k": 1_000, "top_p": 1.0, "min_p": 0.0, "seed": 3}
    )
    made = llamacpp.Engine(options, {"model": model}, 1)
    made.open()
    yield made
    made.close()


def write(engine: llamacpp.Engine, rules: str, most: int, words: str = "") -> tuple[str, str]:
    *pieces, end = engine.generate("", f"unlock the front door {words}", rules, most, 30.0)
    assert isinstance(end, Completion)
    return "".join(str(piece) for piece in pieces), end.reason


@needs_library
def test_llama_writes_only_what_is_allowed(engine: llamacpp.Engine) -> None:
    house = home()
    shown = roster.stable(house, MARKED, 3_000)
    rules = grammar.of(shown).replace("root ::= calls | speech", "root ::= calls")
    done = 0
    for number in range(25):
        text, reason = write(engine, rules, 900, str(number))
        if reason == "stop":
            done += check_safe(text, shown, house) is not None
        else:
            assert parse.calls(text, shown, house, MARKED) == parse.Refusal("unreadable")
    assert done >= 5


@needs_library
def test_llama_never_writes_markup_into_words(engine: llamacpp.Engine) -> None:
    for number in range(10):
        text, _ = write(engine, grammar.SPEECH_ONLY, 60, str(number))
        assert text
        assert not set(text) & set("[]{}<>|`\\\n")


@needs_library
def test_a_trained_model_keeps_the_grammar_too(shared_models: Path) -> None:
    options = loading.options("llm", "llamacpp", {"temperature": 0.0})
    made = llamacpp.Engine(options, {"model": shared_models / "stories260K.gguf"}, 1)
    made.open()
    house = House(areas=(), entities=(*OPEN, *GUARDED, *SENSORS))
    shown = roster.stable(house, MARKED, 400)
    text, reason = write(made, grammar.of(shown).replace("calls | speech", "calls"), 300)
    made.close()
    assert text.startswith('[{"do":"')
    assert reason == "length" or check_safe(text, shown, house) is not None
