"""The hub over a real broker: satellites come, speak, are answered, misbehave and go."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.config.model import Config, Satellites
from appliance.mqtt.exchange import Exchange
from appliance.satellites import protocol
from appliance.satellites.protocol import LEAVES
from appliance.satellites.protocol_audio import Chunk, encode_chunk
from tests.broker import Mosquitto
from tests.satellites.remote import SPEECH, House, Remote, connected, house, remote, until

RESTARTS = 50


async def test_a_satellite_is_known_with_all_it_can_do_and_gone_when_it_goes(broker: Mosquitto) -> None:
    async with house(broker.address()) as home:
        async with remote(broker.address(), "kitchen", name="Kitchen speaker", area="kitchen") as kitchen:
            hub = await kitchen.welcome()
            assert (hub.accepted, hub.protocol, bool(hub.session)) == (True, 1, True)
            info = home.info("kitchen")
            assert (info.title, info.area, info.online) == ("Kitchen speaker", "kitchen", True)
            assert home.conductor.places() == ("local", "kitchen")
        await until(lambda: not home.info("kitchen").online)
        assert home.conductor.places() == ("local",)
        assert home.hub.status()["connected"] == 0


async def test_two_hear_the_same_words_and_one_answers(broker: Mosquitto) -> None:
    async with (
        house(broker.address()) as home,
        remote(broker.address(), "kitchen") as kitchen,
        remote(broker.address(), "hall") as hall,
    ):
        kitchen.wake(1, at_ms=500_000, age_ms=100)
        await until(lambda: home.turn("kitchen") != 0)
        hall.wake(2, at_ms=3, age_ms=250)
        await until(lambda: hall.outcomes() == [(2, "elsewhere")])
        assert len(kitchen.all(protocol.Chime)) == 1
        assert hall.all(protocol.Chime) == []
        assert home.turn("hall") == 0
        hall.speak(2, 0)
        await until(lambda: home.info("hall").counters["stale_chunks"] == 1)


async def test_a_satellite_that_is_killed_frees_its_turn(broker: Mosquitto) -> None:
    async with house(broker.address()) as home:
        async with remote(broker.address(), "kitchen") as kitchen:
            kitchen.wake(1)
            await until(lambda: home.turn("kitchen") != 0)
        await until(lambda: home.conductor.place("kitchen") is None)
        async with remote(broker.address(), "kitchen") as kitchen:
            kitchen.wake(2, at_ms=20_000)
            await until(lambda: home.turn("kitchen") != 0)


async def test_a_satellite_that_falls_silent_frees_its_turn(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(quiet_seconds=0.2))
    async with house(broker.address(), config) as home, remote(broker.address(), "kitchen") as kitchen:
        kitchen.wake(1)
        await until(lambda: kitchen.outcomes() == [(1, "interrupted")])
        assert home.info("kitchen").counters["vanished"] == 1
        assert home.info("kitchen").online


async def test_one_that_lost_its_connection_begins_anew(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        kitchen.wake(1)
        await until(lambda: home.turn("kitchen") != 0)
        kitchen.say("availability", protocol.Availability(True))
        await until(lambda: home.turn("kitchen") == 0)
        assert home.info("kitchen").online


async def test_a_flood_is_refused_and_counted_and_forgiven(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(max_messages_per_second=20))
    async with (
        house(broker.address(), config) as home,
        remote(broker.address(), "kitchen") as kitchen,
        remote(broker.address(), "hall") as hall,
    ):
        kitchen.wake(1)
        await until(lambda: home.turn("kitchen") != 0)
        for at in range(300):
            kitchen.speak(1, at * 10, SPEECH[:320])
        await until(lambda: home.turn("kitchen") == 0)
        await until(lambda: home.info("kitchen").counters["rate_dropped"] > 200)
        assert home.info("kitchen").faults == {"too fast": 1}
        hall.wake(2, at_ms=9, age_ms=4_000)
        await until(lambda: home.turn("hall") != 0)

        async def wake_again() -> None:
            run = 10
            while home.turn("kitchen") == 0:
                run += 1
                kitchen.wake(run, at_ms=run * 10_000)
                await asyncio.sleep(0.5)

        await asyncio.wait_for(wake_again(), 10)


async def test_malformed_and_unknown_messages_are_counted(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        kitchen.raw("wake", b"\xff\x00")
        kitchen.raw("audio", b"RIFF")
        kitchen.raw("deed", b"{}")
        kitchen.client.post("appliance/satellites/../up/wake", b"{}")
        kitchen.client.post("appliance/satellites/local/up/availability", b"online")
        kitchen.client.post("appliance/satellites/stranger/up/finish", b'{"run":1}')
        expected = {"malformed": 2, "unknown topic": 1, "name": 2, "stranger": 1}
        await until(lambda: home.hub.faults.counts() == expected)
        assert home.conductor.places() == ("local", "kitchen")


async def test_nobody_speaks_for_another(broker: Mosquitto) -> None:
    """The payload may claim any name: the topic alone counts."""
    async with house(broker.address()) as home, remote(broker.address(), "kitchen", name="hall") as kitchen:
        kitchen.wake(1)
        await until(lambda: home.turn("kitchen") != 0)
        assert home.conductor.places() == ("local", "kitchen")


async def test_too_many_and_too_new_ones_are_told_why(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(max_count=2))
    async with (
        house(broker.address(), config) as home,
        remote(broker.address(), "a"),
        connected(broker.address(), "b") as other,
        connected(broker.address(), "c") as third,
    ):
        future = Remote(other, "b")
        future.say("capabilities", protocol.Capabilities((9,)))
        future.say("availability", protocol.Availability(True))
        hub = await future.welcome()
        assert (hub.accepted, hub.protocol) == (False, 0)
        assert "1" in hub.reason
        late = Remote(third, "c")
        late.join()
        hub = await late.welcome()
        assert not hub.accepted
        assert "max_count" in hub.reason
        assert [info.name for info in home.hub.satellites() if info.online] == ["a"]


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_everyone_is_back_after_the_broker_was_killed_many_times(broker: Mosquitto) -> None:
    async with (
        house(broker.address()) as home,
        remote(broker.address(), "kitchen", area="kitchen") as kitchen,
    ):
        # Its connection itself says that it is there again, before this; a second time would end its turn.
        able = protocol.Capabilities((1,), area="kitchen")
        kitchen.client.on_connection(
            lambda link: kitchen.say("capabilities", able) if link.connected else None
        )
        for run in range(1, RESTARTS + 1):
            # In the middle of a turn.
            kitchen.wake(run, at_ms=run * 60_000)
            await until(lambda: home.turn("kitchen") != 0)
            broker.kill()
            await until(lambda: home.conductor.place("kitchen") is None)
            broker.start()
            await until(lambda: home.conductor.place("kitchen") is not None)
        kitchen.wake(RESTARTS + 1, at_ms=(RESTARTS + 1) * 60_000)
        await until(lambda: home.turn("kitchen") != 0)


async def test_a_hub_that_is_started_anew_finds_everyone_and_says_so(broker: Mosquitto) -> None:
    async with connected(broker.address(), "k") as client:
        kitchen = Remote(client, "kitchen")
        async with house(broker.address()):
            kitchen.join()
            kitchen.say("mute", protocol.Mute(True))
            kitchen.say("volume", protocol.Volume(0.5))
            first = await kitchen.welcome()
        await until(lambda: not kitchen.all(protocol.Hub)[-1].online)
        async with house(broker.address()) as home:
            await until(lambda: kitchen.all(protocol.Hub)[-1].online)
            await until(lambda: home.info("kitchen").volume == 0.5)
            assert home.info("kitchen").muted
            assert home.hub.faults.counts() == {}
            assert kitchen.all(protocol.Hub)[-1].session != first.session
            assert home.info("kitchen").online
            kitchen.raw("capabilities", b"", retain=True)
            await until(lambda: home.info("kitchen") is None)
            assert home.conductor.places() == ("local",)


@pytest.mark.parametrize("enabled", [True, False])
async def test_it_can_be_turned_off(broker: Mosquitto, enabled: bool) -> None:
    config = Config(satellites=Satellites(enabled=enabled))
    async with house(broker.address(), config) as home, connected(broker.address(), "k") as client:
        Remote(client, "kitchen").join()
        heard: list[bytes] = []
        client.subscribe("end", lambda _topic, payload, _retained: heard.append(payload))
        client.post("end", b"x", 1)
        await until(lambda: bool(heard) and (home.info("kitchen") is not None) == enabled)


async def test_who_is_away_makes_room_for_who_is_here(broker: Mosquitto) -> None:
    config = Config(satellites=Satellites(max_count=1))
    async with house(broker.address(), config) as home:
        async with remote(broker.address(), "old"):
            assert home.info("old").online
        await until(lambda: not home.info("old").online)
        async with remote(broker.address(), "new"):
            await until(lambda: home.conductor.places() == ("local", "new"))
            assert home.info("old") is None


LEAF = st.sampled_from([*LEAVES["up"], "deed", ""])
VALID = st.sampled_from(
    [
        b"online",
        b"offline",
        b'{"protocol":[1]}',
        b'{"protocol":[1],"detects":false}',
        b'{"protocol":[2]}',
        b'{"run":1,"word":"x","at_ms":4611686018427387903,"age_ms":100}',
        b'{"run":1}',
        b'{"run":2147483649,"seconds":3600}',
        b'{"to":"b"}',
        b'{"to":"local"}',
        b'{"to":""}',
        b'{"muted":true}',
        encode_chunk(Chunk(1, 0, 2**32 - 1, SPEECH, first=True)),
        encode_chunk(Chunk(1, 65_535, 0, b"", last=True)),
        encode_chunk(Chunk(0, 7, 5, SPEECH)),
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), LEAF, VALID | st.binary(max_size=40), st.booleans()), max_size=40
    )
)
def test_no_order_of_no_messages_breaks_the_hub(said: list[tuple[str, str, bytes, bool]]) -> None:
    async def play() -> None:
        exchange = Exchange(10_000)
        home = House(exchange, Config())
        home.hub.start()
        for name, leaf, payload, retained in said:
            home.hub._message(f"appliance/satellites/{name}/up/{leaf}", payload, retained)
            home.synthesize()
        assert msgspec.json.encode(home.hub.status())
        await home.hub.stop()
        assert home.conductor.places() == ("local",)
        home.conductor.close()

    asyncio.run(play())


async def test_fifty_stream_at_once_and_nothing_is_lost(broker: Mosquitto) -> None:
    pieces, count = 20, 50
    async with house(broker.address()) as home, contextlib.AsyncExitStack() as all_of_them:
        streams = [
            await all_of_them.enter_async_context(remote(broker.address(), f"s{number}", detects=False))
            for number in range(count)
        ]
        for piece in range(pieces):
            for stream in streams:
                stream.speak(0, piece * 100, leaf="stream")
            await asyncio.sleep(0)
        whole = pieces * len(SPEECH)
        await until(lambda: all(info.counters["audio_bytes"] == whole for info in home.hub.satellites()))
        assert len(home.hub.satellites()) == count
        assert home.hub.faults.counts() == {}
        assert set(home.client.dropped.values()) == {0}


async def test_what_others_see_can_be_written_as_json(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen"):
        assert b"kitchen" in msgspec.json.encode(home.hub.status())
