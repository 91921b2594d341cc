"""Hermes over a real broker: satellites, skills and programs of other people, as they come and misbehave."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.config.model import Config, Satellites, Turn
from appliance.mqtt.exchange import Exchange
from appliance.satellites import hermes
from appliance.satellites.hermes_hub import HermesHub
from appliance.wire import messages as m
from tests.broker import Mosquitto
from tests.satellites.esp32 import (
    OPEN,
    answer,
    asked,
    begin,
    esp32,
    hermes_house,
    spoken,
    wav,
)
from tests.satellites.remote import SPEECH, until

SHUT = Config()


async def test_a_satellite_without_a_detector_wakes_speaks_and_is_answered(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        turn = await begin(home, kitchen)
        await answer(home, kitchen, turn)
        assert await kitchen.ended() == "nominal"
        await until(lambda: kitchen.topics()[-1] == "hotword/toggleOn")
        assert kitchen.topics() == [
            "hotword/hey_jarvis/detected",
            "hotword/toggleOff",
            "dialogueManager/sessionStarted",
            "asr/toggleOn",
            "asr/startListening",
            "asr/stopListening",
            "asr/textCaptured",
            "intent/HassTurnOn",
            "hotword/toggleOff",
            "playBytes",
            "hotword/toggleOn",
            "dialogueManager/sessionEnded",
            "hotword/toggleOn",
        ]
        assert kitchen.played() == SPEECH
        assert [deed.entity_id for deed in home.home.deeds] == [("light.desk",)]


async def test_leds_depend_on_why_it_is_toggled_and_where(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        await answer(home, kitchen, await begin(home, kitchen))
        await kitchen.ended()
        await until(lambda: len(kitchen.all("hermes/hotword/toggleOn")) == 2)
        off, on = kitchen.all("hermes/hotword/toggleOff"), kitchen.all("hermes/hotword/toggleOn")
        assert [(each["siteId"], each["reason"]) for each in off] == [
            ("kitchen", "dialogueSession"),
            ("kitchen", "ttsSay"),
        ]
        assert [each["reason"] for each in on] == ["ttsSay", "dialogueSession"]


async def test_a_session_has_one_id_and_tells_what_was_heard_and_meant(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        await answer(home, kitchen, await begin(home, kitchen))
        await kitchen.ended()
        started = kitchen.all("hermes/dialogueManager/sessionStarted")[0]
        captured = kitchen.all("hermes/asr/textCaptured")[0]
        meant = kitchen.all("hermes/intent/HassTurnOn")[0]
        session = started["sessionId"]
        assert captured["sessionId"] == meant["sessionId"] == session
        assert (captured["text"], captured["likelihood"]) == ("turn on the desk lamp", 1.0)
        assert meant["input"] == "turn on the desk lamp"
        assert meant["intent"] == {"intentName": "HassTurnOn", "confidenceScore": 1.0}
        slots = {slot["slotName"]: slot["value"]["value"] for slot in meant["slots"]}
        assert slots == {"name": "light.desk", "brightness_pct": 40}


async def test_words_stay_in_the_house_unless_allowed(broker: Mosquitto) -> None:
    """Secret words must reach no topic at all."""
    async with (
        hermes_house(broker.address(), Config()) as home,
        esp32(broker.address(), "kitchen") as kitchen,
    ):
        turn = await begin(home, kitchen)
        await answer(home, kitchen, turn, "the secret is xyzzy")
        kitchen.say("hermes/nlu/query", siteId="kitchen", input="what is plugh")
        kitchen.say("hermes/asr/startListening", siteId="kitchen", sessionId="s")
        kitchen.say(
            "hermes/dialogueManager/startSession", siteId="kitchen", init={"intentFilter": ["a"], "text": "?"}
        )
        await until(lambda: len(kitchen.all("hermes/error/dialogueManager")) == 1)
        assert len(kitchen.all("hermes/error/nlu")) == len(kitchen.all("hermes/error/asr")) == 1
        assert await kitchen.ended() == "nominal"
        assert not any(b"xyzzy" in payload for _, payload in kitchen.got)
        assert kitchen.all("hermes/asr/textCaptured")[0]["text"] == ""
        assert not any(topic.startswith("hermes/intent/") for topic, _ in kitchen.got)


async def test_one_with_its_own_detector_sends_no_audio_to_be_searched(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        turn = await begin(home, kitchen, detects=True)
        assert home.rooms()["kitchen"]["detects"]
        kitchen.frame(b"\x05\x06" * 1_024)
        await until(lambda: b"\x05\x06" in home.audio(turn))
        await answer(home, kitchen, turn)
        # Its own announcement is not told a second time.
        assert await kitchen.ended() == "nominal"
        assert len(kitchen.all("hermes/hotword/jarvis/detected")) == 1
        home.stages.sent.clear()
        kitchen.frame()
        kitchen.detected()
        await until(lambda: home.turn("kitchen") != 0)
        assert home.stages.take("wake") == []


async def test_frames_of_a_session_are_heard_as_well(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        turn = await begin(home, kitchen, detects=True)
        topic = "hermes/audioServer/kitchen/some-session/audioSessionFrame"
        kitchen.client.post(topic, wav(b"\x07\x08" * 1_024))
        await until(lambda: home.audio(turn).endswith(b"\x07\x08" * 1_024))


async def test_two_rooms_hear_the_same_words_and_one_answers(broker: Mosquitto) -> None:
    async with (
        hermes_house(broker.address()) as home,
        esp32(broker.address(), "kitchen") as kitchen,
        esp32(broker.address(), "hall") as hall,
    ):
        hall.frame()
        await until(lambda: home.conductor.place("hall") is not None)
        await begin(home, kitchen, detects=True)
        hall.detected()
        hall.say("hermes/test/after")
        await until(lambda: bool(hall.all("hermes/test/after")))
        await asyncio.sleep(0.05)
        assert home.turn("hall") == 0
        started = kitchen.all("hermes/dialogueManager/sessionStarted")
        assert [each["siteId"] for each in started] == ["kitchen"]


async def test_silence_after_the_wake_word_is_a_timeout(broker: Mosquitto) -> None:
    config = Config(turn=Turn(listen_seconds=0.2), satellites=Satellites(publish_words=True))
    async with hermes_house(broker.address(), config) as home, esp32(broker.address(), "kitchen") as kitchen:
        await begin(home, kitchen, detects=True)
        assert await kitchen.ended() == "timeout"


async def test_what_nobody_understood_ends_as_not_recognized(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        turn = await begin(home, kitchen, detects=True)
        home.heard(turn, "flibber the gibbet")
        await asked(home, turn)
        home.conductor.message("intent", m.Understood(turn, (), "Sorry.", "none", "", 1.0))
        await spoken(home, "kitchen")
        assert await kitchen.ended() == "intentNotRecognized"
        assert kitchen.all("hermes/nlu/intentNotRecognized")[0]["input"] == "flibber the gibbet"
        assert kitchen.all("hermes/dialogueManager/intentNotRecognized") == []


async def test_the_wake_word_interrupts_a_session(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        turn = await begin(home, kitchen, detects=True)
        home.heard(turn, "tell me a story")
        await asked(home, turn)
        kitchen.plays = False
        home.meant(turn, "Once upon a time.")
        async with asyncio.timeout(10):
            while "playBytes" not in kitchen.topics():
                home.synthesize()
                await asyncio.sleep(0.01)
        # A real device can only say its word again after a while.
        await asyncio.sleep(1.0)
        kitchen.detected()
        assert await kitchen.ended() == "abortedByUser"
        await until(lambda: len(kitchen.all("hermes/dialogueManager/sessionStarted")) == 2)


async def test_a_satellite_that_vanishes_frees_its_turn(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(quiet_seconds=0.2, publish_words=True))
    async with hermes_house(broker.address(), config) as home, esp32(broker.address(), "kitchen") as kitchen:
        await begin(home, kitchen, detects=True)
        assert await kitchen.ended() == "siteUnavailable"
        assert home.conductor.place("kitchen") is None
        assert home.rooms() == {}


async def test_a_long_reply_goes_out_in_pieces_one_after_the_other(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        turn = await begin(home, kitchen, detects=True)
        kitchen.plays = False
        home.heard(turn, "tell me a story")
        await asked(home, turn)
        home.meant(turn, "Once upon a time.")
        await until(lambda: any(isinstance(msg, m.Speak) for _, msg in home.stages.sent))
        home.synthesize(pieces=100)
        await until(lambda: kitchen.topics().count("playBytes") == 1)
        kitchen.plays = True
        request = next(topic for topic, _ in kitchen.got if "/playBytes/" in topic).rsplit("/", 1)[-1]
        kitchen.say("hermes/audioServer/kitchen/playFinished", id="another")
        kitchen.say("hermes/audioServer/kitchen/playFinished", id=request)
        assert await kitchen.ended() == "nominal"
        assert kitchen.topics().count("playBytes") == 2
        assert kitchen.played() == SPEECH * 100


async def test_a_satellite_that_never_says_it_played_holds_nobody_up(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.plays = False
        await answer(home, kitchen, await begin(home, kitchen, detects=True))
        assert await kitchen.ended() == "nominal"


async def test_the_wake_word_is_off_while_any_reason_holds(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.frame()
        await until(lambda: "kitchen" in home.rooms())
        for reason in ("playAudio", "mine"):
            kitchen.say("hermes/hotword/toggleOff", siteId="kitchen", reason=reason)
        await until(lambda: home.rooms()["kitchen"]["off"] == ["mine", "playAudio"])
        kitchen.detected()
        kitchen.say("hermes/hotword/toggleOn", siteId="kitchen", reason="mine")
        await until(lambda: home.rooms()["kitchen"]["off"] == ["playAudio"])
        assert home.turn("kitchen") == 0
        kitchen.say("hermes/hotword/toggleOn", siteId="kitchen", reason="playAudio")
        await until(lambda: home.rooms()["kitchen"]["off"] == [])
        kitchen.detected()
        await until(lambda: home.turn("kitchen") != 0)


# --- hostile ----------------------------------------------------------------------------------------------


async def test_what_is_malformed_is_counted_and_harms_nobody(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.client.post("hermes/audioServer/kitchen/audioFrame", b"RIFFnonsense")
        kitchen.client.post("hermes/audioServer/a b/audioFrame", b"")
        kitchen.client.post("hermes/tts/say", b"[1,2")
        kitchen.client.post("hermes/dialogueManager/startSession", b'{"init": 5}')
        kitchen.client.post("hermes/hotword/x/detected", b"\xff")
        kitchen.frame(rate_hz=8_000)
        kitchen.frame(b"\0\0" * 2_048, channels=2)
        await until(lambda: home.faults() == {"malformed": 6, "audio": 1})
        assert await begin(home, kitchen, detects=True)


async def test_retained_commands_are_not_obeyed(broker: Mosquitto) -> None:
    """Somebody's words of last year must not be said whenever the appliance starts."""
    async with esp32(broker.address(), "kitchen") as kitchen:
        kitchen.client.post("hermes/tts/say", b'{"siteId":"kitchen","text":"Boo."}', retain=True)
        kitchen.say("hermes/test/sent")
        await until(lambda: bool(kitchen.all("hermes/test/sent")))
        async with hermes_house(broker.address()) as home:
            await until(lambda: home.faults() == {"retained": 1})
            assert home.rooms() == {}


