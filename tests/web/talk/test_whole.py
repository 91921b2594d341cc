"""Talks with a whole appliance, by a client that speaks the protocol of docs/talk-protocol.md."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from appliance.audio import pcm
from appliance.calls.server import MAX_CALLS
from appliance.demonstration import PAUSE_MS, WAKE_SPEECH, speak
from appliance.web.talk import line, wire
from tests.hearing import SILENCE
from tests.web.talk.client import SECONDS, Talker, talking
from tests.web.talk.conftest import Home

COMMAND = "turn on the kitchen light"
SAID = speak(COMMAND)
PAUSE = PAUSE_MS * pcm.BYTES_PER_MS
MOST_BACK = wire.MAX_BACK_MS * pcm.BYTES_PER_MS


def talk(home: Home, **hello: Any) -> Any:
    return talking(home.url, home.secret, **hello)


async def test_a_spoken_command_is_heard_done_and_answered_aloud(home: Home) -> None:
    async with talk(home) as talker:
        await talker.say("press")
        await talker.sound(SAID + SILENCE + SILENCE, pace=0.5)
        done = await talker.play()
        await talker.until(lambda told: told["type"] == "state")
    assert done["data"]["outcome"] == "answered"
    assert talker.notes("partial")
    assert talker.notes("transcript")[0]["text"] == COMMAND
    assert talker.notes("deed")[0]["confirmed"]
    assert talker.notes("first_audio")[0]["speech_end_ms"] > 0
    assert pcm.rms(b"".join(piece.pcm for piece in talker.speech)) > 0.02
    phases = [told["phase"] for told in talker.told if told["type"] == "state"]
    assert list(dict.fromkeys(phases)) == ["listening", "thinking", "speaking", "idle"]


async def test_what_was_said_before_the_press_is_heard_too(home: Home) -> None:
    async with talk(home) as talker:
        before, after = SAID[:MOST_BACK], SAID[MOST_BACK:]
        assert pcm.rms(before) > 0.01
        await talker.sound(before, pace=1.0)
        await talker.say("press", back_ms=1_000)
        talker.clock_ms -= 1_000
        await talker.sound(before + after + SILENCE + SILENCE, pace=0.5)
        await talker.note("transcript")
        await talker.say("hush")
    assert talker.notes("transcript")[0]["text"] == COMMAND


async def test_a_released_button_ends_the_sentence(home: Home) -> None:
    async with talk(home) as talker:
        await talker.say("press")
        await talker.sound(SAID[:-PAUSE], pace=0.5)
        await talker.say("release")
        assert (await talker.note("transcript"))["data"]["text"] == COMMAND
        await talker.say("hush")


async def test_who_types_is_answered_in_words_alone(home: Home) -> None:
    async with talk(home, mode="text") as talker:
        await talker.say("text", text="what time is it", id=7)
        assert (await talker.kind("begun"))["id"] == 7
        assert (await talker.note("done"))["data"]["outcome"] == "answered"
    assert talker.notes("reply")
    assert not talker.speech


async def test_a_press_ends_the_answer_at_once_and_listens(home: Home) -> None:
    async with talk(home) as talker:
        await talker.say("text", text="what time is it")
        end = await talker.kind("end")
        await talker.say("playing", turn=end["turn"])
        await talker.until(lambda told: told["type"] == "state" and told["phase"] == "speaking")
        await talker.say("press")
        assert (await talker.kind("cancel"))["turn"] == end["turn"]
        listening = await talker.until(lambda told: told["type"] == "state" and told["phase"] == "listening")
        assert listening["turn"] > end["turn"]
        await talker.say("hush")
        await talker.until(lambda told: told["type"] == "state" and told["phase"] == "idle")


@pytest.mark.usefixtures("wake_models")
async def test_the_wake_word_is_heard(home: Home) -> None:
    async with talk(home, wake=True) as talker:
        assert (await talker.kind("wake"))["on"]
        await talker.sound(SILENCE + speak(f"{WAKE_SPEECH}, {COMMAND}") + SILENCE + SILENCE, pace=1.0)
        await talker.play()
    assert talker.notes("wake")[0]["word"] == "hey_jarvis"
    assert talker.notes("deed")[0]["confirmed"]


async def test_a_lost_connection_loses_nothing_of_the_answer(home: Home) -> None:
    async with talk(home) as first:
        await first.say("text", text="what time is it", id=1)
        await first.note("reply")
        first.connection.transport.abort()
    async with talk(home, token=first.welcome["token"], heard=first.heard) as second:
        assert second.welcome["resumed"]
        assert second.welcome["missed"] == 0
        assert (second.welcome["heard"], second.welcome["name"]) == (first.n, first.welcome["name"])
        assert (await second.play())["data"]["outcome"] == "answered"
    assert pcm.rms(b"".join(piece.pcm for piece in [*first.speech, *second.speech])) > 0.02


async def test_what_is_sent_again_is_taken_once(home: Home) -> None:
    async with talk(home, mode="text") as talker:
        await talker.say("text", text="what time is it", id=1)
        talker.n -= 1
        await talker.say("text", text="what time is it", id=2)
        await talker.note("done")
        await talker.say("ping", at=5)
        pong = await talker.kind("pong")
    assert [told["id"] for told in talker.told if told["type"] == "begun"] == [1]
    assert (pong["at"], pong["heard"], pong["lost"]) == (5, 2, 0)


async def test_a_newer_connection_takes_the_talk_over(home: Home) -> None:
    async with talk(home, mode="text") as first, talk(home, token=first.welcome["token"]) as second:
        with pytest.raises(ConnectionClosed) as closed:
            await first.until(lambda _: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == line.TAKEN_OVER
        await second.say("text", text="what time is it")
        await second.note("done")


async def test_after_bye_there_is_nothing_to_go_on_with(home: Home) -> None:
    async with talk(home, mode="text") as first:
        await first.say("bye")
        with pytest.raises(ConnectionClosed):
            await first.until(lambda _: False)
    async with talk(home, mode="text", token=first.welcome["token"]) as second:
        assert not second.welcome["resumed"]
        assert second.welcome["name"] != first.welcome["name"]


async def one_of_many(home: Home, all_there: asyncio.Barrier) -> str:
    headers = {"Authorization": f"Bearer {home.secret}"}
    async with connect(home.url, additional_headers=headers, proxy=None) as connection:
        talker = Talker(connection)
        welcome = await talker.hello(mode="text")
        await all_there.wait()
        if welcome["type"] == "problem":
            assert welcome["hint"]
            return "refused"
        await talker.say("text", text="what time is it")
        outcome = str((await talker.note("done"))["data"]["outcome"])
        await talker.say("bye")
        return outcome


async def test_twenty_at_once_are_answered_as_far_as_there_are_places(home: Home) -> None:
    await places_are_free(home)
    all_there = asyncio.Barrier(20)
    async with asyncio.timeout(2 * SECONDS):
        outcomes = await asyncio.gather(*(one_of_many(home, all_there) for _ in range(20)))
    assert outcomes.count("answered") == min(20, MAX_CALLS)
    assert outcomes.count("refused") == 20 - min(20, MAX_CALLS)


async def places_are_free(home: Home) -> None:
    """Until the talks of other tests are over: those that were not ended wait for their browsers."""
    kept = []
    headers = {"Authorization": f"Bearer {home.secret}"}
    for _ in range(MAX_CALLS):
        connection = await connect(home.url, additional_headers=headers, proxy=None)
        talker = Talker(connection)
        kept.append(talker)
        assert (await talker.hello(mode="text"))["type"] == "welcome"
    for talker in kept:
        await talker.say("bye")
        await talker.connection.wait_closed()


HOSTILE: list[tuple[list[str | bytes], int]] = [
    (["{}"], line.MALFORMED),
    (['{"type":"press","n":1}'], line.MALFORMED),
    ([b"\x01"], line.MALFORMED),
    (['{"type":"hello"}', '{"type":"hello"}'], line.MALFORMED),
    (['{"type":"hello"}', b"\xff" * 100], line.MALFORMED),
    (['{"type":"hello"}', "[" * 8_000], line.MALFORMED),
    (['{"type":"hello"}', " " * 9_000], line.TOO_BIG),
    (['{"type":"hello"}', bytes.fromhex("010000000100000000000000") + bytes(6_402)], line.TOO_BIG),
    (['{"type":"hello"}', *[f'{{"type":"ping","n":{n}}}' for n in range(1, 3_000)]], line.TOO_MUCH),
]


async def say_all(hostile: ClientConnection, frames: list[str | bytes]) -> None:
    async with asyncio.timeout(SECONDS):
        for frame in frames:
            await hostile.send(frame)
        while True:
            await hostile.recv()


@pytest.mark.parametrize(("frames", "code"), HOSTILE)
async def test_who_speaks_another_language_is_hung_up_on_and_nobody_else(
    home: Home, frames: list[str | bytes], code: int
) -> None:
    headers = {"Authorization": f"Bearer {home.secret}"}
    async with talk(home, mode="text") as other:
        async with connect(home.url, additional_headers=headers, proxy=None) as hostile:
            with pytest.raises(ConnectionClosed) as closed:
                await say_all(hostile, frames)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        await other.say("text", text="what time is it")
        await other.note("done")
        await other.say("bye")


async def test_sound_far_ahead_of_time_does_no_harm(home: Home) -> None:
    async with talk(home) as talker:
        await talker.say("press")
        for _ in range(300):
            talker.n += 1
            piece = wire.Audio(talker.n, talker.clock_ms, bytes(wire.MAX_PCM_BYTES))
            await talker.connection.send(wire.encode_audio(piece))
            talker.clock_ms += 200
        await talker.say("hush")
        await talker.say("text", text="what time is it")
        await talker.play()
        await talker.say("bye")


async def test_without_a_hello_nobody_is_waited_for_long(home: Home) -> None:
    headers = {"Authorization": f"Bearer {home.secret}"}
    async with connect(home.url, additional_headers=headers, proxy=None) as silent:
        async with asyncio.timeout(SECONDS):
            with pytest.raises(ConnectionClosed):
                await silent.recv()
