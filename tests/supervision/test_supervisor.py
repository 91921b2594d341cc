"""Kill, hang, flood: every stage comes back, the supervisor never raises, and nothing is left behind."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Config, Paths, Sandbox
from appliance.errors import SandboxError, SupervisionError
from appliance.supervision.ladder import Ladder
from appliance.supervision.spec import StageSpec
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.wire import messages
from tests.supervision.running import QUICK, open_descriptors, running, spec

AUDIO = messages.Audio(0, 80, b"\0" * 320)


def command_line(pid: int | None) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def test_a_stage_becomes_ready_and_answers(walls: Ladder) -> None:
    async def scenario() -> None:
        async with running(walls, spec()) as now:
            assert not now.supervisor.ready
            assert not now.supervisor.send("wake", AUDIO)
            await now.ready()
            assert now.supervisor.ready
            assert now.supervisor.send("wake", AUDIO)
            await now.until_soon(lambda: bool(now.heard.messages))
            assert now.heard.messages == [("wake", messages.WakeHeard("word", 1.0, 80))]
            status = now.status()
            assert status.detail == "behaves: "
            assert status.pid != os.getpid()
            assert command_line(status.pid)[0].endswith(b"python")
            assert status.memory_mb is not None
            assert status.memory_mb > 1
            assert status.refused == 1

    asyncio.run(scenario())


def test_states_go_along_their_arcs(ladder: Ladder) -> None:
    async def scenario() -> list[tuple[str, State, State]]:
        async with running(ladder, spec()) as now:
            await now.ready()
        return now.heard.states

    assert [new for _, _, new in asyncio.run(scenario())] == [
        State.STARTING,
        State.READY,
        State.STOPPING,
        State.STOPPED,
    ]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_killed_stage_is_replaced(walls: Ladder, number: signal.Signals) -> None:
    async def scenario() -> None:
        async with running(walls, spec()) as now:
            await now.ready()
            first = now.status().pid
            os.kill(first, number)
            await now.ready(times=2)
            status = now.status()
            assert status.pid != first
            assert status.restarts == 1
            assert number.name in status.last_error

    asyncio.run(scenario())


def test_a_stopped_process_misses_its_heartbeat(walls: Ladder) -> None:
    async def scenario() -> None:
        async with running(walls, spec()) as now:
            await now.ready()
            os.kill(now.status().pid, signal.SIGSTOP)
            assert "heartbeat" in await now.failed()
            await now.ready(times=2)

    asyncio.run(scenario())


def test_a_hung_engine_misses_its_heartbeat(ladder: Ladder) -> None:
    async def scenario() -> None:
        async with running(ladder, spec("hangs on audio")) as now:
            await now.ready()
            assert now.supervisor.send("wake", AUDIO)
            assert "heartbeat" in await now.failed()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("garbage", "malformed"),
        ("garbage later", "malformed"),
        ("wrong direction", "malformed"),
        ("other stage", "malformed"),
        ("too big", "too big"),
        ("flood", "flood"),
        ("flood of bytes", "flood"),
        ("empty packet", "closed its socket"),
        ("closes", "closed its socket"),
        ("early", "before Ready"),
        ("ready twice", "twice"),
        ("wrong pong", "not asked"),
        ("silent", "heartbeat"),
    ],
)
def test_a_stage_that_breaks_the_language_is_replaced(ladder: Ladder, what: str, reason: str) -> None:
    async def scenario() -> None:
        async with running(ladder, spec(what)) as now:
            assert reason in await now.failed()
            await now.until(lambda: now.heard.reached(State.STARTING, times=2))

    asyncio.run(scenario())


def test_descriptors_that_a_stage_sends_are_not_received(ladder: Ladder) -> None:
    async def scenario() -> None:
        async with running(ladder, spec("descriptors")) as now:
            await now.ready()
            before = len(open_descriptors())
            sent = now.heard.messages
            await asyncio.sleep(5 * QUICK.heartbeat_seconds)
            assert len(open_descriptors()) == before
            assert now.supervisor.ready
            assert sent == []

    asyncio.run(scenario())


def test_one_that_always_exits_is_retried_slowly_for_ever(ladder: Ladder) -> None:
    policy = msgspec.structs.replace(QUICK, burst_restarts=3, burst_seconds=20.0, slow_retry_seconds=0.3)

    async def scenario() -> None:
        async with running(ladder, spec("exits"), policy=policy) as now:
            assert "exit status 7" in await now.failed(times=4)
            status = now.status()
            assert status.retry_seconds is not None
            assert status.retry_seconds > 0.2
            assert now.supervisor.settled
            await now.failed(times=7)
            assert now.status().restarts == 7

    asyncio.run(scenario())


def test_an_engine_that_fails_says_why(ladder: Ladder) -> None:
    async def scenario() -> None:
        async with running(ladder, spec("fails")) as now:
            assert await now.failed() == "the engine is broken"
            assert now.status().hint == "mend it"

    asyncio.run(scenario())


def test_an_exception_in_a_library_shows_its_last_line(ladder: Ladder) -> None:
    async def scenario() -> None:
        async with running(ladder, spec("crashes")) as now:
            assert await now.failed() == "ended with exit status 1: RuntimeError: boom in the library"

    asyncio.run(scenario())


def test_a_missing_model_is_waited_for_and_then_used(ladder: Ladder, tmp_path: Path) -> None:
    model = tmp_path / "a model.bin"
    configure = messages.Configure("test", models={"file": str(model)})
    waiting = spec("needs a file", configure=configure)
    waiting = msgspec.structs.replace(waiting, read_only=(*waiting.read_only, str(model)))

    async def scenario() -> None:
        async with running(ladder, waiting) as now:
            await now.until(lambda: now.heard.reached(State.WAITING, times=2))
            status = now.status()
            assert (status.restarts, status.missing) == (0, 2)
            assert status.hint == "appliance models fetch it"
            assert now.supervisor.settled
            assert not now.supervisor.ready
            model.write_bytes(b"weights")
            await now.ready()

    asyncio.run(scenario())


def test_one_that_loads_too_long_is_replaced(ladder: Ladder) -> None:
    policy = msgspec.structs.replace(QUICK, start_seconds=0.5)

    async def scenario() -> None:
        async with running(ladder, spec("is slow"), policy=policy) as now:
            assert "not ready after 0.5 s" in await now.failed()

    asyncio.run(scenario())


def test_output_is_bounded_and_clean(ladder: Ladder, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with running(ladder, spec("prints")) as now:
            await now.ready()
            await now.until_soon(lambda: "last line" in caplog.text)

    with caplog.at_level(logging.INFO):
        asyncio.run(scenario())
    assert "red" in caplog.text
    assert "\x1b" not in caplog.text
    assert "x" * 500 not in caplog.text


def test_one_that_prints_without_end_costs_little(ladder: Ladder, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> int:
        async with running(ladder, spec("prints without end"), spec(name="vad")) as now:
            await now.ready(name="vad")
            await now.until_soon(lambda: "noise" in caplog.text)
            await asyncio.sleep(1.0)
            return len(caplog.records)

    with caplog.at_level(logging.INFO):
        lines = asyncio.run(scenario())
    # 32 KiB a second are 280 lines of 120 bytes; three windows at most were touched.
    assert lines < 1_000


def test_a_memory_bomb_dies_alone(walls: Ladder) -> None:
    async def scenario() -> None:
        async with running(walls, spec("eats on audio"), spec(name="vad")) as now:
            await now.ready()
            await now.ready(name="vad")
            now.supervisor.send("wake", AUDIO)
            await now.failed()
            assert "emory" in now.status().last_error
            await now.ready(times=2)
            assert now.status("vad").restarts == 0

    asyncio.run(scenario())


def test_a_fork_bomb_dies_alone(walls: Ladder) -> None:
    async def scenario() -> None:
        async with running(walls, spec("forks on audio")) as now:
            await now.ready()
            now.supervisor.send("wake", AUDIO)
            assert "processes" in await now.failed()
            await now.ready(times=2)

    asyncio.run(scenario())


def test_one_that_ignores_stop_is_killed(walls: Ladder) -> None:
    policy = msgspec.structs.replace(QUICK, stop_seconds=0.2, heartbeat_limit_seconds=30.0)

    async def scenario() -> None:
        async with running(walls, spec("ignores stop"), policy=policy) as now:
            await now.ready()
            now.supervisor.send("wake", AUDIO)
            await now.until_soon(lambda: bool(now.heard.messages))

    asyncio.run(scenario())


def test_stages_stop_in_reverse_order(ladder: Ladder) -> None:
    async def scenario() -> list[str]:
        names = ("sound", "wake", "vad")
        async with running(ladder, *(spec(name=name) for name in names)) as now:
            await now.until(lambda: now.supervisor.ready)
        return [name for name, _, new in now.heard.states if new is State.STOPPED]

    assert asyncio.run(scenario()) == ["vad", "wake", "sound"]


def test_a_reload_restarts_only_what_changed(ladder: Ladder) -> None:
    async def scenario() -> None:
        kept, changed = spec(), spec(name="vad")
        async with running(ladder, kept, changed) as now:
            await now.until(lambda: now.supervisor.ready)
            pids = {name: now.status(name).pid for name in ("wake", "vad")}
            other = spec(name="vad", configure=messages.Configure("other"))
            assert await now.supervisor.reload([kept, other, spec(name="stt")]) == ["vad", "stt"]
            await now.until(lambda: now.supervisor.ready)
            assert now.status().pid == pids["wake"]
            assert now.status("vad").pid != pids["vad"]
            assert await now.supervisor.reload([other]) == ["stt", "wake"]
            assert [status.name for status in now.supervisor.status()] == ["vad"]

    asyncio.run(scenario())


def test_a_stop_while_it_loads_or_pauses_is_quick(ladder: Ladder) -> None:
    policy = msgspec.structs.replace(QUICK, backoff_min_seconds=60.0, backoff_max_seconds=60.0)

    async def scenario() -> None:
        async with running(ladder, spec("is slow"), spec("exits", name="vad"), policy=policy) as now:
            await now.failed(name="vad")

    asyncio.run(scenario())


def test_a_fault_in_a_callback_is_logged_and_counted(
    ladder: Ladder, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(stage: str, message: messages.Message) -> None:
        raise ZeroDivisionError(f"fault in a turn: {stage} {message}")

    async def scenario() -> None:
        async with running(ladder, spec(), on_message=faulty, on_state=lambda *_: None) as now:
            await now.until_soon(lambda: now.supervisor.ready)
            now.supervisor.send("wake", AUDIO)
            await now.until_soon(lambda: now.supervisor.callback_errors == 1)
            assert now.supervisor.ready

    asyncio.run(scenario())
    assert "ZeroDivisionError: fault in a turn" in caplog.text


def test_an_optional_stage_does_not_keep_it_from_being_ready(ladder: Ladder) -> None:
    async def scenario() -> None:
        async with running(ladder, spec(), spec("is slow", name="tts", mandatory=False)) as now:
            await now.ready()
            assert now.supervisor.ready
            assert now.supervisor.state("tts") is State.STARTING

    asyncio.run(scenario())


def _supervisor(stage: StageSpec, ladder: Ladder, minimum: str) -> Supervisor:
    config = Config(sandbox=Sandbox(minimum=minimum), paths=Paths(data="/nonexistent/appliance"))
    return Supervisor(config, [stage], lambda *_: None, lambda *_: None, ladder)


def test_it_refuses_below_the_minimum(ladder: Ladder) -> None:
    async def scenario() -> None:
        with pytest.raises(SandboxError, match="asks for 'full'"):
            await _supervisor(spec(), ladder, "full").start()

    asyncio.run(scenario())


def test_it_refuses_a_model_path_that_shows_too_much(ladder: Ladder) -> None:
    async def scenario() -> None:
        with pytest.raises(SandboxError, match="more than models"):
            await _supervisor(spec(read_only=("/etc",)), ladder, "none").start()

    asyncio.run(scenario())


def test_an_unprobed_sandbox_has_no_level() -> None:
    supervisor = Supervisor(Config(), [], lambda *_: None, lambda *_: None)
    with pytest.raises(SupervisionError):
        _ = supervisor.ladder


def test_what_a_running_stage_takes_over_restarts_nothing(ladder: Ladder) -> None:
    async def scenario() -> None:
        first = msgspec.structs.replace(spec(), live=("volume",))
        louder, other = (with_options(first, **each) for each in ({"volume": 0.5}, {"voice": "x"}))
        async with running(ladder, first) as now:
            await now.ready()
            pid = now.status().pid
            assert await now.supervisor.reload([louder]) == ["wake"]
            assert now.status().pid == pid
            os.kill(pid or 0, signal.SIGKILL)
            await now.until_soon(lambda: now.status().state is State.READY and now.status().pid != pid)
            again = now.status().pid
            await now.supervisor.reload([other])
            await now.until_soon(lambda: now.status().state is State.READY and now.status().pid != again)

    asyncio.run(scenario())


def test_a_stage_that_is_stopped_before_it_began_just_stops(ladder: Ladder) -> None:
    async def scenario() -> None:
        async with running(ladder, spec()) as now:
            await now.ready()
            await now.supervisor.reload([with_options(spec(), voice="x")])

    asyncio.run(scenario())


def with_options(each: StageSpec, **options: object) -> StageSpec:
    configure = msgspec.structs.replace(each.configure, options={**each.configure.options, **options})
    return msgspec.structs.replace(each, configure=configure)