async def test_rooms_are_bounded(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(max_count=2, publish_words=True))
    async with hermes_house(broker.address(), config) as home, esp32(broker.address(), "r0") as any_room:
        for at in range(40):
            any_room.site = f"r{at}"
            any_room.frame()
        await until(lambda: home.faults().get("refused", 0) > 0)
        assert set(home.rooms()) == {"r0", "r1"}


async def test_a_flood_of_frames_is_refused(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(max_messages_per_second=20, publish_words=True))
    async with hermes_house(broker.address(), config) as home, esp32(broker.address(), "kitchen") as kitchen:
        for _ in range(300):
            kitchen.frame(b"\0\0" * 16)
        await until(lambda: home.faults().get("too fast", 0) == 1)


async def test_a_lost_broker_ends_all_and_they_come_back(broker: Mosquitto) -> None:
    async with hermes_house(broker.address()) as home, esp32(broker.address(), "kitchen") as kitchen:
        await begin(home, kitchen, detects=True)
        broker.kill()
        await until(lambda: home.rooms() == {})
        assert home.conductor.place("kitchen") is None
        broker.start()
        await until(lambda: home.client.connected and kitchen.client.connected)
        assert await begin(home, kitchen, detects=True)


async def test_it_can_be_switched_off(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(hermes=False))
    async with hermes_house(broker.address(), config) as home, esp32(broker.address(), "kitchen") as kitchen:
        kitchen.frame()
        kitchen.say("hermes/test/after")
        await until(lambda: bool(kitchen.all("hermes/test/after")))
        assert home.rooms() == {}


