"""Rooms have turns of their own, and do not get into each other's way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from appliance.audio import pcm
from appliance.config.model import Audio, Config, Satellites, Turn
from appliance.dialogue.turn import Phase
from appliance.errors import ControlError
from appliance.pipeline.places import LOCAL, PlaceRefused
from appliance.wire import messages as m
from tests.pipeline.rooms import Flat, Room

LAMP = m.Deed("light", "turn_on", ("light.a",))
SILENCE = bytes(pcm.BLOCK_BYTES)


@pytest.fixture
async def flat() -> Flat:
    return Flat()


async def test_two_rooms_speak_at_once_and_each_is_answered_where_it_spoke(flat: Flat) -> None:
    kitchen, hall = flat.sites["kitchen"], flat.sites["hall"]
    first, second = kitchen.woken("alexa", 0.9, 1_000), hall.woken("hey_jarvis", 0.9, 77_000)
    assert first != second
    flat.speak(second, "hall light")
    flat.speak(first, "kitchen light")
    asked = [message for message in flat.stages.take("intent") if isinstance(message, m.Understand)]
    assert asked == [
        m.Understand(second, "hall light", "hall", "hall"),
        m.Understand(first, "kitchen light", "kitchen", "kitchen"),
    ]
    flat.conductor.message("intent", m.Understood(second, (), "In the hall.", "intent", "", 1.0))
    flat.conductor.message("intent", m.Understood(first, (), "In the kitchen.", "intent", "", 1.0))
    for turn in (first, second):
        flat.stages.sent += [("tts", m.Speak(turn, 0, "x"))]
        flat.synthesize(turn)
    assert flat.rooms["kitchen"].told("play") == [(first, 16_000, b"\1\0" * 100)]
    assert flat.rooms["hall"].told("play") == [(second, 16_000, b"\1\0" * 100)]
    assert not any(isinstance(message, m.Play) for message in flat.stages.take("sound"))


async def test_the_same_words_in_two_rooms_are_answered_by_the_first(flat: Flat) -> None:
    assert flat.sites["kitchen"].woken("alexa", 0.6, 1_000, age_ms=40)
    assert flat.sites["hall"].woken("alexa", 0.99, 50_000, age_ms=250) == 0
    assert flat.rooms["kitchen"].told("chime")
    assert flat.rooms["hall"].calls == []
    assert flat.rooms["hall"].notes == []


async def test_the_appliance_itself_and_a_satellite_are_one_room_each(flat: Flat) -> None:
    flat.conductor.message("wake", m.WakeHeard("alexa", 0.9, 0))
    assert flat.sites["hall"].woken("alexa", 0.9, 50_000) == 0
    assert flat.conductor.local.phase is Phase.LISTENING


async def test_audio_of_a_room_reaches_the_recogniser_under_its_own_turn(flat: Flat) -> None:
    hall = flat.sites["hall"]
    turn = hall.woken("alexa", 0.9, 5_000)
    flat.stages.take("stt")
    for number in range(4):
        hall.hear(5_000 + number * pcm.BLOCK_MS, SILENCE)
    heard = [message for message in flat.stages.take("stt") if isinstance(message, m.Audio)]
    assert [message.turn for message in heard] == [turn] * 4
    assert flat.stages.take("wake") == [], "it detects its own wake word"


async def test_what_was_said_right_after_the_word_is_not_lost(flat: Flat) -> None:
    """A satellite that detects its own wake word sends what it kept, which begins before the word's end."""
    hall = flat.sites["hall"]
    hall.woken("alexa", 0.9, 5_000, age_ms=100)
    for number in range(60):
        hall.hear(4_000 + number * pcm.BLOCK_MS, number.to_bytes(2, "little") * pcm.BLOCK_SAMPLES)
    heard = [message for message in flat.stages.take("stt") if isinstance(message, m.Audio)]
    numbers = [int.from_bytes(message.pcm[:2], "little") for message in heard]
    first = (5_000 - 300 - 4_000) // pcm.BLOCK_MS
    assert numbers == list(range(first, 60)), "from `wake.lead_ms` before the word's end on, in order"


