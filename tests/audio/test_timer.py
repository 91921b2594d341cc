"""A deadline as a descriptor."""

from __future__ import annotations

import select
import time

import pytest

from appliance.audio.timer import Timer


@pytest.fixture
def timer():
    made = Timer()
    made.open()
    yield made
    made.close()


def rings(timer: Timer, seconds: float = 0.0) -> bool:
    return bool(select.select([timer.fileno()], [], [], seconds)[0])


def test_it_rings_at_its_deadline_and_not_before(timer: Timer):
    assert not rings(timer)
    deadline = time.monotonic_ns() + 50_000_000
    timer.set(deadline)
    assert rings(timer, 10)
    assert time.monotonic_ns() >= deadline


def test_a_new_deadline_replaces_one_that_has_passed(timer: Timer):
    timer.set(0)
    assert rings(timer, 10)
    timer.set(time.monotonic_ns() + 3_600_000_000_000)
    assert not rings(timer)
    timer.set(0)
    assert rings(timer, 10)
    timer.set(None)
    assert not rings(timer)


def test_closing_twice_is_fine(timer: Timer):
    timer.close()
    timer.close()
    assert timer.fileno() == -1
