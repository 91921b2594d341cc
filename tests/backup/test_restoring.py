"""Restoring over what is there, undoing it, and dying in the middle."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from appliance.backup.errors import BackupError
from appliance.backup.making import make
from appliance.backup.restoring import WORK, restore, resume, undo
from appliance.claim import claim
from appliance.errors import ControlError
from tests.backup.filled import NOW, PASSPHRASE, config_of, die_at, fill, state


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A backup, and what it brings."""
    folder = tmp_path_factory.mktemp("anna")
    data = fill(folder / "data", "Anna")
    (data / "chosen.toml").unlink()
    path = Path(make(config_of(data), folder / "backup", PASSPHRASE, NOW).path)
    fresh = folder / "fresh"
    restore(fresh, path, PASSPHRASE, NOW)
    return path, state(fresh)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    return Path(make(config_of(fill(folder / "data", "Anna")), folder / "backup", "", NOW).path)


def test_on_an_empty_machine(tmp_path: Path, anna: tuple[Path, dict[str, str]]) -> None:
    data = tmp_path / "data"
    done = restore(data, anna[0], PASSPHRASE, NOW)
    assert state(data) == anna[1]
    assert done.missing_models == ("en-voice",)
    assert {path.stat().st_mode & 0o077 for path in data.rglob("*")} == {0}
    assert not (data / WORK).exists()


def test_over_another_household_and_back(tmp_path: Path, anna: tuple[Path, dict[str, str]]) -> None:
    data = fill(tmp_path / "data", "Kim")
    before = state(data)
    done = restore(data, anna[0], PASSPHRASE, NOW)
    assert state(data) == anna[1]
    assert "chosen.toml" in done.removed
    assert done.missing_models == ()
    undo(data, NOW)
    assert state(data) == before
    undo(data, NOW)
    assert state(data) == anna[1], "undoing the undoing"


def test_without_secrets_those_that_are_here_stay(tmp_path: Path, plain: Path) -> None:
    data = fill(tmp_path / "data", "Kim")
    before = state(data)
    restore(data, plain, "", NOW)
    after = state(data)
    same = {name for name in before if before[name] == after[name]}
    assert same >= {"judgement/pins.json", "mosquitto/credentials.json", "mosquitto/tls/ca.key"}
    assert not same & {"judgement/people.db", "chosen.toml", "timers.sqlite"}


def test_a_journal_of_the_old_database_does_not_meet_the_new_one(
    tmp_path: Path, anna: tuple[Path, dict[str, str]]
) -> None:
    data = fill(tmp_path / "data", "Kim")
    (data / "timers.sqlite-journal").write_bytes(b"journal")
    done = restore(data, anna[0], PASSPHRASE, NOW)
    assert not (data / "timers.sqlite-journal").exists()
    assert (Path(done.aside) / "timers.sqlite-journal").read_bytes() == b"journal"
    undo(data, NOW)
    assert (data / "timers.sqlite-journal").read_bytes() == b"journal"


def test_not_while_an_appliance_runs(tmp_path: Path, anna: tuple[Path, dict[str, str]]) -> None:
    data = fill(tmp_path / "data", "Kim")
    before = state(data)
    with claim(data):
        for work in (lambda: restore(data, anna[0], PASSPHRASE, NOW), lambda: undo(data, NOW)):
            with pytest.raises(ControlError, match="already runs"):
                work()
    assert state(data) == before
    assert not (data / "set-aside").exists()


def test_what_is_refused_changes_nothing(tmp_path: Path, anna: tuple[Path, dict[str, str]]) -> None:
    data = fill(tmp_path / "data", "Kim")
    before = state(data)
    broken = tmp_path / "broken"
    broken.write_bytes(anna[0].read_bytes()[:-1])
    for path, passphrase in ((broken, PASSPHRASE), (anna[0], "wrong words"), (anna[0], ""), (tmp_path, "")):
        with pytest.raises(BackupError):
            restore(data, path, passphrase, NOW)
    with pytest.raises(BackupError, match="no restore to undo"):
        undo(data, NOW)
    assert state(data) == before
    assert not (data / WORK).exists()
    assert not (data / "set-aside").exists()