async def test_what_comes_late_does_not_set_the_clock_back(flat: Flat) -> None:
    """A satellite first sends what it kept: that audio is old."""
    hall = flat.sites["hall"]
    hall.woken("alexa", 0.9, 5_000)
    before = hall.ears.clock_ms()
    for number in range(20):
        hall.hear(3_500 + number * pcm.BLOCK_MS, SILENCE)
        assert hall.ears.clock_ms() >= before - 2


async def test_a_satellite_that_restarted_begins_its_clock_anew(flat: Flat) -> None:
    hall = flat.sites["hall"]
    hall.hear(900_000, SILENCE)
    before = hall.ears.clock_ms()
    hall.hear(0, SILENCE)
    assert abs(hall.ears.clock_ms() - before) < 2_000
    turn = hall.woken("alexa", 0.9, 32)
    hall.hear(32, SILENCE)
    assert any(isinstance(message, m.Audio) for message in flat.stages.take("stt"))
    assert hall.turn == turn


async def test_a_room_that_vanishes_frees_its_turn(flat: Flat) -> None:
    turn = flat.sites["hall"].woken("alexa", 0.9, 1_000)
    flat.conductor.remove_place("hall")
    assert m.Cancel(turn) in flat.stages.take("stt")
    assert flat.rooms["hall"].kinds()[-1] == "done"
    assert flat.conductor.places() == (LOCAL, "kitchen")
    flat.conductor.message("stt", m.Transcript(turn, "light", 1.0, 1.0))
    assert flat.stages.take("intent") == []
    assert flat.sites["kitchen"].woken("alexa", 0.9, 1_000), "it no longer answers for the others"


async def test_the_appliance_itself_cannot_be_removed(flat: Flat) -> None:
    flat.conductor.remove_place(LOCAL)
    assert flat.conductor.places()[0] == LOCAL


async def test_names_are_unique_and_places_are_bounded() -> None:
    flat = Flat(Config(satellites=Satellites(max_count=2)))
    with pytest.raises(PlaceRefused, match="kitchen"):
        flat.conductor.add_place("kitchen", Room())
    with pytest.raises(PlaceRefused, match="2 satellites"):
        flat.conductor.add_place("bedroom", Room())


async def test_its_own_end_of_speech_ends_listening(flat: Flat) -> None:
    hall = flat.sites["hall"]
    turn = hall.woken("alexa", 0.9, 1_000)
    hall.finish()
    assert m.ListenEnd(turn) in flat.stages.take("stt")
    assert hall.phase is Phase.TRANSCRIBING


async def test_words_that_are_only_spoken(flat: Flat) -> None:
    hall, room = flat.sites["hall"], flat.rooms["hall"]
    numbers: list[int] = []

    def started(turn: int) -> bool:
        numbers.append(turn)
        return True

    assert hall.say("Dinner is ready.", started)
    flat.synthesize(hall.turn)
    assert room.told("end") == [hall.turn]
    hall.play_started(hall.turn)
    hall.played(hall.turn, 1.5)
    assert room.kinds() == ["reply", "first_audio", "played", "done"]
    assert numbers == [room.notes[0].turn]
    assert room.notes[-1].data == {"outcome": "answered"}


async def test_nothing_to_say_ends_at_once(flat: Flat) -> None:
    assert flat.sites["hall"].say("  … ")
    assert flat.sites["hall"].idle


async def test_a_prompt_is_spoken_before_it_listens(flat: Flat) -> None:
    hall, room = flat.sites["hall"], flat.rooms["hall"]
    turn = hall.listen(prompt="Which lamp?")
    assert hall.phase is Phase.SPEAKING
    flat.synthesize(turn)
    hall.played(turn)
    assert hall.phase is Phase.LISTENING
    assert hall.turn == turn
    flat.speak(turn, "the tall one")
    flat.conductor.message("intent", m.Understood(turn, (), "Fine. It is on now.", "intent", "", 1.0))
    room.calls.clear()
    flat.synthesize(turn)
    assert [name for name, _ in room.calls] == ["play", "play", "end"], "it ends once, when it is whole"


async def test_dictation_ends_with_the_text(flat: Flat) -> None:
    hall = flat.sites["hall"]
    turn = hall.listen("dictation")
    flat.speak(turn, "buy milk")
    assert flat.stages.take("intent") == []
    last_two = flat.rooms["hall"].notes[-2:]
    assert [note.data for note in last_two] == [
        {"text": "buy milk", "confidence": 1.0, "ms": 5.0},
        {"outcome": "captured"},
    ]


