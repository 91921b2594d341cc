"""Publishing and subscribing before there is a connection; the client proves the rest on a broker."""

from __future__ import annotations

import asyncio
import logging

import pytest

from appliance.mqtt.address import NEVER, Connection
from appliance.mqtt.exchange import MAX_OUTBOX_BYTES, Exchange
from appliance.mqtt.outbox import Sent

UP = Connection(connected=True)
DOWN = Connection(False, "nothing listens", "start it")


def test_a_message_waits_as_it_was_given_and_its_sender_hears_of_the_end():
    async def play():
        exchange = Exchange(10)
        sending = asyncio.create_task(exchange.publish("a", "é", 1, retain=True))
        await asyncio.sleep(0)
        item = exchange._outbox.take(0.0)
        assert (item.topic, item.payload, item.qos, item.retain) == ("a", "é".encode(), 1, True)
        assert exchange._to_send.is_set()
        assert not sending.done()
        item.done(Sent.SENT)
        assert await sending is Sent.SENT
        item.done(Sent.UNCERTAIN)

    asyncio.run(play())


def test_one_that_expires_unsent_is_never_sent():
    async def play():
        exchange = Exchange(10)
        assert await exchange.publish("a", b"x", expires_seconds=0.01) is Sent.EXPIRED
        assert exchange._outbox.take(0.0) is None
        assert exchange.dropped["sent_expired"] == 1

    asyncio.run(play())


def test_one_that_is_on_its_way_when_its_time_is_over_is_uncertain():
    async def play():
        exchange = Exchange(10)
        sending = asyncio.create_task(exchange.publish("a", b"x", expires_seconds=0.05))
        await asyncio.sleep(0)
        item = exchange._outbox.take(0.0)
        assert await sending is Sent.UNCERTAIN
        item.done(Sent.SENT)
        assert exchange.dropped["sent_expired"] == 0

    asyncio.run(play())


def test_expiry_is_on_the_clock_that_was_given():
    async def play():
        now = [100.0]
        exchange = Exchange(10, clock=lambda: now[0])
        sending = asyncio.create_task(exchange.publish("a", b"x", expires_seconds=60.0))
        await asyncio.sleep(0)
        assert exchange._outbox.take(159.9).expires_at == 160.0
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    asyncio.run(play())


def test_a_sender_who_gives_up_takes_the_message_along():
    async def play():
        exchange = Exchange(1)
        sending = asyncio.create_task(exchange.publish("a", b"x"))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        exchange.post("b", b"y")
        assert exchange._outbox.take(0.0).topic == "b"

    asyncio.run(play())


def test_what_waits_is_bounded_in_number_and_bytes():
    async def play():
        few, large = Exchange(2), Exchange(1_000)
        for _ in range(3):
            few.post("a", b"")
        large.post("a", bytes(MAX_OUTBOX_BYTES))
        large.post("a", b"x")
        assert few.dropped["sent_dropped"] == large.dropped["sent_dropped"] == 1
        assert await large.publish("a", b"x") is Sent.DROPPED

    asyncio.run(play())


def test_every_loss_is_told_apart():
    async def play():
        exchange = Exchange(1)
        exchange.counts.too_big, exchange.counts.dropped = 2, 3
        exchange.post("a", b"")
        exchange.post("a", b"")
        assert exchange.dropped == {
            "received_too_big": 2, "received_dropped": 3, "sent_dropped": 1, "sent_expired": 0
        }  # fmt: skip

    asyncio.run(play())


def test_listeners_hear_of_changes_only_and_the_log_knows_the_remedy(caplog):
    async def play():
        exchange, heard = Exchange(1), []
        exchange.on_connection(heard.append)
        assert exchange.connection == NEVER
        for connection in (DOWN, DOWN, UP, UP, DOWN):
            exchange._set(connection)
        assert heard == [DOWN, UP, DOWN]

    with caplog.at_level(logging.INFO):
        asyncio.run(play())
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "MQTT: nothing listens; start it"),
        ("INFO", "MQTT: connected"),
        ("WARNING", "MQTT: nothing listens; start it"),
    ]


def test_waiting_for_a_connection_ends_with_it_or_with_the_time():
    async def play():
        exchange = Exchange(1)
        assert not await exchange.wait_connected(0.01)
        waiting = asyncio.create_task(exchange.wait_connected(10))
        await asyncio.sleep(0)
        exchange._set(UP)
        assert await waiting
        exchange._set(DOWN)
        assert not exchange.connected
        assert not await exchange.wait_connected(0.01)

    asyncio.run(play())


def test_filters_that_changed_are_asked_for_once():
    async def play():
        exchange = Exchange(1)
        with pytest.raises(ValueError, match="no topic filter"):
            exchange.subscribe("a/#/b", print)
        assert not exchange._to_subscribe
        exchange.subscribe("a", print)
        exchange.subscribe("a", repr)
        exchange.subscribe("b", print)
        assert list(exchange._to_subscribe) == ["a", "b"]
        exchange._to_subscribe.clear()
        exchange.unsubscribe("a", print)
        exchange.unsubscribe("never", print)
        assert not exchange._to_subscribe, "someone still wants it"
        exchange.unsubscribe("a", repr)
        assert list(exchange._to_subscribe) == ["a"]

    asyncio.run(play())
