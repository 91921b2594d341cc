"""The client against a real broker."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys

import pytest

from appliance.config.model import Mqtt
from appliance.mqtt.address import Address
from appliance.mqtt.client import probe
from appliance.mqtt.outbox import Sent
from tests.home.harness import running, until


def collector():
    heard = []
    return heard, lambda topic, payload, retained: heard.append((topic, payload, retained))


def test_publish_reaches_subscribers_and_retained_comes_first(broker):
    async def play():
        async with running(broker.address(), "a") as one:
            assert await one.publish("t/old", "kept", 1, retain=True) is Sent.SENT
            heard, handler = collector()
            async with running(broker.address(), "b") as two:
                two.subscribe("t/#", handler)
                assert await two.wait_connected(5)
                await until(lambda: heard)
                assert await one.publish("t/new", b"now", 0) is Sent.SENT
                await until(lambda: len(heard) == 2)
        assert heard == [("t/old", b"kept", True), ("t/new", b"now", False)]

    asyncio.run(play())


def test_a_later_subscription_a_second_listener_and_leaving(broker):
    async def play():
        async with running(broker.address()) as client:
            await client.publish("a", "1", 1, retain=True)
            first, handler1 = collector()
            second, handler2 = collector()
            client.subscribe("a", handler1)
            await until(lambda: first)
            client.subscribe("a", handler2)
            await until(lambda: second)
            client.unsubscribe("a", handler1)
            client.unsubscribe("a", handler2)
            again, handler3 = collector()
            client.subscribe("b", handler3)
            await client.publish("a", "2", 1)
            await client.publish("b", "end", 1)
            await until(lambda: again)
        assert (b"2" not in {payload for _, payload, _ in first + second}) is True

    asyncio.run(play())


def test_a_handler_that_fails_costs_no_one_the_connection(broker, caplog):
    def broken(*_):
        raise RuntimeError("on purpose")

    async def play():
        async with running(broker.address()) as client:
            heard, handler = collector()
            client.subscribe("x", broken)
            client.subscribe("x", handler)
            assert await client.wait_connected(5)
            await client.publish("x", "1")
            await until(lambda: heard)
            assert client.connections == 1

    asyncio.run(play())
    assert "on purpose" in caplog.text


def test_the_broker_goes_and_comes_back(broker):
    async def play():
        async with running(broker.address(), status_topic="me/status") as client:
            heard, handler = collector()
            client.subscribe("x", handler)
            assert await client.wait_connected(5)
            broker.kill()
            await until(lambda: "nothing listens" in client.connection.reason)
            assert f"mosquitto -p {broker.port}" in client.connection.hint
            assert await client.publish("x", "too late", 1, expires_seconds=0.05) is Sent.EXPIRED
            waiting = asyncio.create_task(client.publish("x", "in time", 1, expires_seconds=15))
            broker.start()
            assert await waiting is Sent.SENT
            await until(lambda: heard)
            assert [payload for _, payload, _ in heard] == [b"in time"]
            assert client.dropped["sent_expired"] == 1
            assert client.connections == 2

    asyncio.run(play())


def test_while_there_is_no_broker_only_so_much_waits():
    async def play():
        with socket.socket() as silent:  # bound, never listening: refuses
            silent.bind(("127.0.0.1", 0))
            address = Address("127.0.0.1", silent.getsockname()[1])
            settings = Mqtt(max_waiting=3, reconnect_min_seconds=0.05)
            async with running(address, settings=settings) as client:
                for _ in range(5):
                    client.post("x", "y")
                assert client.dropped["sent_dropped"] == 2
                assert await client.publish("x", "y") is Sent.DROPPED

    asyncio.run(play())


def test_a_caller_who_gives_up_leaves_nothing_behind(broker):
    async def play():
        broker.kill()
        async with running(broker.address()) as client:
            giving_up = asyncio.create_task(client.publish("x", "never"))
            await asyncio.sleep(0)
            giving_up.cancel()
            await asyncio.gather(giving_up, return_exceptions=True)
            heard, handler = collector()
            client.subscribe("x", handler)
            broker.start()
            assert await client.publish("x", "after", 1) is Sent.SENT
            await until(lambda: heard)
            assert [payload for _, payload, _ in heard] == [b"after"]

    asyncio.run(play())


@pytest.mark.parametrize(
    ("change", "reason", "hint"),
    [
        ({"password": "hunter2"}, "wrong name or password", "mqtt.password"),
        ({"username": ""}, "refuses someone without a name", "mqtt.username"),
        ({"host": "no-such-host.invalid"}, "there is no host", "mqtt.host"),
        ({"tls": True}, "TLS", "mqtt.tls"),
        ({"tls": True, "tls_ca_file": "/nonexistent/ca.pem"}, "/nonexistent/ca.pem", "mqtt.tls_ca_file"),
    ],
)
def test_every_refusal_has_its_sentence_and_is_tried_again(broker, caplog, change, reason, hint):
    good = broker.address()
    fields = {name: getattr(good, name) for name in good.__struct_fields__}
    address = Address(**{**fields, **change})

    async def play():
        async with running(address) as client:
            await until(lambda: reason in client.connection.reason)
            assert hint in client.connection.hint
            assert not await client.wait_connected(0.01)
        assert reason in (await probe(address)).reason

    caplog.set_level(logging.DEBUG)
    asyncio.run(play())
    assert address.password not in caplog.text


def test_a_broker_that_never_answers_is_given_up_and_named():
    async def play():
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = Address("127.0.0.1", silent.getsockname()[1])
            async with running(address, settings=Mqtt(connect_seconds=0.2)) as client:
                await until(lambda: "does not answer" in client.connection.reason)

    asyncio.run(play())


def test_probe_of_a_good_broker(broker):
    assert asyncio.run(probe(broker.address())).connected


def test_payloads_above_the_limit_never_arrive(broker):
    async def play():
        async with running(broker.address(), "small", settings=Mqtt(max_payload_bytes=2_000)) as small:
            heard, handler = collector()
            small.subscribe("x", handler)
            assert await small.wait_connected(5)
            async with running(broker.address(), "big") as big:
                for size in (200_000, 3_000, 1_999):
                    await big.publish("x", b"y" * size, 1)
                await until(lambda: heard)
            assert [len(payload) for _, payload, _ in heard] == [1_999]
            assert small.connections == 1

    asyncio.run(play())


def test_the_status_topic_tells_of_every_end(broker):
    async def play():
        heard, handler = collector()
        async with running(broker.address(), "watcher") as watcher:
            watcher.subscribe("me/status", handler)
            assert await watcher.wait_connected(5)
            async with running(broker.address(), "me", status_topic="me/status"):
                await until(lambda: (("me/status", b"online", False)) in heard)
            await until(lambda: heard[-1][1] == b"offline")

    asyncio.run(play())


def test_a_thousand_subscriptions_survive_a_reconnection(broker):
    async def play():
        async with running(broker.address()) as client:
            heard, handler = collector()
            for number in range(1_000):
                client.subscribe(f"many/{number}", handler)
            assert await client.wait_connected(10)
            broker.kill()
            await until(lambda: not client.connected)
            broker.start()
            assert await client.wait_connected(10)
            for number in range(0, 1_000, 100):
                await client.publish(f"many/{number}", "x", 1)
            await until(lambda: len(heard) == 10)

    asyncio.run(play())


def test_two_clients_of_one_name_are_told_apart_in_words(broker):
    async def play():
        async with running(broker.address(), "same") as one:
            assert await one.wait_connected(5)
            said = []
            one.on_connection(said.append)
            async with running(broker.address(), "same"):
                await until(lambda: any("mqtt.client_id" in connection.hint for connection in said))

    asyncio.run(play())


def test_the_client_needs_no_more_than_paho():
    heavy = "numpy, onnxruntime, vosk, piper, llama_cpp, hassil, sounddevice, jinja2"
    program = f"""
import sys
import appliance.mqtt.client, appliance.home.mqtt_devices, appliance.home.broker, appliance.home.simulated
print(*(name for name in "{heavy}".split(", ") if name in sys.modules))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "", "")
