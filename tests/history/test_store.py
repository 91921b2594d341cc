"""The file of what was said: private, bounded in time and number, and gone when it shall be."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from appliance.history.store import MAX_WAITING, MAX_WORDS, Exchange, Store, path_of
from appliance.judgement.errors import JudgementError

DAY = 86_400.0
NOW = 1_800_000_000.0


@pytest.fixture
def store(tmp_path: Path):
    made = Store(path_of(tmp_path))
    made.open()
    yield made
    made.close()


def said(words: str, at: float = NOW, answer: str = "Done") -> Exchange:
    return Exchange(at, "kitchen", words, answer, done=True)


def test_what_is_written_is_read_again_by_the_next_one(store: Store, tmp_path: Path) -> None:
    store.add(said("turn on the lamp"))
    store.flush(NOW, 7, 10)
    store.close()
    other = Store(path_of(tmp_path))
    other.open()
    assert other.list() == [said("turn on the lamp")]
    other.close()


@pytest.mark.usefixtures("store")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    assert stat.S_IMODE(path_of(tmp_path).stat().st_mode) == 0o600


def test_what_is_too_old_goes(store: Store) -> None:
    for days in (8, 6, 0):
        store.add(said(f"{days} days ago", NOW - days * DAY))
    store.flush(NOW, 7, 100)
    assert [each.words for each in store.list()] == ["6 days ago", "0 days ago"]


def test_what_is_too_much_goes(store: Store) -> None:
    for number in range(10):
        store.add(said(str(number)))
    store.flush(NOW, 7, 3)
    assert [each.words for each in store.list()] == ["7", "8", "9"]


def test_what_goes_cannot_be_found_in_the_file(store: Store, tmp_path: Path) -> None:
    store.add(said("my old secret", NOW - 8 * DAY))
    store.flush(NOW - 8 * DAY, 7, 10)
    assert b"my old secret" in path_of(tmp_path).read_bytes()
    store.flush(NOW, 7, 10)
    assert b"my old secret" not in path_of(tmp_path).read_bytes()


def test_a_long_sentence_is_cut_and_a_flood_is_bounded(store: Store) -> None:
    for number in range(MAX_WAITING + 5):
        store.add(said(f"{number} " + "x" * 10_000))
    assert store.waiting == MAX_WAITING
    store.flush(NOW, 7, 1_000)
    kept = store.list(limit=1_000)
    assert len(kept) == MAX_WAITING
    assert {len(each.words) for each in kept} == {MAX_WORDS}


def test_the_newest_are_listed_oldest_first(store: Store) -> None:
    for number in range(5):
        store.add(said(str(number), NOW + number))
    store.flush(NOW, 7, 10)
    assert [each.words for each in store.list(limit=2)] == ["3", "4"]
    assert [each.words for each in store.list(since=NOW + 4)] == ["4"]


def test_it_is_cleared_with_what_waits(store: Store, tmp_path: Path) -> None:
    store.add(said("the first"))
    store.flush(NOW, 7, 10)
    store.add(said("the second"))
    assert store.clear() == 2
    store.flush(NOW, 7, 10)
    assert store.list() == []
    assert b"the first" not in path_of(tmp_path).read_bytes()


def test_it_is_removed_with_what_was_set_aside(tmp_path: Path) -> None:
    path = path_of(tmp_path)
    path.write_bytes(b"no database at all, but with words in it" * 100)
    made = Store(path)
    made.open()  # it sets the damaged file aside
    assert len(list(tmp_path.iterdir())) == 2
    made.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_row_is_said_with_what_to_do(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(path_of(tmp_path)) as other:
        other.execute("INSERT INTO exchange (at, room, words, answer, done) VALUES (1, x'80', 'a', 'b', 2)")
    with pytest.raises(JudgementError) as caught:
        store.list()
    assert "history clear" in caught.value.hint
