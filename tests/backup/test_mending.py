"""Databases damaged in real ways, at the start of an appliance with snapshots, and of one without."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.backup.making import make
from appliance.backup.mending import MAX_ASIDE, mend
from appliance.backup.restoring import WORK
from appliance.config.model import Config
from appliance.judgement.audit import Audit
from appliance.judgement.identity.profiles import Profiles
from appliance.timers.store import Store
from tests.backup.filled import NOW, PASSPHRASE, config_of, die_at, fill, state

LATER = NOW + timedelta(hours=20)
PEOPLE, AUDIT, TIMERS = "judgement/people.db", "judgement/audit.db", "timers.sqlite"


def saved(data: Path, **settings: object) -> Config:
    """A filled data directory with one snapshot."""
    fill(data)
    (data / "snapshots").mkdir(mode=0o700)
    config = config_of(data, **settings)
    make(config, data / "snapshots", PASSPHRASE if settings else "", NOW)
    return config


def scribble(path: Path) -> bytes:
    """Overwrite all but the first pages' headers; what is there now."""
    content = bytearray(path.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    path.write_bytes(content)
    return bytes(content)


def people(data: Path) -> list[str]:
    profiles = Profiles(data / PEOPLE)
    profiles.open()
    try:
        return [each.name for each in profiles.all()]
    finally:
        profiles.close()


def test_nothing_is_done_to_what_is_whole(tmp_path: Path) -> None:
    config = saved(tmp_path / "data")
    before = state(tmp_path / "data")
    assert mend(config, LATER) == ()
    assert state(tmp_path / "data") == before
    assert mend(config_of(tmp_path / "empty"), LATER) == ()


@pytest.mark.parametrize("path", [PEOPLE, AUDIT, TIMERS])
def test_the_newest_snapshot_gives_it_back(tmp_path: Path, path: str) -> None:
    data = tmp_path / "data"
    config = saved(data)
    damaged = scribble(data / path)
    before = {name: digest for name, digest in state(data).items() if name != path}
    (mended,) = mend(config, LATER)
    assert (mended.path, mended.snapshot) == (path, NOW)
    assert mended.trouble
    assert Path(mended.aside).read_bytes() == damaged
    assert Path(mended.aside).is_relative_to(data / "set-aside")
    assert {name: digest for name, digest in state(data).items() if name != path} == before
    assert {each.stat().st_mode & 0o077 for each in (data / path, data / "set-aside")} == {0}
    assert people(data) == ["Anna"]
    audit = Audit(data / AUDIT, 30, 10_000)
    audit.open()
    assert len(audit.list(limit=1_000)) == 50
    audit.close()
    store = Store(data)
    assert store.open().seen is not None
    store.close()
    assert mend(config, LATER) == ()


@pytest.mark.parametrize("damage", ["text", "cut"])
def test_other_damage(tmp_path: Path, damage: str) -> None:
    data = tmp_path / "data"
    config = saved(data)
    content = (data / PEOPLE).read_bytes()
    (data / PEOPLE).write_bytes(b"no database " * 500 if damage == "text" else content[:-4_096])
    assert [each.snapshot for each in mend(config, LATER)] == [NOW]
    assert people(data) == ["Anna"]


def test_an_encrypted_snapshot(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "words").write_text(PASSPHRASE)
    config = saved(data, passphrase_file=str(tmp_path / "words"))
    scribble(data / PEOPLE)
    assert [each.snapshot for each in mend(config, LATER)] == [NOW]


def test_a_bad_snapshot_is_passed_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = saved(data)
    newer = make(config, data / "snapshots", "", NOW + timedelta(hours=1))
    Path(newer.path).write_bytes(Path(newer.path).read_bytes()[:-50])
    scribble(data / PEOPLE)
    assert [each.snapshot for each in mend(config, LATER)] == [NOW]


def test_a_snapshot_of_the_future_comes_last(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = saved(data)
    make(config, data / "snapshots", "", NOW + timedelta(days=900))
    scribble(data / PEOPLE)
    assert [each.snapshot for each in mend(config, LATER)] == [NOW]


def test_without_a_snapshot_it_is_set_aside(tmp_path: Path) -> None:
    data = fill(tmp_path / "data")
    damaged = scribble(data / PEOPLE)
    (data / f"{PEOPLE}-journal").write_bytes(b"")
    (mended,) = mend(config_of(data), LATER)
    assert mended.snapshot is None
    assert Path(mended.aside).read_bytes() == damaged
    assert not list((data / "judgement").glob("people.db*"))
    assert people(data) == []


def test_timers_that_can_still_be_read_are_left_to_their_owner(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = saved(data)
    with contextlib.closing(sqlite3.connect(data / TIMERS)) as connection, connection:
        connection.execute("INSERT INTO timers VALUES (1, '{}')")
        connection.execute("CREATE TABLE more (x)")
        connection.execute("INSERT INTO more VALUES (randomblob(20000))")
    (data / TIMERS).write_bytes((data / TIMERS).read_bytes()[:-8_192])
    before = state(data)
    assert mend(config, LATER) == ()
    assert state(data) == before


def test_a_power_cut_is_no_damage(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = saved(data)
    cut = (
        "c = sqlite3.connect(sys.argv[2], isolation_level=None); c.execute('PRAGMA cache_size=1')\n"
        "c.execute('BEGIN IMMEDIATE'); c.execute('UPDATE audit SET who = hex(randomblob(3000))')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert die_at(10**9, "import sqlite3", cut, str(data / AUDIT))
    assert (data / f"{AUDIT}-journal").stat().st_size
    assert mend(config, LATER) == ()
    audit = Audit(data / AUDIT, 30, 10_000)
    audit.open()
    assert {row.who for row in audit.list(limit=1_000)} == {"Anna"}
    audit.close()


def test_only_a_few_are_kept_aside(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = saved(data)
    for number in range(MAX_ASIDE + 2):
        scribble(data / PEOPLE)
        assert mend(config, LATER + timedelta(days=number))
    assert len(list((data / "set-aside").iterdir())) == MAX_ASIDE


def test_what_cannot_be_mended_is_left(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = saved(data)
    scribble(data / PEOPLE)
    (data / "set-aside").write_text("a file where a folder should be")
    before = state(data)
    assert mend(config, LATER) == ()
    assert state(data) == before


BEFORE = """
from pathlib import Path
import tests.backup.filled as filled
from appliance.backup import archive, sealing
from appliance.backup.mending import mend
"""
PROGRAM = "mend(filled.config_of(Path(sys.argv[2])), filled.NOW)"


def test_killed_at_any_step(tmp_path: Path) -> None:
    """The damaged file or the restored one, at every moment; the next start ends it."""
    master = tmp_path / "master"
    saved(master)
    scribble(master / PEOPLE)
    data, step, killed = tmp_path / "data", 1, 0
    while True:
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(master, data)
        if not die_at(step, BEFORE, PROGRAM, str(data)):
            break
        killed += 1
        assert (data / PEOPLE).is_file()
        mend(config_of(data), LATER)
        assert people(data) == ["Anna"]
        assert not list(data.glob(".mend-*"))
        step += 11
    assert killed > 5


def test_an_interrupted_restore_is_finished_first(tmp_path: Path) -> None:
    from appliance.backup.errors import BackupError

    data = fill(tmp_path / "data")
    (data / WORK).mkdir()
    (data / WORK / "plan.json").write_text('{"aside":"../x","moves":[]}')
    with pytest.raises(BackupError):
        mend(config_of(data), LATER)