async def test_announcements_reach_the_rooms_that_are_meant(flat: Flat) -> None:
    assert flat.conductor.announce("Dinner!", ("hall", "cellar")) == ("hall",)
    assert flat.conductor.announce("Dinner!") == (LOCAL, "kitchen", "hall")
    spoken = [message.turn for message in flat.stages.take("tts") if isinstance(message, m.Speak)]
    assert len(set(spoken)) == 3, "the hall says the second one after the first"


async def test_understanding_does_nothing(flat: Flat) -> None:
    asking = asyncio.create_task(flat.conductor.understand("light on", "Hall"))
    await flat.until(lambda: any(isinstance(each, m.Understand) for _, each in flat.stages.sent))
    (question,) = (each for each in flat.stages.take("intent") if isinstance(each, m.Understand))
    assert question.area == "hall"
    answer = m.Understood(question.turn, (LAMP,), "On.", "intent", "HassTurnOn", 1.0)
    flat.conductor.message("intent", answer)
    assert await asking == answer
    assert flat.home.deeds == []


async def test_understanding_has_an_end() -> None:
    flat = Flat(Config(turn=Turn(understand_seconds=0.01)))
    with pytest.raises(ControlError):
        await flat.conductor.understand("light on")


async def test_the_thinking_sound_ticks_until_there_is_an_answer() -> None:
    audio = Audio(thinking_sound=True, thinking_after_ms=1)
    flat = Flat(Config(audio=audio))
    hall, room = flat.sites["hall"], flat.rooms["hall"]
    turn = hall.woken("alexa", 0.9, 1_000)
    flat.speak(turn, "sing")
    await flat.until(lambda: bool(room.told("tick")))
    flat.conductor.message("intent", m.Understood(turn, (), "La la.", "intent", "", 1.0))
    ticks = len(room.told("tick"))
    await asyncio.sleep(0.05)
    assert len(room.told("tick")) == ticks


async def test_without_the_wish_nothing_ticks(flat: Flat) -> None:
    turn = flat.sites["hall"].woken("alexa", 0.9, 1_000)
    flat.speak(turn, "sing")
    await asyncio.sleep(0.02)
    assert flat.rooms["hall"].told("tick") == []


async def test_deeds_of_a_vanished_room_are_still_done(flat: Flat) -> None:
    turn = flat.sites["hall"].woken("alexa", 0.9, 1_000)
    flat.speak(turn, "light")
    flat.conductor.message("intent", m.Understood(turn, (LAMP,), "On.", "intent", "", 1.0))
    flat.conductor.remove_place("hall")
    await flat.until(lambda: flat.home.deeds == [LAMP])


