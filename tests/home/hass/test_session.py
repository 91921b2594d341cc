"""One connection: answers find their questions, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import json

import pytest

from appliance.config.model import HomeAssistant
from appliance.errors import HomeError
from appliance.home.hass import reading
from appliance.home.hass.address import Address, websocket_url
from appliance.home.hass.session import MAX_PENDING, Lost, NotSent, Rejected, TokenRefused, opened
from tests.home.harness import until
from tests.home.hass.fake import TOKEN, Fake

SETTINGS = HomeAssistant(connect_seconds=1.0, answer_seconds=1.0, ping_seconds=0.1)


def session_to(fake: Fake, token: str = TOKEN, faults: list | None = None):
    address = Address(websocket_url(fake.url), token)
    return opened(
        address, SETTINGS, lambda kind, reason: faults.append((kind, reason)) if faults is not None else None
    )


async def test_answers_find_their_questions_in_any_order() -> None:
    held: list[dict] = []

    class Backwards(Fake):
        async def take(self, socket, message):
            held.append(message)
            if len(held) == 3:
                for each in reversed(held):
                    await self.answer(socket, each["id"], each["type"])

    async with Backwards().serving() as fake, session_to(fake) as session:
        answers = await asyncio.gather(*(session.ask(kind, {}) for kind in ("a", "b", "c")))
        assert [json.loads(bytes(answer)) for answer in answers] == ["a", "b", "c"]
        assert session.version == "2025.4.4"


async def test_several_messages_in_one_frame_are_taken_in_order() -> None:
    seen: list[bytes] = []
    async with Fake().serving() as fake, session_to(fake) as session:
        number = await session.subscribe(
            "subscribe_events", {"event_type": "x"}, lambda raw: seen.append(bytes(raw))
        )
        (socket,) = fake.sockets
        await socket.send(json.dumps([{"id": number, "type": "event", "event": each} for each in (1, 2, 3)]))
        await until(lambda: seen == [b"1", b"2", b"3"])
        await session.unsubscribe(number)
        await fake.say(socket, id=number, type="event", event=4)
        await session.ask("get_config", {})
        assert len(seen) == 3


async def test_errors_and_silence_are_different() -> None:
    class Half(Fake):
        async def take(self, socket, message):
            if message["type"] != "silence":
                await super().take(socket, message)

    async with Half().serving() as fake, session_to(fake) as session:
        with pytest.raises(Rejected) as raised:
            await session.ask("nonsense", {})
        assert raised.value.fault.code == "unknown_command"
        with pytest.raises(TimeoutError):
            await session.ask("silence", {}, 0.05)


async def test_the_end_of_the_connection_is_everyones_answer() -> None:
    class Deaf(Fake):
        async def take(self, socket, message):
            del socket, message

    async with Deaf().serving() as fake, session_to(fake) as session:
        waiting = [asyncio.ensure_future(session.ask("x", {})) for _ in range(3)]
        await until(lambda: len(session._pending) == 3)
        await fake.drop()
        for each in await asyncio.gather(*waiting, return_exceptions=True):
            assert type(each) is Lost
        await session.wait_closed()
        with pytest.raises(NotSent):
            await session.ask("x", {})


async def test_too_many_questions_are_not_asked() -> None:
    class Deaf(Fake):
        async def take(self, socket, message):
            del socket, message

    async with Deaf().serving() as fake, session_to(fake) as session:
        waiting = [asyncio.ensure_future(session.ask("x", {})) for _ in range(MAX_PENDING)]
        await until(lambda: len(session._pending) == MAX_PENDING)
        with pytest.raises(NotSent, match="too much"):
            await session.ask("x", {})
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_dead_peer_is_noticed_without_traffic() -> None:
    """Its kernel still answers, its program does not: the ping gets no pong."""
    async with Fake().serving() as fake, session_to(fake) as session:
        (socket,) = fake.sockets
        socket.transport.pause_reading()
        await asyncio.wait_for(session.wait_closed(), 5)
        socket.transport.abort()


async def test_a_wrong_token_and_a_wrong_name_are_told_apart() -> None:
    async with Fake().serving() as fake:
        with pytest.raises(TokenRefused):
            async with session_to(fake, "wrong"):
                pass
    nowhere = Address(f"ws://{'x' * 80}.example/api/websocket", TOKEN)
    with pytest.raises((HomeError, OSError)):
        async with opened(nowhere, SETTINGS, lambda *_: None):
            pass


async def test_reading_gathers_what_decides_about_the_house() -> None:
    faults: list = []
    async with Fake().serving() as fake, session_to(fake) as session:
        fake.results["config/entity_registry/get_entries"] = {
            "light.a": {"aliases": ["Lampe"]},
            "light.z": None,
        }
        fake.results["homeassistant/expose_entity/list"] = {
            "exposed_entities": {"x.y": {"conversation": True}, "z.z": {}}
        }
        found = await reading.registries(session, "°C", lambda kind, reason: faults.append((kind, reason)))
        assert [row.entity_id for row in found.entities] == ["light.a", "button.b"]
        assert found.more["light.a"].aliases == ["Lampe"]
        assert (found.exposed, found.expose_new, found.temperature_unit) == ({"x.y"}, True, "°C")
        assert ("light", "turn_on") in await reading.services(session)
        assert (await reading.config(session)).state == "RUNNING"


async def test_an_ordinary_user_s_token_reads_what_it_may() -> None:
    class Strict(Fake):
        async def take(self, socket, message):
            if message["type"].startswith("homeassistant/"):
                await self.fail(socket, message["id"], "unauthorized", "Unauthorized")
            else:
                await super().take(socket, message)

    faults: list = []
    async with Strict().serving() as fake, session_to(fake) as session:
        found = await reading.registries(session, "", lambda kind, reason: faults.append((kind, reason)))
        assert (found.exposed, found.expose_new) == (frozenset(), False)
        assert faults[0][0] == "not an administrator"
