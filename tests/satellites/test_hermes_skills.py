"""Other people's programs over a real broker: sessions, speech, questions."""

from __future__ import annotations

import pytest

from appliance.wire import messages as m
from tests.broker import Mosquitto
from tests.satellites.esp32 import DEED, answer, begin, esp32, hermes_house, listening, question, spoken
from tests.satellites.remote import SPEECH, until


async def test_a_skill_starts_a_session_goes_on_and_ends_it(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.say(
            "hermes/dialogueManager/startSession",
            siteId="kitchen",
            customData="mine",
            init={
                "type": "action",
                "text": "Shall I?",
                "intentFilter": ["Yes", "No"],
                "sendIntentNotRecognized": True,
            },
        )
        turn = await listening(home, "kitchen")
        started = kitchen.all("hermes/dialogueManager/sessionStarted")[0]
        assert started["customData"] == "mine"
        home.heard(turn, "well yes")
        asking = await question(home)
        home.conductor.message("intent", m.Understood(asking, (), "", "intent", "Yes", 1.0))
        await until(lambda: bool(kitchen.all("hermes/intent/Yes")))
        meant = kitchen.all("hermes/intent/Yes")[0]
        assert (meant["sessionId"], meant["customData"]) == (started["sessionId"], "mine")
        assert kitchen.reasons() == []
        goes_on = {"sessionId": started["sessionId"], "sendIntentNotRecognized": True}
        kitchen.say("hermes/dialogueManager/continueSession", text="Sure?", **goes_on)
        again = await listening(home, "kitchen", after=turn)
        home.heard(again, "mumble")
        asking = await question(home)
        home.conductor.message("intent", m.Understood(asking, (), "", "none", "", 1.0))
        await until(lambda: bool(kitchen.all("hermes/dialogueManager/intentNotRecognized")))
        kitchen.say("hermes/dialogueManager/endSession", sessionId=started["sessionId"], text="Never mind.")
        await until(lambda: home.turn("kitchen") != 0)
        await spoken(home, "kitchen")
        assert await kitchen.ended() == "nominal"
        assert len(kitchen.all("hermes/dialogueManager/sessionStarted")) == 1
        assert home.home.deeds == []


async def test_a_skill_that_says_nothing_more_does_not_hold_the_session(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.satellites.hermes_skills.SKILL_SECONDS", 0.1)
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.say(
            "hermes/dialogueManager/startSession",
            siteId="kitchen",
            init={"text": "?", "intentFilter": ["Yes"]},
        )
        turn = await listening(home, "kitchen")
        home.heard(turn, "yes")
        asking = await question(home)
        home.conductor.message("intent", m.Understood(asking, (), "", "intent", "Yes", 1.0))
        assert await kitchen.ended() == "timeout"


async def test_a_notification_is_said_and_over(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.say(
            "hermes/dialogueManager/startSession",
            siteId="kitchen",
            init={"type": "notification", "text": "The post is here."},
        )
        await until(lambda: home.turn("kitchen") != 0)
        await spoken(home, "kitchen")
        assert await kitchen.ended() == "nominal"
        assert kitchen.played() == SPEECH


async def test_sessions_wait_for_a_busy_room_or_are_refused(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        turn = await begin(home, kitchen, detects=True)
        note = {"type": "notification", "text": "Later."}
        kitchen.say("hermes/dialogueManager/startSession", siteId="kitchen", init=note)
        kitchen.say(
            "hermes/dialogueManager/startSession", siteId="kitchen", init={**note, "canBeEnqueued": False}
        )
        await until(lambda: len(kitchen.all("hermes/dialogueManager/sessionQueued")) == 1)
        await until(lambda: len(kitchen.all("hermes/error/dialogueManager")) == 1)
        for _ in range(20):
            kitchen.say("hermes/dialogueManager/startSession", siteId="kitchen", init=note)
        await until(lambda: len(kitchen.all("hermes/error/dialogueManager")) == 18)
        await answer(home, kitchen, turn)
        assert await kitchen.ended(1) == "nominal"
        await until(lambda: home.turn("kitchen") != 0)
        await spoken(home, "kitchen")
        assert await kitchen.ended(2) == "nominal"


async def test_say_is_said_and_told_when_it_is_over(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.say("hermes/tts/say", siteId="kitchen", text="Hello.", id="7", sessionId="s1")
        await until(lambda: home.turn("kitchen") != 0)
        await spoken(home, "kitchen")
        await until(lambda: bool(kitchen.all("hermes/tts/sayFinished")))
        assert kitchen.all("hermes/tts/sayFinished") == [{"siteId": "kitchen", "id": "7", "sessionId": "s1"}]
        assert kitchen.played() == SPEECH
        assert not any(topic.startswith("dialogueManager") for topic in kitchen.topics())


async def test_the_appliance_itself_is_the_default_site(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.say("hermes/tts/say", text="Hello.", id="7")
        await until(lambda: home.turn("local") != 0)
        turn = home.turn("local")
        home.synthesize()
        await until(lambda: any(isinstance(msg, m.PlayEnd) for _, msg in home.stages.sent))
        home.conductor.message("sound", m.PlayStarted(turn, 10))
        home.conductor.message("sound", m.Played(turn, 20, 0.1, 0.1))
        await until(lambda: bool(kitchen.all("hermes/tts/sayFinished")))
        assert kitchen.all("hermes/tts/sayFinished")[0]["siteId"] == "default"
        assert "playBytes" not in kitchen.topics()


async def test_a_query_is_answered_and_nothing_is_done(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.say(
            "hermes/nlu/query", siteId="kitchen", input="turn on the desk lamp", id="q1", sessionId="s"
        )
        asking = await question(home)
        home.conductor.message("intent", m.Understood(asking, (DEED,), "ok", "intent", "HassTurnOn", 1.0))
        await until(lambda: bool(kitchen.all("hermes/intent/HassTurnOn")))
        assert kitchen.all("hermes/intent/HassTurnOn")[0]["id"] == "q1"
        kitchen.say("hermes/nlu/query", input="turn on the desk lamp", id="q2", intentFilter=["Other"])
        asking = await question(home)
        home.conductor.message("intent", m.Understood(asking, (DEED,), "ok", "intent", "HassTurnOn", 1.0))
        await until(lambda: bool(kitchen.all("hermes/nlu/intentNotRecognized")))
        assert kitchen.all("hermes/nlu/intentNotRecognized")[0]["id"] == "q2"
        assert home.home.deeds == []


async def test_listening_begins_and_ends_when_a_program_says_so(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.frame()
        await until(lambda: home.conductor.place("kitchen") is not None)
        kitchen.say("hermes/asr/startListening", siteId="kitchen", sessionId="mine")
        turn = await listening(home, "kitchen")
        kitchen.say("hermes/asr/stopListening", siteId="kitchen", sessionId="mine")
        await until(
            lambda: any(isinstance(msg, m.ListenEnd) and msg.turn == turn for _, msg in home.stages.sent)
        )
        home.conductor.message("stt", m.Transcript(turn, "some words", 0.5, 5.0))
        await until(lambda: bool(kitchen.all("hermes/asr/textCaptured")))
        captured = kitchen.all("hermes/asr/textCaptured")[0]
        assert (captured["text"], captured["sessionId"]) == ("some words", "mine")
        assert home.home.deeds == []
