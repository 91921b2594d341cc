"""From old to new: looked at, done, done again, and killed in the middle everywhere."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.claim import claim
from appliance.errors import ConfigError, ControlError
from appliance.migrating.migration import Places, carry_out, look, places
from appliance.migrating.renames import Rename
from appliance.timers.store import MIGRATIONS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RENAMES = (Rename("mqtt.server", "mqtt.host", "0.2"),)
OLD = '# mine\n[mqtt]\nserver = "a" # why\n'
NEW = '# mine\n[mqtt]\nhost = "a" # why\n'


def old_home(home: Path) -> Places:
    """Timers of version 1, an empty record of version 0, and a configuration with an old key."""
    data = home / "data"
    (data / "judgement").mkdir(mode=0o700, parents=True)
    with sqlite3.connect(data / "timers.sqlite") as connection:
        connection.execute(MIGRATIONS[0])
        connection.execute("INSERT INTO timers (body) VALUES ('{\"precious\":1}')")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    sqlite3.connect(data / "judgement" / "audit.db").close()
    (data / "judgement" / "audit.db").touch()
    file = home / "appliance.toml"
    file.write_text(OLD)
    file.chmod(0o640)
    return Places(data, (file,))


def state(where: Places) -> tuple[str, int, list[tuple[str]]]:
    """What a person would lose: the settings, and what is in the database."""
    with sqlite3.connect(f"file:{where.data}/timers.sqlite?mode=ro", uri=True) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        rows = connection.execute("SELECT body FROM timers").fetchall()
    connection.close()
    return where.files[0].read_text(), version, rows


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


PRECIOUS = [('{"precious":1}',)]


def test_a_look_changes_nothing(tmp_path: Path) -> None:
    where = old_home(tmp_path)
    before = everything(tmp_path)
    rows = {Path(row.path).name: row for row in look(where, RENAMES)}
    assert {name: row.state for name, row in rows.items()} == {
        "appliance.toml": "old", "timers.sqlite": "old", "audit.db": "old",
    }  # fmt: skip
    assert (rows["timers.sqlite"].found, rows["timers.sqlite"].to) == ("version 1", "version 2")
    assert (rows["appliance.toml"].found, rows["appliance.toml"].to) == ("mqtt.server", "mqtt.host")
    assert everything(tmp_path) == before


def test_all_is_brought_over_and_the_old_kept(tmp_path: Path) -> None:
    where = old_home(tmp_path)
    before = everything(tmp_path)
    assert {row.state for row in carry_out(where, NOW, RENAMES)} == {"done"}
    assert state(where) == (NEW, 2, PRECIOUS)
    assert stat.S_IMODE(where.files[0].stat().st_mode) == 0o640
    assert stat.S_IMODE((where.data / "timers.sqlite").stat().st_mode) == 0o600
    aside = where.data / "set-aside" / "migrated-20261121T120000Z"
    assert (aside / f"{tmp_path.name}-appliance.toml").read_bytes() == before["appliance.toml"]
    with sqlite3.connect(aside / "timers.sqlite") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()
    assert list(where.data.glob(".migrate-*")) == []


def test_twice_is_once(tmp_path: Path) -> None:
    where = old_home(tmp_path)
    list(carry_out(where, NOW, RENAMES))
    before = everything(tmp_path)
    assert {row.state for row in carry_out(where, NOW, RENAMES)} == {"present"}
    assert everything(tmp_path) == before


def test_not_while_an_appliance_runs(tmp_path: Path) -> None:
    where = old_home(tmp_path)
    with claim(where.data), pytest.raises(ControlError, match="already runs"):
        list(carry_out(where, NOW, RENAMES))
    assert state(where) == (OLD, 1, PRECIOUS)


def test_what_a_newer_version_wrote_stays(tmp_path: Path) -> None:
    where = old_home(tmp_path)
    with sqlite3.connect(where.data / "timers.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    rows = {Path(row.path).name: row for row in carry_out(where, NOW, RENAMES)}
    assert (rows["timers.sqlite"].state, rows["audit.db"].state) == ("trouble", "done")
    assert "version 99" in rows["timers.sqlite"].found
    assert rows["timers.sqlite"].hint
    assert state(where)[1] == 99


def test_trouble_with_one_does_not_stop_the_others(tmp_path: Path) -> None:
    where = old_home(tmp_path)
    where.files[0].write_text("mqtt = { server = 1 }\n")
    (where.data / "judgement" / "audit.db").write_bytes(b"nonsense" * 100)
    rows = {Path(row.path).name: row for row in carry_out(where, NOW, RENAMES)}
    assert {name: row.state for name, row in rows.items()} == {
        "appliance.toml": "trouble", "timers.sqlite": "done", "audit.db": "trouble",
    }  # fmt: skip
    assert all(row.hint for row in rows.values() if row.state == "trouble")


def test_a_broken_way_leaves_the_old_file(tmp_path: Path) -> None:
    from appliance.migrating.stores import Store

    where = old_home(tmp_path)

    def half(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute("DELETE FROM timers")
        connection.commit()
        connection.close()

    (row,) = [
        row
        for row in carry_out(where, NOW, (), (Store("timers.sqlite", 2, half),))
        if row.path == "timers.sqlite"
    ]
    assert row.state == "trouble"
    assert state(where) == (OLD, 1, PRECIOUS)


@pytest.mark.parametrize(
    ("explicit", "environ", "data"),
    [
        (True, {}, "from-file"),
        (False, {}, "from-file"),
        (True, {"APPLIANCE__PATHS__DATA": "/elsewhere"}, "/elsewhere"),
    ],
)
def test_where_things_are(tmp_path: Path, explicit: bool, environ: dict[str, str], data: str) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text('nosuch.key = 1\n[paths]\ndata = "from-file"\n')
    (tmp_path / "from-file").mkdir()
    (tmp_path / "from-file" / "chosen.toml").touch()
    (tmp_path / "from-file" / "appliance.toml").touch()
    found = places(file if explicit else None, environ, [] if explicit else [file, tmp_path / "none"])
    assert found.data == tmp_path / data
    if data == "from-file":
        more = [] if explicit else [found.data / "appliance.toml"]
        assert found.files == (file, *more, found.data / "chosen.toml")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        places(tmp_path / "none.toml", {}, [])


KILLER = """
import os, pathlib, signal, sys
from tests.migrating.test_migration import NOW, RENAMES, carry_out, old_home, state
import json

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.rmdir"}
STEPS |= {"sqlite3.connect", "fcntl.flock"}
root = pathlib.Path(sys.argv[1])
number = 0
while True:
    where = old_home(root / str(number))
    child = os.fork()
    if child == 0:
        left = number
        def hook(event, arguments):
            global left
            if event in STEPS:
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
        sys.addaudithook(hook)
        list(carry_out(where, NOW, RENAMES))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    found = state(where)
    again = [row.state for row in carry_out(where, NOW.replace(hour=13), RENAMES)]
    print(json.dumps({"killed": killed, "found": found, "again": again, "after": state(where),
                      "left": [path.name for path in where.data.glob(".migrate-*")]}))
    if not killed:
        assert os.WEXITSTATUS(status) == 0
        break
    number += 1
"""


def test_killed_at_every_step_it_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    precious = [list(row) for row in PRECIOUS]
    assert len(runs) > 30
    assert [run["killed"] for run in runs] == [True] * (len(runs) - 1) + [False]
    seen = set()
    for run in runs:
        settings, version, rows = run["found"]
        assert settings in {OLD, NEW}
        assert version in {1, 2}
        assert rows == precious
        assert run["after"] == [NEW, 2, precious]
        assert set(run["again"]) <= {"done", "present"}
        assert run["left"] == []
        seen.add((settings == NEW, version))
    assert {(False, 1), (True, 1), (True, 2)} <= seen, "it was killed before, between and after"
