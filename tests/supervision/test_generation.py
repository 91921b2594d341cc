"""One process from Configure to its end: every end is one `Ended`, and the first cause wins."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from appliance.config.model import Limits, Supervision
from appliance.supervision import child as children
from appliance.supervision.child import Child
from appliance.supervision.generation import Ended, Generation
from appliance.supervision.layout import python_command
from appliance.supervision.link import LinkEnd, Rate
from appliance.supervision.spec import StageSpec
from appliance.wire import messages
from tests.supervision.running import PATIENCE_SECONDS, QUICK, open_descriptors, spec

AUDIO = messages.Audio(0, 80, b"\0" * 320)
RATE = Rate(QUICK.max_messages_per_second, QUICK.max_bytes_per_second)
CONFIGURE_AND = "import socket, sys, time\nsock = socket.socket(fileno=int(sys.argv[-1]))\nsock.recv(99999)\n"


class Living:
    """A generation that runs, and what it reported."""

    def __init__(self, stage: StageSpec, policy: Supervision) -> None:
        self.ready: list[messages.Ready] = []
        self.messages: list[messages.Message] = []
        self.generation = Generation(stage, policy, self.ready.append, self.messages.append)
        self.child: Child = children.spawn(stage, "nothing", None, RATE, self.generation)
        self.task = asyncio.create_task(self.generation.run(self.child))

    async def until(self, predicate) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not predicate():
                await asyncio.sleep(0.005)

    async def until_ready(self) -> None:
        await self.until(lambda: self.ready)

    async def ended(self) -> Ended:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.task


@asynccontextmanager
async def living(stage: StageSpec, **policy: float) -> AsyncIterator[Living]:
    before = open_descriptors()
    now = Living(stage, msgspec.structs.replace(QUICK, **policy))
    try:
        yield now
    finally:
        now.generation.stop()
        await now.ended()
        await now.child.destroy()
    assert open_descriptors() <= before


def speaking(*said: messages.Message, then: str = "time.sleep(60)") -> StageSpec:
    """A stage that takes Configure, says these and goes on with `then`."""
    packets = [messages.encode(message) for message in said]
    code = f"{CONFIGURE_AND}for packet in {packets!r}: sock.send(packet)\n{then}"
    return spec(command=(*python_command(), "-c", code))


READY = messages.Ready("test", 1.0)


def test_a_life_from_ready_to_stop() -> None:
    async def scenario() -> None:
        async with living(spec()) as now:
            assert not now.generation.is_ready
            assert now.generation.ready_seconds() == 0.0
            await now.until_ready()
            assert now.generation.is_ready
            assert now.ready[0].detail == "behaves: "
            now.child.link.send(AUDIO)
            await now.until(lambda: now.messages)
            assert now.messages == [messages.WakeHeard("word", 1.0, 80)]
            assert now.generation.ready_seconds() > 0
            now.generation.stop()
            assert await now.ended() == Ended("asked")
            assert not now.generation.is_ready
            assert await now.child.gone(PATIENCE_SECONDS)
            assert now.child.exit_text() == "ended with exit status 0", "it stopped by itself"

    asyncio.run(scenario())


def test_one_that_still_loads_is_not_asked() -> None:
    async def scenario() -> None:
        async with living(spec("is slow")) as now:
            now.generation.stop()
            assert await now.ended() == Ended("asked")

    asyncio.run(scenario())


def test_one_that_does_not_listen_had_to_be_killed() -> None:
    async def scenario() -> None:
        async with living(speaking(READY), stop_seconds=0.1, heartbeat_limit_seconds=30.0) as now:
            await now.until_ready()
            now.generation.stop()
            assert await now.ended() == Ended("asked", "had to be killed")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("failed", "ended"),
    [
        (messages.Failed("no model", "fetch it", missing=True), Ended("missing", "no model", "fetch it")),
        (messages.Failed("a\nb\x1b[2J", "c\0d"), Ended("failed", "a b [2J", "c d")),
    ],
)
def test_what_it_says_of_its_own_end_is_kept_and_clean(failed: messages.Failed, ended: Ended) -> None:
    async def scenario() -> None:
        async with living(speaking(failed, then="sys.exit(9)")) as now:
            assert await now.ended() == ended, "the first cause wins over the exit status"

    asyncio.run(scenario())


def test_the_end_of_the_process_says_more_than_the_end_of_its_socket() -> None:
    async def scenario() -> None:
        then = "sock.close(); print('out of paper', file=sys.stderr); sys.exit(4)"
        async with living(speaking(READY, then=then)) as now:
            assert await now.ended() == Ended("failed", "ended with exit status 4: out of paper")

    asyncio.run(scenario())


def test_a_socket_that_ends_alone_is_an_end() -> None:
    async def scenario() -> None:
        async with living(speaking(READY, then="sock.close(); time.sleep(60)")) as now:
            assert await now.ended() == Ended("failed", "closed its socket")

    asyncio.run(scenario())


def test_what_ends_a_link_is_named() -> None:
    async def scenario() -> None:
        async with living(speaking(READY, then="sock.send(b'garbage'); time.sleep(60)")) as now:
            ended = await now.ended()
            assert (ended.kind, ended.text.endswith("(malformed)")) == ("failed", True)

    asyncio.run(scenario())


def test_after_it_was_asked_no_end_is_a_failure() -> None:
    async def scenario() -> None:
        async with living(speaking(READY, then="sock.recv(99); sys.exit(5)"), heartbeat_seconds=60.0) as now:
            await now.until_ready()
            now.generation.stop()
            assert await now.ended() == Ended("asked")
            now.generation.link_ended(LinkEnd("gone", "again"))
            now.generation.heard(messages.Failed("late"))
            assert now.task.result() == Ended("asked")

    asyncio.run(scenario())


def test_notes_go_to_the_log_at_their_level_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    levels = ("debug", "info", "warning", "error")

    async def scenario() -> list[messages.Message]:
        notes = [messages.Note(level, f"a {level}\n\x1b[31m {'x' * 1_000}") for level in levels]
        async with living(speaking(*notes, READY)) as now:
            await now.until_ready()
            return now.messages

    with caplog.at_level(logging.DEBUG, "appliance.supervision.generation"):
        assert asyncio.run(scenario()) == []
    found = [(record.levelname.lower(), record.message) for record in caplog.records]
    assert [level for level, _ in found] == list(levels)
    assert all(text.startswith(f"stage wake: a {level}  [31m xxx") for level, text in found)
    assert max(len(text) for _, text in found) < 450


def test_a_supervisor_that_itself_stood_still_blames_nobody() -> None:
    async def scenario() -> None:
        async with living(spec(), heartbeat_seconds=0.05, heartbeat_limit_seconds=0.6) as now:
            await now.until_ready()
            time.sleep(1.0)  # noqa: ASYNC251 the loop stands still
            for _ in range(10):
                await asyncio.sleep(0.05)
            assert now.generation.is_ready

    asyncio.run(scenario())


def test_one_that_stands_still_is_blamed() -> None:
    async def scenario() -> None:
        async with living(spec(), heartbeat_seconds=0.05, heartbeat_limit_seconds=0.3) as now:
            await now.until_ready()
            os.kill(now.child.pid, signal.SIGSTOP)
            assert await now.ended() == Ended("failed", "did not answer its heartbeat for 0.3 s")

    asyncio.run(scenario())


THREADS = "import threading\nfor _ in range(12): threading.Thread(target=time.sleep, args=(60,)).start()"
MEMORY = "kept = bytearray(40_000_000)\nkept[::4096] = b'x' * len(kept[::4096])\ntime.sleep(60)"


@pytest.mark.parametrize(
    ("then", "text", "hint"),
    [
        (THREADS, r"ran \d+ processes and threads, its limit is 4", ""),
        (
            MEMORY,
            r"used \d+ MB of memory, its limit is 32 MB",
            r"raise limits\.wake\.memory_max_mb above 32.*",
        ),
    ],
)
def test_limits_that_the_kernel_does_not_keep_are_looked_after(then: str, text: str, hint: str) -> None:
    # Above `pids_max` and before it is a storm there is room for the sandbox's own processes.
    limits = Limits(memory_max_mb=32, memory_high_mb=32, pids_max=4)

    async def scenario() -> Ended:
        stage = msgspec.structs.replace(speaking(READY, then=then), limits=limits)
        async with living(stage, heartbeat_limit_seconds=30.0) as now:
            return await now.ended()

    ended = asyncio.run(scenario())
    assert ended.kind == "failed"
    assert re.fullmatch(text, ended.text), ended
    assert re.fullmatch(hint, ended.hint), ended
