"""Lines from files that grow, are cut and replaced, and from a real journal."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ControlError
from appliance.observe import entries, journal
from appliance.observe.entries import MAX_LINE_BYTES
from appliance.observe.journal import Lines

REMOTE = Path("/lib/systemd/systemd-journal-remote")


@given(st.lists(st.binary(max_size=30)))
def test_lines_do_not_depend_on_how_they_come(pieces: list[bytes]) -> None:
    lines = Lines()
    found = [line for piece in pieces for line in lines.feed(piece)]
    found += lines.end()
    *whole, rest = b"".join(pieces).split(b"\n")
    assert found == [*whole, *([rest] if rest else [])]


def test_a_line_without_end_is_cut() -> None:
    lines = Lines()
    found = [line for _ in range(100) for line in lines.feed(b"x" * 100_000)]
    found += lines.feed(b"\nnext\n")
    assert [len(line) for line in found] == [MAX_LINE_BYTES, 4]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\r\nthree")
    assert list(journal.of_file(path)) == [b"one", b"two\r", b"three"]


@pytest.mark.parametrize("name", ["none", "folder"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ControlError, match=name):
        list(journal.of_file(tmp_path / name))


class Following:
    """Takes lines in a thread; `have` waits for so many."""

    def __init__(self, lines: Iterator[bytes], enough: int) -> None:
        self.found: list[bytes] = []
        self._counted = threading.Condition()
        self._lines = itertools.islice(lines, enough)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for line in self._lines:
            with self._counted:
                self.found.append(line)
                self._counted.notify_all()

    def have(self, count: int) -> None:
        with self._counted:
            assert self._counted.wait_for(lambda: len(self.found) >= count, 20)

    def end(self) -> list[bytes]:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.found


def test_a_file_is_followed_through_growth_cut_and_replacement(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    following = Following(journal.of_file(path, follow=True), 4)
    following.have(1)
    with path.open("ab") as file:
        file.write(b"tw")
        file.flush()
        file.write(b"o\n")
    following.have(2)
    path.write_bytes(b"3\n")
    following.have(3)
    (tmp_path / "new").write_bytes(b"four\n")
    (tmp_path / "new").rename(path)
    assert following.end() == [b"one", b"two", b"3", b"four"]


@pytest.mark.parametrize(
    ("since", "follow", "expected"),
    [
        (None, False, []),
        (12.0, False, ["--since=@12"]),
        (None, True, ["--follow", "--lines=1000"]),
        (12.0, True, ["--since=@12", "--follow", "--no-tail"]),
    ],
)
def test_the_call(since: float | None, follow: bool, expected: list[str]) -> None:
    words = journal.command(since, None, follow=follow)
    assert words[:3] == ["journalctl", "--unit=appliance", "--output=json"]
    assert words[6:] == expected


def made(folder: Path, said: list[tuple[int, str, str]]) -> Path:
    """A real journal in this folder: (second, unit, message) each."""
    if not REMOTE.exists() or shutil.which("journalctl") is None:
        pytest.skip("no real journal can be made: apt-get install systemd-journal-remote")
    folder.mkdir()
    blocks = []
    for number, (second, unit, message) in enumerate(said):
        blocks.append(
            f"__REALTIME_TIMESTAMP={second}000000\n__MONOTONIC_TIMESTAMP={number + 1}000000\n"
            f"_BOOT_ID={'ab' * 16}\n_SYSTEMD_UNIT={unit}\nPRIORITY=6\nMESSAGE={message}\n"
        )
    export = "\n".join(blocks) + "\n"
    command = [str(REMOTE), f"--output={folder / 'x.journal'}", "-"]
    done = subprocess.run(command, input=export, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


SAID = [
    (1_790_000_000, "appliance.service", '{"message": "old", "level": "info"}'),
    (1_790_000_100, "other.service", '{"message": "of another"}'),
    (1_790_000_200, "appliance.service", '{"message": "new", "level": "error", "latency_ms": 5}'),
    (1_790_000_300, "appliance.service", "Started \x1b[2J text"),
]


def test_a_real_journal(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", SAID)
    found = [entries.from_journal(line) for line in journal.of_journal(None, folder)]
    assert [each and (each.message, each.at, each.level) for each in found] == [
        ("old", 1_790_000_000.0, "info"),
        ("new", 1_790_000_200.0, "error"),
        ("Started \\u001b[2J text", 1_790_000_300.0, "info"),
    ]


def test_a_real_journal_from_a_time_on(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", SAID)
    found = [entries.from_journal(line) for line in journal.of_journal(1_790_000_200.0, folder)]
    assert [each and each.message for each in found][:1] == ["new"]


def test_following_a_real_journal_ends_with_its_reader(tmp_path: Path) -> None:
    folder = made(tmp_path / "journal", SAID)
    lines = journal.of_journal(1.0, folder, follow=True)
    assert b"old" in next(lines)
    lines.close()  # type: ignore[attr-defined]


def test_a_journal_that_is_not_there(tmp_path: Path) -> None:
    if shutil.which("journalctl") is None:
        pytest.skip("journalctl is not installed")
    with pytest.raises(ControlError, match="journalctl ended"):
        list(journal.of_journal(None, tmp_path / "none"))


def test_a_machine_without_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ControlError, match="keeps no journal") as raised:
        list(journal.of_journal(None))
    assert "--file" in raised.value.hint


@pytest.mark.parametrize(("unit", "found"), [("appliance.service", True), ("other.service", False)])
def test_whether_a_journal_knows_the_appliance(tmp_path: Path, unit: str, found: bool) -> None:
    folder = made(tmp_path / "journal", [(1_790_000_000, unit, "one")])
    assert journal.has_lines(folder) == found
    assert not journal.has_lines(tmp_path / "none")


def test_a_machine_without_a_journal_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not journal.has_lines()