def silent_until(flat: Flat, turn: int, ms: int) -> int | None:
    """Speech, then so much silence; after how much of it the sentence ended."""
    for at in range(1, 20):
        flat.conductor.message("vad", m.Voice(turn, 1_000_000 + at * 32, 1.0))
    voice_end = 1_000_000 + 19 * 32
    for at in range(20, 20 + ms // 32):
        flat.conductor.message("vad", m.Voice(turn, 1_000_000 + at * 32, 0.0))
        if any(isinstance(each, m.ListenEnd) for each in flat.stages.take("stt")):
            return 1_000_000 + at * 32 - voice_end
    return None


@pytest.mark.parametrize(
    ("whole", "ending", "ended"), [(True, "closed", 288), (True, "unclear", 480), (False, "open", 928)]
)
async def test_what_was_heard_so_far_decides_how_long_silence_lasts(
    flat: Flat, whole: bool, ending: Any, ended: int
) -> None:
    turn = flat.sites["kitchen"].woken("alexa", 0.9, 1_000)
    flat.conductor.message("stt", m.Partial(turn, "some words", 1_000_300))
    assert flat.stages.take("intent")[-1] == m.Consider(turn, "some words", "kitchen", "kitchen")
    flat.conductor.message("intent", m.Considered(turn, "some words", whole, ending, "Turned on. All of it."))
    prepared = [each for each in flat.stages.take("tts") if isinstance(each, m.Prepare)]
    assert [each.text for each in prepared] == ["Turned on.", "All of it."]
    assert silent_until(flat, turn, 1_500) == ended


async def test_an_answer_about_former_words_changes_nothing(flat: Flat) -> None:
    turn = flat.sites["kitchen"].woken("alexa", 0.9, 1_000)
    flat.conductor.message("stt", m.Partial(turn, "the lamp", 1_500))
    flat.conductor.message("stt", m.Partial(turn, "the lamp and", 1_600))
    flat.conductor.message(
        "intent", m.Considered(turn, "the lamp", whole=True, ending="closed", answer="On.")
    )
    assert not any(isinstance(each, m.Prepare) for each in flat.stages.take("tts"))
    assert silent_until(flat, turn, 1_500) == 480


async def test_nothing_is_done_before_the_end_is_certain(flat: Flat) -> None:
    turn = flat.sites["kitchen"].woken("alexa", 0.9, 1_000)
    flat.conductor.message("stt", m.Partial(turn, "lamp on", 1_500))
    flat.conductor.message("intent", m.Considered(turn, "lamp on", whole=True, ending="closed", answer="On."))
    await asyncio.sleep(0)
    assert flat.home.deeds == []
    assert not any(isinstance(each, m.Speak) for each in flat.stages.take("tts"))
    assert flat.rooms["kitchen"].told("play") == []


async def test_a_question_of_ours_is_answered_without_a_wake_word(flat: Flat) -> None:
    site = flat.sites["kitchen"]
    turn = site.woken("alexa", 0.9, 1_000)
    flat.speak(turn, "turn on the light")
    asked = m.Understood(turn, (), "Which one?", "intent", "", 1.0, asks=True)
    flat.conductor.message("intent", asked)
    flat.synthesize(turn)
    flat.stages.sent.clear()
    site.played(turn)
    assert (site.turn, site.phase) == (turn, Phase.LISTENING)
    flat.speak(turn, "the desk lamp")
    assert m.Understand(turn, "the desk lamp", "kitchen", "kitchen") in flat.stages.take("intent")


async def test_stop_ends_it_without_another_word(flat: Flat) -> None:
    site = flat.sites["kitchen"]
    turn = site.woken("alexa", 0.9, 1_000)
    flat.speak(turn, "stop")
    await flat.until(lambda: site.turn == 0)
    assert not any(isinstance(each, m.Understand) for each in flat.stages.take("intent"))
    assert not any(isinstance(each, m.Speak) for each in flat.stages.take("tts"))


async def test_a_sentence_that_was_not_sure_enough_is_offered_and_yes_does_it(flat: Flat) -> None:
    turn = flat.sites["hall"].woken("alexa", 0.9, 1_000)
    flat.conductor.message("stt", m.Transcript(turn, "", 0.6, 1.0, nearly="light on"))
    assert [each.text for each in flat.stages.take("tts") if isinstance(each, m.Speak)] == [
        "Did you mean: light on?"
    ]
    assert flat.sites["hall"].phase is Phase.SPEAKING
    for message in (m.SpeechAudio(turn, 0, 16_000, b"\1\0" * 100), m.Spoken(turn, 0, 1.0, 1.0)):
        flat.conductor.message("tts", message)
    flat.sites["hall"].played(turn)
    assert flat.sites["hall"].phase is Phase.LISTENING
    flat.conductor.message("stt", m.Transcript(turn, "yes", 1.0, 1.0))
    asked = [each for each in flat.stages.take("intent") if isinstance(each, m.Understand)]
    assert [each.text for each in asked] == ["light on"]


async def test_the_note_of_a_transcript_tells_when_its_words_were_said(flat: Flat) -> None:
    turn = flat.sites["hall"].woken("alexa", 0.9, 1_000)
    words = (m.TimedWord("light", 100, 400, 0.9), m.TimedWord("on", 400, 600, 0.5))
    flat.conductor.message("stt", m.Transcript(turn, "light on", 0.7, 1.0, words=words))
    note = next(note for note in flat.rooms["hall"].notes if note.kind == "transcript")
    assert note.data["words"] == [["light", 100, 400, 0.9], ["on", 400, 600, 0.5]]
    assert "nearly" not in note.data
