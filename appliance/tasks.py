"""What runs in the background: its failure is told, and ending it means that it has ended."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
from collections.abc import Coroutine, Iterable
from typing import Any

LOG = logging.getLogger(__name__)
AGAIN_SECONDS = 2.0
"""Above what a task needs to clean up; below what anybody waits for an appliance to stop."""


def begin(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Do this beside everything else; when it fails, the log says so at once and names it."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(_tell)
    return task


async def end(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancel these and wait until they are done, however they end; None is nothing to end.

    Who goes on is cancelled again: until Python 3.12 `asyncio.wait_for`, which the MQTT library uses, forgets
    a cancellation that comes in the moment in which what it waits for is there.
    """
    left = _running(tasks)
    while left:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=AGAIN_SECONDS)
        left = _running(left)
    for each in tasks:
        if each is not None and not each.cancelled():
            each.exception()  # looked at, or asyncio complains that nobody did


async def ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process, without a thread; its exit status is there then."""
    if process.poll() is not None:
        return
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, over.set)
    try:
        await over.wait()
        process.poll()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _running(tasks: Iterable[asyncio.Future[Any] | None]) -> set[asyncio.Future[Any]]:
    return {task for task in tasks if task is not None and not task.done()}


def _tell(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        LOG.error("%s failed and does not go on", task.get_name(), exc_info=error)
