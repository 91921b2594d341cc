"""Timers that run, in virtual time on a real file: rung, stopped, restarted, cut from power."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.timers.model import Timer
from appliance.timers.request import Request
from appliance.timers.service import Timers
from appliance.timers.store import FILE, SET_ASIDE
from tests.timers.apart import process
from tests.timers.story import ACTIONS, Story
from tests.timers.virtual import SATURDAY_NOON, Home

HOUR = 3_600.0


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = Home(tmp_path)
    await made.start()
    yield made
    await made.stop()


def on_disk(data: Path) -> int:
    with sqlite3.connect(data / FILE) as connection:
        return int(connection.execute("SELECT count(*) FROM timers").fetchone()[0])


async def test_a_timer_rings_until_it_is_stopped(home: Home) -> None:
    assert (await home.say("set a pasta timer for ten minutes")).text == "Pasta timer set for 10 minutes."
    await home.later(599)
    assert home.rooms.rings == []
    await home.later(1)
    assert home.rooms.rings == [(1, "local", "Your pasta timer is done.")]
    await home.later(60)
    assert home.rooms.sounding == {1: "local"}
    assert home.timers is not None
    assert home.timers.stop_ringing("local")
    assert home.rooms.sounding == {}
    assert not home.timers.stop_ringing("local")
    await home.settle()
    assert on_disk(home.data) == 0
    assert home.events == [(1, "set"), (1, "ringing"), (1, "done")]


async def test_what_is_confirmed_is_on_disk(home: Home) -> None:
    await home.say("set a timer for ten minutes")
    assert on_disk(home.data) == 1


async def test_it_rings_in_its_room_and_is_stopped_from_there_only(home: Home) -> None:
    await home.say("set a timer for one minute", "kitchen")
    await home.later(60)
    assert home.rooms.sounding == {1: "kitchen"}
    assert home.timers is not None
    assert not home.timers.stop_ringing("local")
    assert (await home.say("stop", "kitchen")).text == "Okay."
    assert home.rooms.sounding == {}


async def test_nobody_stops_it(home: Home) -> None:
    await home.say("set a timer for one minute")
    await home.later(60)
    await home.later(600)
    assert home.rooms.sounding == {}
    assert home.timers is not None
    assert home.timers.list() == ()
    assert home.events[-1] == (1, "missed")


async def test_snooze_rings_again(home: Home) -> None:
    await home.say("wake me up at 8 pm")
    await home.later(7 * HOUR)
    assert home.rooms.rings == [(1, "local", "It is 8 PM.")]
    assert (await home.say("snooze")).text == "Okay, again in 9 minutes."
    assert home.rooms.sounding == {}
    await home.later(9 * 60)
    assert len(home.rooms.rings) == 2
    await home.say("five more minutes")
    await home.later(5 * 60)
    assert len(home.rooms.rings) == 3


async def test_a_repeated_alarm_comes_back(home: Home) -> None:
    await home.say("set an alarm every day at 8 pm")
    for day in range(3):
        await home.later(7 * HOUR if day == 0 else 24 * HOUR)
        assert len(home.rooms.rings) == day + 1
        await home.say("stop")
    assert home.timers is not None
    assert [timer.at for timer in home.timers.list()] == ["2026-11-24T20:00"]


async def test_cancelling_a_snoozed_alarm_keeps_its_repetition(home: Home) -> None:
    await home.say("set an alarm every day at 8 pm")
    await home.later(7 * HOUR)
    await home.say("snooze")
    await home.say("turn off the alarm")
    await home.later(24 * HOUR)
    assert len(home.rooms.rings) == 2


async def test_a_person_who_goes_takes_everything_along(home: Home) -> None:
    assert home.timers is not None
    for person in ("ann", "bob"):
        await home.timers.ask(Request("set", "reminder", seconds=60, text=f"of {person}"), "local", person)
    assert await home.timers.forget("ann") == 1
    assert [timer.person for timer in home.timers.list()] == ["bob"]
    assert b"of ann" not in (home.data / FILE).read_bytes()
    assert await home.timers.forget("") == 0


async def test_the_card_is_written_once_a_minute_while_time_is_counted(home: Home) -> None:
    await home.say("set a timer for ten minutes")
    connection = sqlite3.connect(home.data / FILE)
    versions = []
    for _ in range(24):
        await home.later(5)
        versions.append(connection.execute("PRAGMA data_version").fetchone()[0])
    connection.close()
    assert len(set(versions)) == 3


async def test_a_ringer_that_breaks_is_told(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    def broken(timer: Timer, words: str) -> bool:
        raise RuntimeError(timer.id, words)

    home.rooms.ring = broken  # type: ignore[method-assign]
    await home.say("set a timer for one minute")
    home.clock.pass_time(60)
    async with asyncio.timeout(10):
        while "timers stopped" not in caplog.text:
            await asyncio.sleep(0.001)


async def test_a_room_that_is_away_rings_here(home: Home) -> None:
    home.rooms.away = {"kitchen"}
    await home.say("set a timer for one minute", "kitchen")
    await home.later(60)
    assert home.rooms.sounding == {1: "local"}


async def test_a_room_that_goes_while_it_rings_rings_here(home: Home) -> None:
    await home.say("set a timer for one minute", "kitchen")
    await home.later(60)
    home.rooms.away = {"kitchen"}
    home.rooms.sounding.clear()
    assert home.timers is not None
    home.timers.room_gone("kitchen")
    await home.settle()
    assert home.rooms.sounding == {1: "local"}


async def test_what_can_sound_nowhere_rings_later_with_an_apology(home: Home) -> None:
    home.rooms.away = {"local"}
    await home.say("set a timer for one minute")
    await home.later(60)
    await home.later(20 * 60)
    assert home.rooms.rings == []
    home.rooms.away = set()
    await home.later(5)
    assert [words for _, _, words in home.rooms.rings] == [
        "Sorry, this is 20 minutes late. Your 1 minute timer is done."
    ]


async def test_after_a_restart_it_goes_on(home: Home) -> None:
    await home.say("set a timer for ten minutes")
    await home.later(120)
    await home.kill()
    await home.start()
    await home.later(479)
    assert home.rooms.rings == []
    await home.later(1)
    assert len(home.rooms.rings) == 1


async def test_after_a_power_cut_it_is_late_and_says_so(home: Home) -> None:
    await home.say("set an egg timer for ten minutes")
    await home.kill()
    home.clock.reboot(HOUR)
    await home.start()
    assert home.rooms.rings == [(1, "local", "Sorry, this is 50 minutes late. Your egg timer is done.")]


async def test_a_power_cut_while_it_rings(home: Home) -> None:
    await home.say("set a timer for one minute")
    await home.later(60)
    await home.kill()
    home.clock.reboot(300)
    await home.start()
    assert len(home.rooms.rings) == 2
    assert home.timers is not None
    assert home.timers.stop_ringing("local")
    await home.settle()
    await home.kill()
    await home.start()
    assert len(home.rooms.rings) == 2


async def test_much_too_late_is_told_once(home: Home) -> None:
    await home.say("set an alarm for 8 pm")
    await home.kill()
    home.clock.reboot(20 * HOUR)
    home.rooms.away = {"local"}
    await home.start()
    await home.kill()
    assert on_disk(home.data) == 1
    home.rooms.away = set()
    await home.start()
    await home.settle()
    said = "I am sorry: I was off, and missed the alarm for 8 PM, 13 hours ago."
    assert home.rooms.said == [("local", said)]
    await home.kill()
    await home.start()
    assert (home.rooms.rings, len(home.rooms.said)) == ([], 1)


async def test_without_a_right_clock_alarms_wait_and_timers_do_not(home: Home) -> None:
    await home.say("set an alarm for 8 pm")
    await home.say("set a timer for 5 hours")
    await home.later(HOUR)
    await home.kill()
    home.clock.reboot(0, trusted=False, wall_s=0.0)
    await home.start()
    await home.later(4 * HOUR)
    assert [number for number, _, _ in home.rooms.rings] == [2]
    assert "late" in home.rooms.rings[0][2]
    home.clock.step_wall(SATURDAY_NOON + 7.5 * HOUR - home.clock.reading.wall_s)
    home.clock.trust(trusted=True)
    await home.later(5)
    assert [number for number, _, _ in home.rooms.rings] == [2, 1]
    assert home.rooms.rings[1][2] == "Sorry, this is 30 minutes late. It is 8 PM."


async def test_a_clock_that_nobody_sets_is_believed_in_the_end(home: Home) -> None:
    await home.say("set an alarm for 8 pm")
    await home.kill()
    home.clock.reboot(0, trusted=False)
    await home.start()
    await home.later(7 * HOUR)
    assert len(home.rooms.rings) == 1


async def test_a_step_of_the_clock_does_not_move_a_timer(home: Home) -> None:
    await home.say("set a timer for ten minutes")
    home.clock.step_wall(5 * HOUR)
    await home.later(599)
    assert home.rooms.rings == []
    home.clock.step_wall(-9 * HOUR)
    await home.later(1)
    assert len(home.rooms.rings) == 1


async def test_a_question_is_answered(home: Home) -> None:
    asked = await home.say("set a timer")
    assert (asked.text, asked.expects_reply) == ("For how long?", True)
    assert (await home.say("ten minutes")).text == "Timer set for 10 minutes."
    assert home.timers is not None
    assert home.timers.understand("ten minutes", "local") is None


async def test_a_question_belongs_to_its_room_and_expires(home: Home) -> None:
    await home.say("set a timer", "kitchen")
    assert home.timers is not None
    assert home.timers.understand("ten minutes", "local") is None
    home.clock.pass_time(61)
    assert home.timers.understand("ten minutes", "kitchen") is None


async def test_never_mind_ends_the_question(home: Home) -> None:
    await home.say("set a timer")
    assert home.timers is not None
    assert home.timers.understand("never mind", "local") is None
    assert home.timers.understand("ten minutes", "local") is None


async def test_somebody_elses_alarm(home: Home) -> None:
    """With no alarm set, "turn off the alarm" is about a device."""
    assert home.timers is not None
    assert home.timers.understand("turn off the alarm", "local") is None
    await home.say("set an alarm for 8 pm")
    assert (await home.say("turn off the alarm")).text == "Alarm for 8 PM cancelled."


async def test_a_disk_that_takes_nothing_is_not_confirmed(home: Home) -> None:
    other = sqlite3.connect(home.data / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    answer = await home.say("set a timer for ten minutes")
    other.execute("ROLLBACK")
    other.close()
    assert not answer.ok
    assert "disk" in answer.text
    assert home.timers is not None
    assert home.timers.list() == ()
    await home.settle()
    assert on_disk(home.data) == 0


@pytest.mark.parametrize(
    "damage", [b"", b"SQLite format 3\0" + b"\xff" * 200, b"\0" * 9_000, b"nonsense" * 50]
)
async def test_a_damaged_file_is_set_aside_and_told(home: Home, damage: bytes) -> None:
    await home.say("set a timer for ten minutes")
    await home.kill()
    (home.data / FILE).write_bytes(damage)
    timers = await home.start()
    await home.settle()
    assert timers.list() == ()
    if damage:
        assert (home.data / SET_ASIDE).read_bytes() == damage
        assert "damaged" in home.rooms.said[0][1]
    await home.say("set a timer for ten minutes")


async def test_a_change_while_one_is_written_is_decided_again(home: Home) -> None:
    await home.say("set a timer for one minute")
    assert home.timers is not None
    asking = asyncio.create_task(home.timers.ask(Request("lengthen", "timer", seconds=60)))
    await asyncio.sleep(0)
    home.clock.pass_time(60)
    home.timers._tick()
    answer = await asking
    await home.settle()
    assert answer.ok
    assert home.rooms.sounding == {}
    assert [timer.state for timer in home.timers.list()] == ["running"]
    await home.later(60)
    assert len(home.rooms.rings) == 2


async def test_a_process_killed_between_setting_and_ringing(tmp_path: Path) -> None:
    """The very moment it is confirmed, the process dies; it rings nevertheless, and says that it is late."""
    first = await process(tmp_path, 0, "set a pasta timer for two minutes")
    assert first.stdout is not None
    async with asyncio.timeout(30):
        assert await first.stdout.readline() == b"Pasta timer set for 2 minutes.\n"
        os.kill(first.pid, signal.SIGKILL)
        assert await first.wait() == -signal.SIGKILL
        second = await process(tmp_path, 600)
        assert second.stdout is not None
        line = (await second.stdout.readline()).decode()
        second.kill()
        await second.wait()
    assert line.startswith("ring Sorry, this is ")
    assert line.endswith(" minutes late. Your pasta timer is done.\n")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=14))
def test_no_timer_is_lost_or_rings_twice(actions: list[tuple[str, int]]) -> None:
    async def story() -> None:
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder), late_hours=168)
            await home.start()
            told = Story(home)
            for what, value in actions:
                await told.tell(what, value)
            for number in tuple(told.paused):
                assert home.timers is not None
                await home.timers.ask(Request("resume", id=number))
                told.paused.discard(number)
            await told.tell("pass", 100_000)
            assert told.rung >= told.left.keys()
            assert isinstance(home.timers, Timers)
            assert home.timers.list() == ()
            await home.stop()

    asyncio.run(story())
