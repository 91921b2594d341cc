"""What one satellite says becomes acts of its place, and the other way round, over a real broker."""

from __future__ import annotations

from appliance.config.model import Config, Satellites
from appliance.satellites import protocol
from appliance.satellites.protocol_audio import Chunk
from appliance.wire import messages as m
from tests.broker import Mosquitto
from tests.satellites.remote import SPEECH, house, remote, until


async def test_a_whole_turn(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen", text=True) as kitchen:
        kitchen.wake(7)
        kitchen.speak(7, 4_700)
        kitchen.speak(7, 4_800, SPEECH[::-1])
        await until(
            lambda: home.turn("kitchen") != 0 and len(home.audio(home.turn("kitchen"))) == 2 * len(SPEECH)
        )
        turn = home.turn("kitchen")
        assert home.audio(turn) == SPEECH + SPEECH[::-1]
        home.heard(turn, "how are you")
        home.meant(turn, "I am fine.")
        home.synthesize(pieces=3)
        await until(lambda: any(chunk.last for chunk in kitchen.all(Chunk)))
        assert kitchen.states(7) == ["listening", "transcribing", "thinking", "speaking"]
        assert b"".join(chunk.pcm for chunk in kitchen.all(Chunk)) == SPEECH * 3
        assert {chunk.run for chunk in kitchen.all(Chunk)} == {7}
        assert [each.run for each in kitchen.all(protocol.Chime)] == [7]
        assert [(each.kind, each.text) for each in kitchen.all(protocol.Text)] == [
            ("final", "how are you"),
            ("reply", "I am fine."),
        ]
        kitchen.say("playing", protocol.Playing(7, 0.0, 6_000))
        kitchen.say("played", protocol.Played(7, 0.3, 0.1))
        await until(lambda: kitchen.outcomes() == [(7, "answered")])
        assert home.turn("kitchen") == 0


async def test_words_are_sent_only_to_who_wants_them_and_when_allowed(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(send_text=False))
    async with (
        house(broker.address(), config) as home,
        remote(broker.address(), "kitchen", text=True) as kitchen,
    ):
        kitchen.wake(7)
        await until(lambda: home.turn("kitchen") != 0)
        home.heard(home.turn("kitchen"), "my secret")
        await until(lambda: "thinking" in kitchen.states())
        assert kitchen.all(protocol.Text) == []


async def test_an_old_wake_word_and_one_said_twice_begin_nothing(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        kitchen.wake(1, age_ms=6_000)
        await until(lambda: kitchen.outcomes() == [(1, "late")])
        kitchen.wake(2)
        await until(lambda: home.turn("kitchen") != 0)
        turn = home.turn("kitchen")
        kitchen.wake(2)
        kitchen.speak(2, 4_800)
        await until(lambda: bool(home.audio(turn)))
        assert home.turn("kitchen") == turn
        assert kitchen.states(2) == ["listening"]


async def test_the_wake_word_during_the_answer_interrupts_it(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        kitchen.wake(1)
        await until(lambda: home.turn("kitchen") != 0)
        home.heard(home.turn("kitchen"), "tell me more")
        home.meant(home.turn("kitchen"), "A very long story.")
        home.synthesize(pieces=100)
        await until(lambda: bool(kitchen.all(Chunk)))
        kitchen.wake(2, at_ms=20_000)
        await until(lambda: "listening" in kitchen.states(2))
        assert [each.run for each in kitchen.all(protocol.Cancel)] == [1]
        assert kitchen.outcomes() == [(1, "interrupted")]


async def test_speech_is_not_sent_further_ahead_than_the_satellite_can_hold(broker: Mosquitto) -> None:
    able = {"max_ahead_ms": 500, "max_payload_bytes": 1_040}
    async with house(broker.address()) as home, remote(broker.address(), "kitchen", **able) as kitchen:
        home.conductor.announce("Dinner is ready.", ("kitchen",))
        home.synthesize(pieces=20)
        await until(lambda: len(kitchen.all(Chunk)) > 10)
        got = kitchen.all(Chunk)
        assert max(len(chunk.pcm) for chunk in got) <= 1_024
        assert not got[-1].last
        assert got[0].run >= protocol.HUB_RUN
        assert got[0].run == kitchen.all(protocol.Progress)[0].run
        await until(lambda: kitchen.all(Chunk)[-1].last)
        assert b"".join(chunk.pcm for chunk in kitchen.all(Chunk)) == SPEECH * 20
        assert [chunk.sequence for chunk in kitchen.all(Chunk)] == list(range(len(kitchen.all(Chunk))))


async def test_without_a_loudspeaker_nothing_is_sent_and_the_turn_ends(broker: Mosquitto) -> None:
    async with (
        house(broker.address()) as home,
        remote(broker.address(), "kitchen", loudspeaker=False) as kitchen,
    ):
        home.conductor.announce("Dinner is ready.", ("kitchen",))
        home.synthesize()
        await until(lambda: [outcome for _, outcome in kitchen.outcomes()] == ["answered"])
        assert kitchen.all(Chunk) == []


async def test_a_satellite_without_a_detector_is_searched_here(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "hall", detects=False) as hall:
        await until(lambda: {each.on for each in hall.all(protocol.Search)} == {True})
        stream = next(each.stream for _, each in home.stages.sent if isinstance(each, m.WakeStream))
        for at in range(0, 500, 100):
            hall.speak(0, at, leaf="stream")
        await until(
            lambda: any(isinstance(each, m.Audio) and each.stream == stream for _, each in home.stages.sent)
        )
        home.conductor.message("wake", m.WakeHeard("hey_jarvis", 0.9, 400, stream))
        await until(lambda: hall.states() == ["listening"])
        assert hall.all(protocol.Progress)[0].run >= protocol.HUB_RUN
        assert home.info("hall").searched is True


async def test_a_refusal_to_search_comes_with_its_reason(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(wake_streams=1))
    async with (
        house(broker.address(), config) as home,
        remote(broker.address(), "a", detects=False),
        remote(broker.address(), "b", detects=False) as other,
    ):
        await until(lambda: {each.on for each in other.all(protocol.Search)} == {False})
        assert "wake_streams" in other.all(protocol.Search)[0].reason
        assert home.info("b").search_reason


async def test_mute_volume_buttons_and_health_go_both_ways(broker: Mosquitto) -> None:
    async with house(broker.address()) as home:
        pressed: list[tuple[str, protocol.Button]] = []
        changed: list[str] = []
        home.hub.on_button = lambda name, button: pressed.append((name, button))
        home.hub.on_change = changed.append
        async with remote(broker.address(), "kitchen", mute=True, volume=True) as kitchen:
            assert home.hub.mute("kitchen", muted=True)
            assert home.hub.volume("kitchen", 0.4)
            await until(lambda: kitchen.all(protocol.Volume) == [protocol.Volume(0.4)])
            assert kitchen.all(protocol.Mute) == [protocol.Mute(True)]
            kitchen.say("mute", protocol.Mute(True, hardware=True))
            kitchen.say("volume", protocol.Volume(0.4))
            kitchen.say("level", protocol.Level(rssi_dbm=-60))
            kitchen.say("button", protocol.Button("main", "press"))
            await until(lambda: pressed == [("kitchen", protocol.Button("main", "press"))])
            info = home.info("kitchen")
            assert (info.muted, info.hardware_mute, info.volume) == (True, True, 0.4)
            assert info.health.rssi_dbm == -60
            assert "kitchen" in changed
        async with remote(broker.address(), "bare") as _:
            assert not home.hub.mute("bare", muted=True)
            assert not home.hub.volume("bare", 0.1)
            assert not home.hub.mute("nobody", muted=True)


async def test_finish_and_cancel_of_a_run(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        kitchen.wake(1)
        await until(lambda: home.turn("kitchen") != 0)
        kitchen.say("finish", protocol.Finish(99))
        kitchen.speak(1, 4_700, last=True)
        await until(lambda: kitchen.states(1) == ["listening", "transcribing"])
        kitchen.say("cancel", protocol.Cancel(1))
        await until(lambda: kitchen.outcomes() == [(1, "interrupted")])


async def test_two_rooms_talk_until_one_hangs_up(broker: Mosquitto) -> None:
    async with (
        house(broker.address()) as home,
        remote(broker.address(), "kitchen") as kitchen,
        remote(broker.address(), "hall") as hall,
    ):
        kitchen.say("intercom", protocol.Intercom("hall"))
        await until(lambda: bool(hall.all(protocol.Call)) and bool(kitchen.all(protocol.Call)))
        run = hall.all(protocol.Call)[0].run
        assert [(each.peer, each.on) for each in hall.all(protocol.Call)] == [("kitchen", True)]
        assert [(each.peer, each.on) for each in kitchen.all(protocol.Call)] == [("hall", True)]
        kitchen.speak(run, 100)
        await until(lambda: bool(hall.all(Chunk)))
        assert (hall.all(Chunk)[0].run, hall.all(Chunk)[0].pcm) == (run, SPEECH)
        assert home.turn("hall") == 0
        hall.say("intercom", protocol.Intercom(""))
        await until(lambda: len(kitchen.all(protocol.Call)) == 2 and len(hall.all(protocol.Call)) == 2)
        assert not kitchen.all(protocol.Call)[1].on
        kitchen.say("intercom", protocol.Intercom("cellar"))
        await until(lambda: len(kitchen.all(protocol.Call)) == 3)
        assert kitchen.all(protocol.Call)[2].reason


async def test_the_wake_word_ends_a_call(broker: Mosquitto) -> None:
    async with (
        house(broker.address()),
        remote(broker.address(), "kitchen") as kitchen,
        remote(broker.address(), "hall") as hall,
    ):
        kitchen.say("intercom", protocol.Intercom("hall"))
        await until(lambda: bool(hall.all(protocol.Call)))
        hall.wake(5)
        await until(lambda: hall.states(5) == ["listening"])
        await until(lambda: [each.on for each in kitchen.all(protocol.Call)] == [True, False])


async def test_the_appliance_itself_can_call_a_room(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        assert home.hub.connect("local", "kitchen")
        await until(lambda: bool(kitchen.all(protocol.Call)))
        assert kitchen.all(protocol.Call)[0].peer == "local"
        kitchen.speak(kitchen.all(protocol.Call)[0].run, 100)
        await until(lambda: bool(home.stages.take("sound")))
        assert not home.hub.connect("kitchen", "local"), "the line is taken"
        assert not home.hub.connect("kitchen", "kitchen")


async def test_a_line_that_was_opened_elsewhere_works_too(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        assert home.conductor.connect("local", "kitchen")
        home.conductor.message("sound", m.MicAudio(0, SPEECH))
        await until(lambda: bool(kitchen.all(Chunk)))
        run = kitchen.all(Chunk)[0].run
        assert [(each.run, each.on) for each in kitchen.all(protocol.Call)] == [(run, True)]
        home.conductor.hang_up("local")
        await until(lambda: [each.on for each in kitchen.all(protocol.Call)] == [True, False])
