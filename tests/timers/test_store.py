"""The file: what is written is there after a kill, damage is set aside, versions move on."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.timers.model import Now, Timer, TimerError, due_in
from appliance.timers.store import FILE, MIGRATIONS, SET_ASIDE, Store
from appliance.timers.usable import first_zone, usable
from tests.checkout import ROOT

NOW = Now(1_795_262_400.0, 1_000.0, "boot", trusted=True)
TEN = Timer(1, "timer", label="Nüdeln", duration_s=600, due=due_in(600, NOW))
ALARM = Timer(2, "alarm", at="2026-11-22T07:00", zone="Europe/Berlin", days=(0, 4))
CAT = Timer(3, "reminder", text="feed the secret cat", at="2026-11-21T20:00", zone="Europe/Berlin")


def filled(data: Path, *timers: Timer) -> None:
    store = Store(data)
    store.open()
    store.put({timer.id: timer for timer in timers}, NOW)
    store.close()


def test_everything_comes_back(tmp_path: Path) -> None:
    filled(tmp_path, TEN, ALARM, CAT)
    store = Store(tmp_path)
    loaded = store.open()
    assert (loaded.timers, loaded.seen, loaded.damaged) == ((TEN, ALARM, CAT), NOW, False)
    store.put({2: None})
    store.close()
    store.close()
    assert store.open().timers == (TEN, CAT)
    store.close()


def test_a_number_is_not_given_twice(tmp_path: Path) -> None:
    filled(tmp_path, TEN, ALARM)
    store = Store(tmp_path)
    store.open()
    store.put({1: None, 2: None})
    store.close()
    loaded = store.open()
    store.close()
    assert (loaded.timers, loaded.last_id) == ((), 2)


def test_it_is_private_and_forgets_words(tmp_path: Path) -> None:
    filled(tmp_path, CAT)
    path = tmp_path / FILE
    assert path.stat().st_mode & 0o077 == 0
    assert b"secret cat" in path.read_bytes()
    store = Store(tmp_path)
    store.open()
    store.put({3: None})
    store.close()
    assert b"secret cat" not in path.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_commits_reach_the_disk(tmp_path: Path) -> None:
    """EXTRA is 3: the file, the journal and its removal are synced before a commit returns."""
    store = Store(tmp_path)
    store.open()
    connection = store._connection
    assert connection is not None
    assert connection.execute("PRAGMA synchronous").fetchone() == (3,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    store.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from appliance.timers.model import Timer
from appliance.timers.store import Store
store = Store(Path(sys.argv[1]))
store.open()
store.put({1: Timer(1, "timer", "paused", left_s=5.0)})
store._connection.execute("BEGIN IMMEDIATE")
store._connection.execute("DELETE FROM timers")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_in_the_middle_of_a_change(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    store = Store(tmp_path)
    assert [timer.id for timer in store.open().timers] == [1]
    store.close()


@pytest.mark.parametrize("cut", [50, 100, 4_096, 6_000, 9_000])
def test_a_truncated_file(tmp_path: Path, cut: int) -> None:
    filled(tmp_path, TEN, ALARM)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:cut])
    store = Store(tmp_path)
    loaded = store.open()
    assert loaded.damaged
    assert (tmp_path / SET_ASIDE).stat().st_size == cut
    store.put({5: replace(TEN, id=5)})
    store.close()
    assert replace(TEN, id=5) in store.open().timers
    store.close()


def test_what_can_be_read_is_saved(tmp_path: Path) -> None:
    """Damage behind the table of timers costs no timer."""
    filled(tmp_path, TEN, ALARM)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE other (x)")
        connection.executemany("INSERT INTO other VALUES (?)", [("y" * 900,)] * 50)
    connection.close()
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-8_192])
    store = Store(tmp_path)
    loaded = store.open()
    store.close()
    assert (loaded.damaged, loaded.timers) == (True, (TEN, ALARM))


@given(st.binary(max_size=300), st.integers(0, 12_000))
@example(b"\x80", 3_869)  # in the text of the schema, which SQLite then quotes
def test_garbage_anywhere_never_stops_a_start(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    filled(folder, TEN, ALARM)
    path = folder / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + junk + whole[at + len(junk) :])
    store = Store(folder)
    loaded = store.open()
    for timer in loaded.timers:
        usable(timer, "UTC")
    store.put({9: replace(TEN, id=9)})
    store.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_older_files_move_on(tmp_path: Path, version: int) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    for statement in MIGRATIONS[:version]:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    store = Store(tmp_path)
    assert store.open().damaged is False
    store.put({1: TEN}, NOW)
    store.close()


def test_a_newer_file_is_set_aside(tmp_path: Path) -> None:
    filled(tmp_path, TEN)
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    store = Store(tmp_path)
    assert store.open().damaged
    store.close()
    assert (tmp_path / SET_ASIDE).exists()


def test_a_row_that_is_no_timer(tmp_path: Path) -> None:
    filled(tmp_path, TEN)
    connection = sqlite3.connect(tmp_path / FILE)
    connection.executemany(
        "INSERT INTO timers VALUES (?, ?)", [(7, "{"), (8, '{"id":9,"kind":"timer"}'), (9, b"\0")]
    )
    connection.commit()
    connection.close()
    store = Store(tmp_path)
    loaded = store.open()
    store.close()
    assert (loaded.timers, loaded.damaged) == ((TEN,), True)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TimerError, match="cannot be kept"):
        Store(tmp_path / "missing").open()
    with pytest.raises(TimerError, match="not open"):
        Store(tmp_path).put({})


@pytest.mark.parametrize(
    "timer",
    [
        Timer(1, "timer"),
        Timer(1, "alarm", at="soon", zone="UTC"),
        Timer(1, "alarm", at="9999-12-31T23:59", zone="America/Los_Angeles"),
        replace(ALARM, days=(7,)),
        replace(TEN, days=(1,)),
        replace(TEN, room="x" * 100),
        Timer(1, "timer", "paused", left_s=float("nan")),
        Timer(1, "timer", "paused", left_s=1e12),
        replace(TEN, due=due_in(float("inf"), NOW)),
    ],
)
def test_what_cannot_be_a_timer(timer: Timer) -> None:
    assert usable(timer, "UTC") is None


def test_what_rang_is_due_still_and_a_lost_zone_is_replaced() -> None:
    again = usable(replace(TEN, state="ringing", rang_boot_s=5.0), "UTC")
    assert again == TEN
    moved = usable(replace(ALARM, zone="Atlantis/Center"), "Europe/Berlin")
    assert moved == ALARM
    assert first_zone("", "Atlantis/Center", "Europe/Paris") == "Europe/Paris"
    assert first_zone("") == "UTC"
