"""The adapter against a server that misbehaves: nothing hangs, nothing raises, nothing is done twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import serve

from appliance.config.model import Home, HomeAssistant
from appliance.home.hass.home import HassHome
from appliance.wire.messages import Deed
from tests.home.harness import until
from tests.home.hass.fake import TOKEN, Fake, entity

HOME = Home(deed_deadline_seconds=5.0)
QUICK = {
    "connect_seconds": 1.0,
    "answer_seconds": 1.0,
    "reconnect_min_seconds": 0.05,
    "reconnect_max_seconds": 0.1,
    "settle_seconds": 0.05,
    "token": TOKEN,
}
LAMP, BELL = "light.a", "button.b"


@contextlib.asynccontextmanager
async def connected(url: str, **changed) -> AsyncIterator[HassHome]:
    changes: list[int] = []
    told: list[int] = []
    home = HassHome(
        HomeAssistant(url=url, **(QUICK | changed)),
        HOME,
        on_change=lambda: changes.append(1),
        on_state=lambda: told.append(1),
    )
    home.changes, home.told = changes, told
    home.start()
    try:
        await home.settle(10)
        yield home
    finally:
        await home.stop()


def state(home: HassHome, entity_id: str = LAMP) -> str | None:
    found = home.house().entity(entity_id)
    return found.state if found else None


def url_of(server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def on(home: HassHome, seconds: float | None = None):
    (result,) = await home.perform(Deed("light", "turn_on", (LAMP,)), seconds)
    return result


async def test_it_reads_follows_and_acts() -> None:
    async with Fake().serving() as fake, connected(fake.url) as home:
        assert [(each.id, each.name, each.area, each.state) for each in home.house().entities] == [
            (BELL, "Bell", None, "unknown"),
            (LAMP, "Lamp", "hall", "off"),
        ]
        assert home.changes == [1]
        done = await on(home)
        assert (done.outcome, done.confirmed, done.before, done.after) == ("done", True, "off", "on")
        assert (await on(home)).outcome == "already"
        (pressed,) = await home.perform(Deed("button", "press", (BELL,)))
        assert (pressed.outcome, pressed.done, pressed.confirmed) == ("done", True, False)
        await until(lambda: home.told)
        assert home.changes == [1]


async def test_another_house_is_told_and_the_same_is_not() -> None:
    async with Fake().serving() as fake, connected(fake.url) as home:
        asked = len(fake.asked)
        await fake.announce("area_registry_updated")
        await until(lambda: len(fake.asked) > asked + 5)
        fake.results["config/area_registry/list"][0]["name"] = "Corridor"
        await fake.announce("area_registry_updated")
        await until(lambda: home.house().areas[0].name == "Corridor")
        assert home.changes == [1, 1]
        fake.results["config/entity_registry/list"].append(entity("light.c"))
        fake.states["light.c"] = {"s": "on", "a": {}}
        await fake.announce("entity_registry_updated")
        await until(lambda: state(home, "light.c") == "on")
        fake.results["config/entity_registry/list"].clear()
        await fake.announce("entity_registry_updated")
        await until(lambda: len(home.house().entities) == 0)


async def test_many_changes_are_read_once() -> None:
    async with Fake().serving() as fake, connected(fake.url) as home:
        before = sum(message["type"] == "get_config" for message in fake.asked)
        for _ in range(20):
            await fake.announce("entity_registry_updated")
        await until(lambda: sum(message["type"] == "get_config" for message in fake.asked) > before)
        await fake.change(next(iter(fake.sockets)), LAMP, "on")
        await until(lambda: state(home) == "on")
        assert sum(message["type"] == "get_config" for message in fake.asked) <= before + 2


async def test_a_lost_connection_comes_back_and_the_truth_with_it() -> None:
    async with Fake().serving() as fake, connected(fake.url) as home:
        for wanted in ("on", "off", "on"):
            fake.states[LAMP]["s"] = wanted
            await fake.drop()
            await until(lambda: state(home) == wanted)  # noqa: B023
        assert home.changes == [1]


async def test_a_deed_whose_connection_is_lost_is_uncertain_and_not_done_again() -> None:
    class Forgetful(Fake):
        async def serve_call(self, socket, message):
            del message
            socket.transport.abort()

    async with Forgetful().serving() as fake, connected(fake.url) as home:
        result = await on(home)
        assert (result.outcome, result.done) == ("uncertain", False)
        assert "may have done it" in result.reason
        await until(lambda: home.connection.connected and fake.logins > 1)
        await fake.announce("area_registry_updated")
        assert len(fake.calls) == 1


async def test_who_answers_without_doing_it_is_silent_and_who_never_answers_too() -> None:
    class Liar(Fake):
        answers = True

        async def serve_call(self, socket, message):
            if self.answers:
                await self.answer(socket, message["id"])

    async with Liar().serving() as fake, connected(fake.url) as home:
        assert (await on(home, 0.1)).outcome == "silent"
        fake.answers = False
        silent = await on(home, 0.1)
        assert (silent.outcome, silent.reason) == ("silent", "Lamp did not answer")
        fake.states[LAMP]["a"]["assumed_state"] = True
        await fake.drop()
        await until(
            lambda: home.connection.connected and home.house().entity(LAMP).attributes.get("assumed_state")
        )
        fake.answers = True
        sent = await on(home, 0.1)
        assert (sent.outcome, sent.done, sent.confirmed) == ("sent", True, False)


async def test_its_state_counts_before_the_answer_and_after_it() -> None:
    class Slow(Fake):
        async def serve_call(self, socket, message):
            await self.answer(socket, message["id"])
            await asyncio.sleep(0.05)
            await self.change(socket, LAMP, "on")

    class Mute(Fake):
        async def serve_call(self, socket, message):
            del message
            await self.change(socket, LAMP, "on")

    for kind in (Slow, Mute):
        async with kind().serving() as fake, connected(fake.url) as home:
            assert (await on(home)).outcome == "done"


async def test_a_device_that_goes_away_meanwhile_is_unavailable() -> None:
    class Dying(Fake):
        async def serve_call(self, socket, message):
            await self.change(socket, LAMP, "unavailable")
            await self.answer(socket, message["id"])

    async with Dying().serving() as fake, connected(fake.url) as home:
        result = await on(home)
        assert (result.outcome, result.reason) == ("unavailable", "Lamp is not available")
        assert (await on(home)).outcome == "unavailable"
        assert len(fake.calls) == 1


async def test_its_own_words_become_a_reason() -> None:
    class Refusing(Fake):
        async def serve_call(self, socket, message):
            await self.fail(
                socket, message["id"], "home_assistant_error", "The bulb of light.a is broken. Buy one."
            )

    async with Refusing().serving() as fake, connected(fake.url) as home:
        result = await on(home)
        assert (result.outcome, result.done) == ("refused", False)
        assert result.reason == "Lamp was refused by Home Assistant: The bulb of it is broken"


async def test_what_is_not_opened_by_voice_is_not_even_asked_for() -> None:
    async with Fake().serving() as fake:
        fake.results["config/entity_registry/list"].append(entity("lock.door"))
        fake.results["get_services"]["lock"] = {"lock": {}, "unlock": {}}
        fake.states["lock.door"] = {"s": "locked", "a": {"friendly_name": "Front door"}}
        async with connected(fake.url) as home:
            (refused,) = await home.perform(Deed("lock", "unlock", ("lock.door",)))
            assert (refused.outcome, refused.done, fake.calls) == ("refused", False, [])
            assert refused.reason.startswith("Front door is a lock")
            (allowed,) = await home.perform(Deed("lock", "lock", ("lock.door",)))
            assert (allowed.outcome, len(fake.calls)) == ("already", 1)


async def test_a_wrong_token_is_not_tried_again_and_never_written_down(caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        async with Fake().serving() as fake, connected(fake.url, token="the-wrong-token") as home:
            assert "does not accept the token" in home.connection.reason
            await asyncio.sleep(0.4)
            assert fake.logins == 1
            assert "the-wrong-token" not in json.dumps(home.status())
    assert "the-wrong-token" not in caplog.text


@pytest.mark.parametrize(
    "greeting",
    [b"\xff\xfe", "hello", "[]", '{"type":"hello"}', '{"type":' + '"x"' * 5_000, '[{"type":"auth_ok"}' * 3],
)
async def test_what_does_not_greet_like_home_assistant_is_said_so(greeting) -> None:
    async def talk(socket):
        await socket.send(greeting)
        await socket.wait_closed()

    async with serve(talk, "127.0.0.1", 0, close_timeout=0.2) as server, connected(url_of(server)) as home:
        assert not home.connection.connected
        assert home.connection.reason
        assert "check home_assistant.url" in home.connection.hint


async def test_a_server_that_says_nothing_is_given_up(unused_tcp_port) -> None:
    async def talk(socket):
        await socket.wait_closed()

    async with serve(talk, "127.0.0.1", 0, close_timeout=0.2) as server:  # noqa: SIM117 - one line is too short
        async with connected(url_of(server), connect_seconds=0.2) as home:
            assert "does not answer" in home.connection.reason
    async with connected(f"http://127.0.0.1:{unused_tcp_port}") as home:
        assert "nothing listens" in home.connection.reason


async def test_a_web_server_is_no_home_assistant_and_a_redirection_is_not_followed() -> None:
    elsewhere = Fake()

    def answer(connection, _request):
        response = connection.respond(302, "")
        response.headers["Location"] = f"ws://127.0.0.1:{elsewhere.port}/api/websocket"
        return response

    redirecting = serve(elsewhere.talk, "127.0.0.1", 0, process_request=answer)
    async with elsewhere.serving(), redirecting as server, connected(url_of(server)) as home:
        assert "no Home Assistant (HTTP 302)" in home.connection.reason
    assert elsewhere.logins == 0


async def test_a_lie_in_the_middle_is_counted_and_survived() -> None:
    async with Fake().serving() as fake, connected(fake.url) as home:
        (socket,) = fake.sockets
        for lie in (
            "{",
            "7",
            b"\xff",
            '{"type":"event","id":"x"}',
            '{"type":"result","id":999,"success":true}',
        ):
            await socket.send(lie)
        for event in (7, {"a": []}, {"c": {LAMP: 7}}, {"a": {LAMP: {"s": 5}}}):
            await fake.say(socket, id=fake.state_number, type="event", event=event)
        await fake.change(socket, LAMP, "on")
        await until(lambda: state(home) == "on")
        assert home.faults["message"] == 4
        assert home.faults["states"] == 4
        assert home.connection.connected


@pytest.mark.parametrize(
    ("kind", "lie"),
    [
        ("config/entity_registry/list", {}),
        ("config/area_registry/list", "none"),
        ("get_config", []),
        ("get_services", 7),
        ("homeassistant/expose_entity/list", []),
    ],
)
async def test_registries_that_are_none_are_no_house_and_are_asked_for_again(kind: str, lie) -> None:
    async with Fake().serving() as fake:
        truth, fake.results[kind] = fake.results[kind], lie
        async with connected(fake.url) as home:
            assert not home.connection.connected
            fake.results[kind] = truth
            await until(lambda: home.connection.connected)
            assert state(home) == "off"


async def test_rows_that_do_not_fit_are_counted_and_the_others_shown() -> None:
    async with Fake().serving() as fake:
        fake.results["config/entity_registry/list"] += [7, {"entity_id": 5}, {"platform": "x"}]
        async with connected(fake.url) as home:
            assert state(home) == "off"
            assert home.faults["row"] == 1


async def test_a_command_that_is_never_answered_ends_the_attempt() -> None:
    class Half(Fake):
        silent = True

        async def take(self, socket, message):
            if not self.silent or message["type"] != "config/entity_registry/list":
                await super().take(socket, message)

    async with Half().serving() as fake, connected(fake.url, answer_seconds=0.2) as home:
        assert "does not answer" in home.connection.reason
        fake.silent = False
        await until(lambda: home.connection.connected)


async def test_an_old_version_is_said_so() -> None:
    async with Fake().serving() as fake:
        del fake.results["config/floor_registry/list"]
        async with connected(fake.url) as home:
            assert not home.connection.connected
            assert "2024.4" in home.connection.hint


async def test_while_it_starts_what_was_known_stays() -> None:
    async with Fake().serving() as fake, connected(fake.url) as home:
        fake.results["get_config"]["state"] = "STARTING"
        lamp = fake.states.pop(LAMP)
        await fake.drop()
        await until(lambda: home.connection.connected and fake.logins > 1)
        assert (state(home), home.house().entity(LAMP).name) == ("unavailable", "Lamp")
        assert (await on(home)).outcome == "unavailable"
        fake.states[LAMP] = lamp
        fake.results["get_config"]["state"] = "RUNNING"
        await until(lambda: state(home) == "off")
        assert home.changes == [1]


async def test_too_many_entities_are_left_out() -> None:
    async with Fake().serving() as fake, connected(fake.url, max_entities=1) as home:
        assert len(home) == 1
        assert home.faults["too many"] == 1


async def test_a_bad_configuration_is_said_and_tried_again(tmp_path) -> None:
    file = tmp_path / "token"
    async with Fake().serving() as fake, connected(fake.url, token="", token_file=str(file)) as home:
        assert str(file) in home.connection.reason
        file.write_text(TOKEN)
        file.chmod(0o600)
        await until(lambda: home.connection.connected)


async def test_a_slow_flood_of_events_keeps_no_one_waiting() -> None:
    async with Fake().serving() as fake, connected(fake.url) as home:
        (socket,) = fake.sockets
        for number in range(2_000):
            await fake.change(socket, LAMP, "on" if number % 2 else "off")
        await until(lambda: state(home) == "on")
        assert (await on(home)).outcome in {"already", "done"}  # the last events may still be on their way
