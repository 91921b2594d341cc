"""A supervisor over stages that behave as a test says, in the real sandbox."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from appliance.config.model import Config, Limits, Paths, Sandbox, Supervision
from appliance.supervision import usage
from appliance.supervision.ladder import Ladder
from appliance.supervision.layout import python_command
from appliance.supervision.spec import StageSpec, StageStatus
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.wire import messages

FOLDER = str(Path(__file__).with_name("stage_for_tests"))
LIMITS = Limits(memory_max_mb=128, memory_high_mb=128, pids_max=12)
QUICK = Supervision(
    heartbeat_seconds=0.1,
    heartbeat_limit_seconds=1.0,
    start_seconds=20.0,
    stop_seconds=1.0,
    backoff_min_seconds=0.01,
    backoff_max_seconds=0.1,
    missing_retry_seconds=0.1,
    usage_seconds=0.05,
)
PATIENCE_SECONDS = 15.0


def spec(what: str = "", name: str = "wake", **changes: object) -> StageSpec:
    """A stage that behaves as `what` says."""
    command = (*python_command(), f"{FOLDER}/behave.py", what)
    base = StageSpec(name, messages.Configure("test"), LIMITS, read_only=(FOLDER,), command=command)
    return msgspec.structs.replace(base, **changes)


def open_descriptors() -> set[str]:
    """Numbers of this process's open files."""
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208 names are wanted


class Heard:
    """What the supervisor reported."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, messages.Message]] = []
        self.states: list[tuple[str, State, State]] = []

    def reached(self, state: State, times: int = 1, name: str = "wake") -> bool:
        return sum(1 for stage, _, new in self.states if stage == name and new is state) >= times


class Running:
    """A supervisor in a test, and what it reported."""

    def __init__(self, supervisor: Supervisor, heard: Heard) -> None:
        self.supervisor = supervisor
        self.heard = heard

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Wait for a change of state that makes it true."""
        assert await self.supervisor.wait(predicate, PATIENCE_SECONDS), self.supervisor.status()

    async def until_soon(self, predicate: Callable[[], bool]) -> None:
        """Wait for something that no state announces."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not predicate():
                await asyncio.sleep(0.01)

    async def ready(self, times: int = 1, name: str = "wake") -> None:
        await self.until(lambda: self.heard.reached(State.READY, times, name))

    async def failed(self, times: int = 1, name: str = "wake") -> str:
        await self.until(lambda: self.heard.reached(State.BACKOFF, times, name))
        return self.status(name).last_error

    def status(self, name: str = "wake") -> StageStatus:
        return next(status for status in self.supervisor.status() if status.name == name)


@asynccontextmanager
async def running(
    ladder: Ladder, *specs: StageSpec, policy: Supervision = QUICK, **callbacks: Callable[..., None]
) -> AsyncIterator[Running]:
    """A started supervisor; afterwards nothing of it is left, neither process nor descriptor."""
    heard = Heard()
    config = Config(
        supervision=policy, sandbox=Sandbox(minimum="none"), paths=Paths(data="/nonexistent/appliance")
    )
    supervisor = Supervisor(
        config,
        specs,
        callbacks.get("on_message", lambda stage, message: heard.messages.append((stage, message))),
        callbacks.get("on_state", lambda stage, old, new: heard.states.append((stage, old, new))),
        ladder,
    )
    before, others = open_descriptors(), set(usage.descendants(os.getpid()))
    await supervisor.start()
    try:
        yield Running(supervisor, heard)
    finally:
        await supervisor.stop()
    assert supervisor.healthy
    assert all(status.state is State.STOPPED for status in supervisor.status())
    assert open_descriptors() <= before
    assert set(usage.descendants(os.getpid())) <= others
