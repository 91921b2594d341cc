"""Copies of databases that somebody writes."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.backup.databases import check, copy
from appliance.backup.errors import BackupError

WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
number = 0
while True:
    number += 1
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE a SET n = ?", (number,))
    connection.execute("INSERT INTO filler VALUES (randomblob(5000))")
    connection.execute("UPDATE b SET n = ?", (number,))
    connection.execute("COMMIT")
    print(number, flush=True)
"""


def database(path: Path, rows: int = 1) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("CREATE TABLE a (n); CREATE TABLE filler (x); CREATE TABLE b (n);")
        connection.execute("INSERT INTO a VALUES (0)")
        connection.execute("INSERT INTO b VALUES (0)")
        connection.executemany("INSERT INTO filler VALUES (randomblob(?))", [(1_000,)] * rows)
    return path


def numbers(path: Path) -> tuple[int, int]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found: tuple[int, int] = connection.execute("SELECT a.n, b.n FROM a, b").fetchone()
    return found


def test_each_copy_is_one_moment_of_a_busy_database(tmp_path: Path) -> None:
    live = database(tmp_path / "live #1?.db", 2_000)
    with subprocess.Popen([sys.executable, "-c", WRITER, live], stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            seen = []
            for number in range(8):
                target = tmp_path / f"{number}.db"
                copy(live, target)
                check(target, "live")
                first, second = numbers(target)
                assert first == second
                seen.append(first)
                before = int(writer.stdout.readline())
                assert before > 0
        finally:
            writer.kill()
            for _ in writer.stdout:
                pass
    assert seen == sorted(seen)
    assert seen[-1] > seen[0], "nothing was written meanwhile: the test says nothing"


def test_a_database_that_stays_locked(tmp_path: Path) -> None:
    live = database(tmp_path / "live.db")
    with contextlib.closing(sqlite3.connect(live, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BackupError, match="locked"):
            copy(live, tmp_path / "copy.db", seconds=0.2)


def test_what_a_killed_writer_left_half_done_is_not_copied(tmp_path: Path) -> None:
    live = database(tmp_path / "live.db", 500)
    half = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size=1')\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "c.execute('UPDATE a SET n = 7')\n"
        "c.execute('UPDATE filler SET x = randomblob(1000)')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", half, live], check=False)
    assert (tmp_path / "live.db-journal").exists()
    copy(live, tmp_path / "copy.db")
    check(tmp_path / "copy.db", "copy")
    assert numbers(tmp_path / "copy.db") == (0, 0)


@pytest.mark.parametrize("damage", ["middle", "text", "cut"])
def test_damage_is_seen(tmp_path: Path, damage: str) -> None:
    path = database(tmp_path / "x.db", 200)
    content = bytearray(path.read_bytes())
    match damage:
        case "middle":
            content[4_096:8_192] = b"\xff" * 4_096
        case "text":
            content = bytearray(b"this is no database at all" * 100)
        case _:
            del content[-50_000:]
    path.write_bytes(content)
    with pytest.raises(BackupError, match=r"x\.db"):
        check(path, "x.db")


def test_a_hostile_database_cannot_take_for_ever(tmp_path: Path) -> None:
    path = database(tmp_path / "x.db", 20_000)
    with pytest.raises(BackupError, match="interrupted"):
        check(path, "x.db", seconds=-1)
