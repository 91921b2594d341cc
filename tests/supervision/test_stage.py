"""One stage for ever. What stages do to a supervisor is in test_supervisor; here is how one is owned."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from appliance.config.model import Supervision
from appliance.supervision.cgroup import Subtree
from appliance.supervision.ladder import Ladder
from appliance.supervision.spec import StageSpec
from appliance.supervision.stage import SupervisedStage, Surroundings
from appliance.supervision.states import State
from appliance.wire import messages
from tests.supervision.running import PATIENCE_SECONDS, QUICK, open_descriptors, spec

PLAIN = Ladder("none", "nothing")
AUDIO = messages.Audio(0, 80, b"\0" * 320)
NOWHERE = Ladder("none", "nothing", Subtree("/nonexistent/group", ()))
SLOW = msgspec.structs.replace(QUICK, backoff_min_seconds=60.0, backoff_max_seconds=60.0)


class Owner:
    """What a stage tells its owner."""

    def __init__(self, stage: StageSpec, ladder: Ladder, policy: Supervision) -> None:
        self.states: list[State] = []
        self.messages: list[messages.Message] = []
        self.background: list[asyncio.Task[None]] = []
        self.ended: list[asyncio.Task[None]] = []
        self.numbers = itertools.count(1)
        self.stage = SupervisedStage(stage, self.around(ladder, policy))

    def around(self, ladder: Ladder = PLAIN, policy: Supervision = QUICK) -> Surroundings:
        return Surroundings(
            policy=policy,
            ladder=ladder,
            numbers=self.numbers,
            on_message=lambda _, message: self.messages.append(message),
            on_state=lambda _, __, new: self.states.append(new),
            in_background=self._work,
            on_task_end=self.ended.append,
            random=lambda: 0.0,
        )

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self.background.append(asyncio.create_task(work))

    async def until(self, predicate: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not predicate():
                await asyncio.sleep(0.005)

    async def reach(self, state: State, times: int = 1) -> None:
        await self.until(lambda: self.states.count(state) >= times)


@asynccontextmanager
async def owned(
    stage: StageSpec, ladder: Ladder = PLAIN, policy: Supervision = QUICK
) -> AsyncIterator[Owner]:
    """Afterwards nothing of it is left."""
    before = open_descriptors()
    owner = Owner(stage, ladder, policy)
    try:
        yield owner
    finally:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await owner.stage.stop()
            await asyncio.gather(*owner.background)
    assert owner.stage.state is State.STOPPED
    assert open_descriptors() <= before


def test_before_it_starts_and_after_it_stopped_it_takes_nothing() -> None:
    async def scenario() -> None:
        async with owned(spec()) as owner:
            stage = owner.stage
            await stage.stop()
            assert not stage.send(AUDIO)
            status = stage.status()
            assert (status.state, status.pid, status.generation, status.refused) == (
                State.STOPPED,
                None,
                0,
                1,
            )
            assert (status.retry_seconds, status.memory_mb, status.load_ms) == (None, None, None)
            stage.start()
            await owner.reach(State.READY)
            assert stage.send(AUDIO)
            await asyncio.gather(stage.stop(), stage.stop())
            assert not stage.send(AUDIO)
            assert stage.status().pid is None
            assert [task.exception() for task in owner.ended] == [None]
            assert owner.states == [State.STARTING, State.READY, State.STOPPING, State.STOPPED]

    asyncio.run(scenario())


def test_it_can_be_started_again() -> None:
    async def scenario() -> None:
        async with owned(spec()) as owner:
            for turn in (1, 2):
                owner.stage.start()
                await owner.reach(State.READY, turn)
                await owner.stage.stop()
            assert owner.stage.status().generation == 2
            assert owner.stage.status().restarts == 0

    asyncio.run(scenario())


def test_a_process_that_cannot_even_be_started_is_a_failure_like_any_other() -> None:
    async def scenario() -> None:
        async with owned(spec(), NOWHERE, SLOW) as owner:
            owner.stage.start()
            await owner.reach(State.BACKOFF)
            status = owner.stage.status()
            assert "no group for stage wake" in status.last_error
            assert (status.pid, status.restarts, status.generation) == (None, 1, 1)
            assert status.retry_seconds is not None
            assert 0 < status.retry_seconds <= 60

    asyncio.run(scenario())


def test_a_start_that_fails_leaves_no_group_behind(tmp_path: Path) -> None:
    ladder = Ladder("none", "nothing", Subtree(str(tmp_path), ()))

    async def scenario() -> None:
        async with owned(spec(command=("/bin/a\0b",)), ladder, SLOW) as owner:
            owner.stage.start()
            await owner.reach(State.BACKOFF)
            assert "null byte" in owner.stage.status().last_error

    asyncio.run(scenario())
    assert list(tmp_path.iterdir()) == []


def test_no_group_has_a_number_that_was_used_before(tmp_path: Path) -> None:
    ladder = Ladder("none", "nothing", Subtree(str(tmp_path), ()))
    (tmp_path / "wake.2").mkdir()

    async def scenario() -> int:
        async with owned(spec(command=("/bin/a\0b",)), ladder) as owner:
            owner.stage.start()
            await owner.reach(State.BACKOFF, 3)
            await owner.stage.stop()
            return next(owner.numbers) - owner.stage.status().generation

    assert asyncio.run(scenario()) == 2, "one number a generation, one that was taken, and the next"
    assert [path.name for path in tmp_path.iterdir()] == ["wake.2"]


def test_the_pause_is_over_at_once_when_it_is_stopped() -> None:
    async def scenario() -> None:
        async with owned(spec("exits"), policy=SLOW) as owner:
            owner.stage.start()
            await owner.reach(State.BACKOFF)
        assert owner.states[-2:] == [State.BACKOFF, State.STOPPED], "there was no process to stop"

    asyncio.run(scenario())


def test_another_spec_begins_with_a_clean_record() -> None:
    async def scenario() -> None:
        policy = msgspec.structs.replace(SLOW, burst_restarts=1, slow_retry_seconds=60.0)
        async with owned(spec("exits"), policy=policy) as owner:
            owner.stage.start()
            await owner.reach(State.BACKOFF)
            assert not owner.stage.settled
            await owner.stage.replace(spec("fails"))
            await owner.reach(State.BACKOFF, 2)
            status = owner.stage.status()
            assert (status.restarts, status.last_error) == (1, "the engine is broken")
            await owner.stage.replace(spec())
            await owner.reach(State.READY)
            assert owner.stage.status().restarts == 0
            assert owner.stage.settled

    asyncio.run(scenario())


def test_another_policy_counts_from_the_next_generation_on() -> None:
    quick = msgspec.structs.replace(QUICK, backoff_min_seconds=0.3, backoff_max_seconds=0.3)

    async def scenario() -> None:
        async with owned(spec("exits"), policy=quick) as owner:
            owner.stage.start()
            await owner.reach(State.BACKOFF)
            owner.stage.adopt(owner.around(policy=SLOW))
            await owner.reach(State.BACKOFF, 2)
            assert owner.stage.status().retry_seconds > 30

    asyncio.run(scenario())


def test_what_a_generation_dropped_is_counted_over_all_of_them() -> None:
    async def scenario() -> None:
        async with owned(spec("dies on audio")) as owner:
            owner.stage.start()
            for generation in (1, 2):
                await owner.reach(State.READY, generation)
                assert not owner.stage.status().retry_seconds
                assert owner.stage.send(AUDIO)
                await owner.reach(State.BACKOFF, generation)
                owner.stage.send(AUDIO)
            assert owner.stage.status().refused == 2
            assert owner.stage.status().restarts == 2
            assert "exit status 9" in owner.stage.status().last_error
            assert owner.messages == [messages.WakeHeard("word", 1.0, 80)] * 2

    asyncio.run(scenario())


def test_what_it_was_ready_with_is_shown_only_while_it_is() -> None:
    async def scenario() -> None:
        async with owned(spec("dies on audio"), policy=SLOW) as owner:
            owner.stage.start()
            await owner.reach(State.READY)
            ready = owner.stage.status()
            assert (ready.detail, ready.engine) == ("behaves: dies on audio", "test")
            assert ready.load_ms is not None
            assert ready.memory_mb is not None
            owner.stage.send(AUDIO)
            await owner.reach(State.BACKOFF)
            gone = owner.stage.status()
            assert (gone.detail, gone.load_ms, gone.pid, gone.memory_mb) == ("", None, None, None)

    asyncio.run(scenario())