def test_a_damaged_database_in_a_whole_archive(tmp_path: Path) -> None:
    data = fill(tmp_path / "source", "Anna")
    with contextlib.closing(sqlite3.connect(data / "timers.sqlite")) as connection, connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'timers'")
    with pytest.raises(BackupError, match=r"timers\.sqlite"):
        make(config_of(data), tmp_path, "", NOW)


@pytest.mark.parametrize("what", ["link", "folder"])
def test_what_stands_in_the_way(tmp_path: Path, anna: tuple[Path, dict[str, str]], what: str) -> None:
    data, elsewhere = fill(tmp_path / "data", "Kim"), tmp_path / "elsewhere"
    if what == "link":
        (data / "judgement").rename(elsewhere)
        (data / "judgement").symlink_to(elsewhere)
    else:
        (data / "timers.sqlite").unlink()
        (data / "timers.sqlite").mkdir()
    before = state(data)
    with pytest.raises(BackupError, match="folder"):
        restore(data, anna[0], PASSPHRASE, NOW)
    assert state(data) == before


def test_only_a_few_are_kept_aside(tmp_path: Path, plain: Path) -> None:
    for _ in range(5):
        restore(tmp_path / "data", plain, "", NOW)
    names = sorted(each.name[:4] for each in (tmp_path / "data" / "set-aside").iterdir())
    assert names == ["0003", "0004", "0005"]


BEFORE = """
from pathlib import Path
import tests.backup.filled as filled
from appliance.backup import archive, sealing
from appliance.backup.restoring import restore
"""
PROGRAM = "restore(Path(sys.argv[2]), Path(sys.argv[3]), '', filled.NOW)"


def test_killed_at_any_step(tmp_path: Path, plain: Path) -> None:
    """The old state or, after `resume`, the new one: never some of both. Then it can be undone."""
    kim = fill(tmp_path / "kim", "Kim")
    old = state(kim)
    whole = tmp_path / "whole"
    shutil.copytree(kim, whole)
    restore(whole, plain, "", NOW)
    new = state(whole)
    data = tmp_path / "data"
    step, outcomes = 1, []
    while True:
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(kim, data)
        if not die_at(step, BEFORE, PROGRAM, str(data), str(plain)):
            break
        carried_on = resume(data)
        outcomes.append(state(data) == new)
        assert state(data) in (old, new)
        assert carried_on <= (state(data) == new)
        if state(data) == new:
            undo(data, NOW)
            assert state(data) == old
        else:
            restore(data, plain, "", NOW)
            assert state(data) == new
        step += 5
    assert {True, False} == set(outcomes)
    assert outcomes == sorted(outcomes)


def test_resume_may_be_killed_too(tmp_path: Path, plain: Path) -> None:
    kim = fill(tmp_path / "kim", "Kim")
    restore_steps = 1
    half = tmp_path / "half"
    while True:
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(kim, half)
        assert die_at(restore_steps, BEFORE, PROGRAM, str(half), str(plain))
        if (half / WORK / "plan.json").exists():
            break
        restore_steps += 15
    shutil.copytree(half, tmp_path / "whole")
    resume(tmp_path / "whole")
    program = "from appliance.backup.restoring import resume\nresume(Path(sys.argv[2]))"
    step = 1
    while die_at(step, BEFORE, program, str(half)):
        step += 2
    resume(half)
    assert state(half) == state(tmp_path / "whole")


def test_a_plan_of_somebody_else_is_not_carried_out(tmp_path: Path) -> None:
    data = fill(tmp_path / "data", "Kim")
    (data / WORK).mkdir()
    for text in (
        '{"aside":"../x","moves":[]}',
        '{"aside":"0001-1","moves":[{"path":"../x","arrives":true}]}',
        "x",
    ):
        (data / WORK / "plan.json").write_text(text)
        with pytest.raises(BackupError):
            resume(data)