FIELDS = ["siteId", "sessionId", "text", "init", "input", "reason", "id", "customData"]
KINDS = st.sampled_from(["action", "notification"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(hermes.INCOMING)),
            st.dictionaries(
                st.sampled_from(
                    ["siteId", "sessionId", "text", "init", "input", "reason", "id", "customData"]
                ),
                st.one_of(
                    st.none(),
                    st.text(max_size=5),
                    st.integers(),
                    st.sampled_from(["kitchen", "default", "hall"]),
                    st.fixed_dictionaries(
                        {"type": st.sampled_from(["action", "notification"]), "text": st.text()}
                    ),
                ),
                max_size=4,
            ),
        ),
        max_size=12,
    )
)
def test_no_order_of_messages_makes_an_error(script: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever programs say, nothing raises, and what is under way stays bounded."""

    async def run() -> None:
        import msgspec

        from appliance.pipeline.conductor import Conductor
        from tests.pipeline.recording import RecordingStages
        from tests.pipeline.rooms import TwoAreas

        client = Exchange(100)
        conductor = Conductor(RecordingStages(), TwoAreas(), OPEN)
        hub = HermesHub(client, conductor, OPEN)
        hub.start()
        try:
            for topic, fields in script:
                hub._json(topic, msgspec.json.encode(fields), retained=False)
            await asyncio.sleep(0)
            assert len(conductor.places()) <= 4
            assert all(len(room.queued) <= 4 for room in hub._rooms.values())
        finally:
            await hub.stop()
            conductor.close()
        assert conductor.places() == ("local",)

    asyncio.run(run())
