"""The turn's arcs as a table, its deadlines in virtual time, and what must hold for any order of events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Turn as Deadlines
from appliance.dialogue import events as e
from appliance.dialogue import turn as t
from appliance.understanding import phrases
from appliance.wire.messages import Deed

DEED = Deed("light", "turn_on", ("light.kitchen",))
DONE = e.DeedResult("light.kitchen", "Kitchen light", done=True)
FAILED = e.DeedResult(
    "light.kitchen", "Kitchen light", done=False, reason="The kitchen light did not answer."
)


def turns(*, model: bool = False) -> t.Turns:
    return t.Turns(Deadlines(), "en", lambda: model)


def play(machine: t.Turns, *events: e.Event, now: float = 0.0) -> list[e.Effect]:
    effects: list[e.Effect] = []
    for event in events:
        effects = machine.handle(event, now)
    return effects


def said(effects: list[e.Effect]) -> str:
    return " ".join(effect.text for effect in effects if isinstance(effect, e.Say))


HEARD = (e.Woken("alexa", 1_000), e.SpeechStarted(1), e.SpeechEnded(1))


def test_wake_word_starts_listening_from_its_end() -> None:
    machine = turns()
    assert play(machine, e.Woken("alexa", 1_000)) == [e.Listen(1, 1_000)]
    assert machine.phase is t.Phase.LISTENING


def test_a_command_goes_from_wake_to_idle() -> None:
    machine = turns()
    assert play(machine, *HEARD) == [e.Finish(1)]
    assert play(machine, e.Transcribed(1, "turn on the kitchen light")) == [
        e.AskIntent(1, "turn on the kitchen light")
    ]
    assert play(machine, e.Meant(1, (DEED,), "Turned on.", "intent")) == [e.Perform(1, (DEED,))]
    assert play(machine, e.Acted(1, (DONE,))) == [e.Say(1, 0, "Turned on."), e.SayEnd(1)]
    assert play(machine, e.Sounded(1)) == []
    assert play(machine, e.Heard(1)) == [e.Done(1, "answered")]
    assert machine.phase is t.Phase.IDLE
    assert machine.deadline is None


def test_a_failed_deed_is_said_and_not_praised() -> None:
    machine = turns()
    play(machine, *HEARD, e.Transcribed(1, "x"), e.Meant(1, (DEED,), "Turned on.", "intent"))
    effects = play(machine, e.Acted(1, (FAILED,)))
    assert said(effects) == "The kitchen light did not answer."


@pytest.mark.parametrize("text", ["", "   "])
def test_words_that_fit_nothing_are_answered(text: str) -> None:
    machine = turns()
    effects = play(machine, *HEARD, e.Transcribed(1, text))
    assert said(effects) == phrases.not_understood("en")


def test_without_a_model_no_intent_is_said_so() -> None:
    machine = turns()
    effects = play(machine, e.Asked("sing"), e.Meant(1, (), "", "none"))
    assert said(effects) == phrases.not_understood("en")


def test_the_model_is_asked_when_no_intent_fits() -> None:
    machine = turns(model=True)
    assert play(machine, e.Asked("sing"), e.Meant(1, (), "", "none")) == [e.AskModel(1, "sing")]
    first = play(machine, e.Thought(1, "La la la. Then", last=False))
    assert said(first) == "La la la."
    assert play(machine, e.Sounded(1), e.Heard(1)) == [], "more sentences may follow"
    last = play(machine, e.Thought(1, " more.", last=False), e.Thought(1, "", last=True))
    assert said(last) == "Then more."
    assert last[-1] == e.SayEnd(1)
    assert play(machine, e.Heard(1)) == [e.Done(1, "answered")]


def test_a_silent_model_is_not_silence() -> None:
    machine = turns(model=True)
    effects = play(machine, e.Asked("sing"), e.Meant(1, (), "", "none"), e.Thought(1, "", last=True))
    assert said(effects) == phrases.not_understood("en")


def test_wake_word_while_speaking_interrupts() -> None:
    machine = turns()
    play(machine, e.Asked("what time is it"), e.Meant(1, (), "It is noon.", "intent"), e.Sounded(1))
    effects = play(machine, e.Woken("alexa", 9_000))
    assert effects == [e.Abandon(1), e.Done(1, "interrupted"), e.Listen(2, 9_000)]


def test_events_of_a_dead_turn_change_nothing() -> None:
    machine = turns()
    play(machine, *HEARD)
    play(machine, e.Woken("alexa", 9_000))
    assert play(machine, e.Transcribed(1, "turn off everything")) == []
    assert machine.phase is t.Phase.LISTENING


@pytest.mark.parametrize(
    ("events", "answer"),
    [
        (HEARD, phrases.too_slow("en")),
        ((e.Asked("x"),), phrases.too_slow("en")),
        ((e.Asked("x"), e.Meant(1, (), "", "none")), phrases.too_slow("en")),
        ((e.Asked("x"), e.Meant(1, (DEED,), "", "intent")), phrases.no_answer_from_home("en")),
    ],
)
def test_a_deadline_where_a_person_waits_is_an_apology(events: tuple[e.Event, ...], answer: str) -> None:
    machine = turns(model=True)
    play(machine, *events)
    assert machine.deadline is not None
    assert machine.handle(e.Tick(), machine.deadline - 0.01) == []
    assert said(machine.handle(e.Tick(), machine.deadline)) == answer


def test_nothing_said_after_the_wake_word_ends_in_silence() -> None:
    machine = turns()
    play(machine, e.Woken("alexa", 0))
    assert machine.deadline is not None
    assert machine.handle(e.Tick(), machine.deadline) == [e.Abandon(1), e.Done(1, "silent")]


def test_endless_speech_is_cut_and_transcribed() -> None:
    machine = turns()
    play(machine, e.Woken("alexa", 0), e.SpeechStarted(1))
    assert machine.deadline == Deadlines().speech_seconds
    assert machine.handle(e.Tick(), machine.deadline) == [e.Finish(1)]


def test_speech_that_never_sounds_ends_the_turn() -> None:
    machine = turns()
    play(machine, e.Asked("x"), e.Meant(1, (), "Noon.", "intent"))
    assert machine.deadline == Deadlines().first_audio_seconds
    assert machine.handle(e.Tick(), machine.deadline)[-1] == e.Done(1, "late")


def events() -> st.SearchStrategy[e.Event]:
    number = st.integers(0, 4)
    text = st.sampled_from(["", "turn on", "A. B. C."])
    return st.one_of(
        st.builds(e.Woken, st.just("alexa"), st.integers(0, 10_000)),
        st.builds(e.Asked, text),
        st.builds(e.SpeechStarted, number),
        st.builds(e.SpeechEnded, number),
        st.builds(e.Transcribed, number, text),
        st.builds(e.Meant, number, st.sampled_from([(), (DEED,)]), text, st.sampled_from(["intent", "none"])),
        st.builds(e.Acted, number, st.sampled_from([(), (DONE,), (FAILED,)])),
        st.builds(e.Thought, number, text, st.booleans()),
        st.builds(e.Sounded, number),
        st.builds(e.Heard, number),
        st.just(e.Dropped()),
        st.just(e.Tick()),
    )


@given(st.lists(events(), max_size=40), st.booleans())
def test_no_order_of_events_leaves_a_turn_without_a_deadline(
    given_events: list[e.Event], model: bool
) -> None:
    machine = turns(model=model)
    now = 0.0
    for event in given_events:
        machine.handle(event, now)
        now += 0.5
        assert (machine.phase is t.Phase.IDLE) == (machine.deadline is None)
    for _ in range(6):  # listening → transcribing → apology → over, at most
        if machine.deadline is not None:
            machine.handle(e.Tick(), machine.deadline)
    assert machine.phase is t.Phase.IDLE


@given(st.lists(events(), max_size=40))
def test_no_deed_without_a_meaning_of_the_running_turn(given_events: list[e.Event]) -> None:
    machine = turns()
    for event in given_events:
        meant = isinstance(event, e.Meant) and event.turn == machine.turn and event.deeds
        acted = [effect for effect in machine.handle(event, 0.0) if isinstance(effect, e.Perform)]
        assert not acted or meant


OFFERED = "turn on the kitchen light"


def offering(answer: str) -> list[e.Effect]:
    """A sentence that was not sure enough is offered; what comes of this answer."""
    machine = t.Turns(Deadlines(), "en", lambda: False, agrees={"yes": True, "no": False}.get)
    effects = play(machine, *HEARD, e.Transcribed(1, "", OFFERED))
    assert effects[0] == e.Offer(1)
    assert said(effects) == phrases.did_you_mean("en", OFFERED)
    assert play(machine, e.Sounded(1), e.Heard(1)) == [e.Listen(1, None)]
    return play(machine, e.SpeechStarted(1), e.SpeechEnded(1), e.Transcribed(1, answer, OFFERED))


@pytest.mark.parametrize("other", ["turn off the fan", "what time is it"])
def test_yes_takes_the_sentence_that_was_offered_and_another_sentence_counts_itself(other: str) -> None:
    assert offering("yes") == [e.AskIntent(1, OFFERED)]
    assert offering(other) == [e.AskIntent(1, other)]


def test_no_ends_the_turn() -> None:
    effects = offering("no")
    assert said(effects) == phrases.okay("en")
    assert e.SayEnd(1) in effects


def test_nothing_is_offered_twice_in_a_turn() -> None:
    effects = offering("")
    assert said(effects) == phrases.not_understood("en")
    assert e.Offer(1) not in effects


def test_a_turn_that_can_tell_no_yes_offers_nothing() -> None:
    assert said(play(turns(), *HEARD, e.Transcribed(1, "", OFFERED))) == phrases.not_understood("en")


def test_an_offer_is_forgotten_with_its_turn() -> None:
    machine = t.Turns(Deadlines(), "en", lambda: False, agrees={"yes": True}.get)
    play(machine, *HEARD, e.Transcribed(1, "", OFFERED))
    play(machine, e.Woken("alexa", 9_000), e.SpeechStarted(2), e.SpeechEnded(2))
    assert play(machine, e.Transcribed(2, "yes")) == [e.AskIntent(2, "yes")]
