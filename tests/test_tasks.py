"""What is ended has ended, whatever it does with its cancellation."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from appliance import tasks
from appliance.tasks import begin, end


async def forever() -> None:
    await asyncio.Event().wait()


async def stubborn(times: int) -> None:
    """Goes on so many times when it is cancelled, as asyncio.wait_for may."""
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await forever()
    await forever()


async def started(*works):
    made = [asyncio.create_task(work) for work in works]
    await asyncio.sleep(0)
    return made


async def test_what_fails_in_the_background_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> None:
        raise ValueError("a fault of its own")

    task = begin(failing(), "the gardener")
    await asyncio.wait({task})
    await asyncio.sleep(0)
    (record,) = caplog.records
    assert record.getMessage() == "the gardener failed and does not go on"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)
    await end(task)


async def test_what_is_ended_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    task = begin(forever(), "the gardener")
    await end(task)
    await asyncio.sleep(0)
    assert caplog.records == []


async def test_all_have_ended_and_nothing_is_something_too() -> None:
    running = await started(forever(), forever())
    await end(*running, None)
    assert all(task.cancelled() for task in running)


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_what_goes_on_is_cancelled_again(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.01)
    (task,) = await started(stubborn(times))
    async with asyncio.timeout(5):
        await end(task)
    assert task.cancelled()


async def test_an_error_of_what_ends_is_not_raised() -> None:
    async def failing() -> None:
        try:
            await forever()
        finally:
            raise ValueError("while it cleans up")

    (task,) = await started(failing())
    await end(task)
    assert isinstance(task.exception(), ValueError)


async def test_what_cleans_up_is_waited_for() -> None:
    cleaned: list[bool] = []

    async def tidy() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0.05)
            cleaned.append(True)

    (task,) = await started(tidy())
    await end(task)
    assert cleaned == [True]


async def test_who_is_cancelled_while_it_ends_others_is_cancelled() -> None:
    (inner,) = await started(stubborn(1))
    outer = asyncio.create_task(end(inner))
    await asyncio.sleep(0)
    outer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outer
    await end(inner)
