from __future__ import annotations

import fcntl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.firstboot import codes, ownership
from appliance.firstboot.errors import SetupError
from appliance.firstboot.ownership import FILE, Claim, Wrong

CODE = "12345678"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def claim(tmp_path: Path, clock: Clock) -> Claim:
    found = Claim(tmp_path, clock=clock)
    found.renew(CODE)
    return found


def test_nothing_can_be_claimed_without_a_code(tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    assert claim.state == "unprepared"
    with pytest.raises(SetupError, match="used already"):
        claim.verify(CODE)


def test_the_code_makes_one_owner_and_is_used_up(claim: Claim) -> None:
    assert claim.state == "open"
    token = claim.verify("1234 5678")
    assert claim.state == "claimed"
    assert claim.is_owner(token)
    assert not claim.is_owner(token[:-1])
    with pytest.raises(SetupError, match="used already"):
        claim.verify(CODE)


def test_neither_code_nor_token_is_on_the_disk(claim: Claim, tmp_path: Path) -> None:
    assert CODE.encode() not in (tmp_path / FILE).read_bytes()
    token = claim.verify(CODE)
    assert token.encode() not in (tmp_path / FILE).read_bytes()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_looking_at_a_code_does_not_use_it_up(claim: Claim) -> None:
    claim.check(CODE)
    claim.check(CODE)
    assert claim.state == "open"


def wrong(claim: Claim) -> float:
    with pytest.raises(Wrong) as caught:
        claim.verify("00000000")
    return caught.value.wait_seconds


def test_wrong_codes_make_everybody_wait(claim: Claim, clock: Clock) -> None:
    assert [wrong(claim) for _ in range(6)] == [0.0, 0.0, 0.0, 0.0, 10.0, 10.0]
    with pytest.raises(Wrong, match="too many"):
        claim.verify(CODE)
    clock.now += 10.0
    assert claim.verify(CODE)


def test_tries_are_counted_over_restarts(claim: Claim, tmp_path: Path, clock: Clock) -> None:
    for _ in range(5):
        wrong(claim)
    with pytest.raises(Wrong, match="too many"):
        Claim(tmp_path, clock=clock).verify(CODE)


def test_a_right_code_and_a_new_code_forget_the_wrong_ones(claim: Claim) -> None:
    for _ in range(4):
        wrong(claim)
    claim.check(CODE)
    assert wrong(claim) == 0.0
    for _ in range(4):
        wrong(claim)
    claim.renew("87654321")
    assert claim.verify("87654321")


def test_of_many_at_the_same_time_one_becomes_the_owner(claim: Claim, tmp_path: Path) -> None:
    def attempt(_: int) -> str:
        try:
            return Claim(tmp_path).verify(CODE)
        except SetupError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        tokens = [token for token in pool.map(attempt, range(8)) if token]
    assert len(tokens) == 1
    assert claim.is_owner(tokens[0])


def test_a_killed_process_had_no_free_try(tmp_path: Path) -> None:
    Claim(tmp_path).renew(CODE)
    program = (
        "import os, sys; from pathlib import Path\n"
        "from appliance.firstboot import codes, ownership\n"
        "codes.matches = lambda *_: os._exit(9)\n"
        "ownership.Claim(Path(sys.argv[1])).check('00000000')\n"
    )
    for _ in range(5):
        assert subprocess.run([sys.executable, "-c", program, tmp_path], check=False).returncode == 9
    with pytest.raises(Wrong, match="too many"):
        Claim(tmp_path).check(CODE)


def test_a_chosen_code_is_marked_so_and_keeps_the_owners(claim: Claim) -> None:
    token = claim.verify(CODE)
    claim.fix("ABCD2345")
    assert claim.fixed
    assert claim.is_owner(token)
    other = claim.verify("abcd-2345")
    assert claim.is_owner(token)
    assert claim.is_owner(other)


def test_resetting_forgets_everybody(claim: Claim) -> None:
    token = claim.verify(CODE)
    claim.reset()
    assert claim.state == "unprepared"
    assert not claim.is_owner(token)


@pytest.mark.parametrize("content", [b"", b"{", b'{"tries": 5}', b"\xff" * 100, b"[]"])
def test_a_damaged_file_is_told_and_can_be_reset(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    claim = Claim(tmp_path)
    with pytest.raises(SetupError, match="damaged"):
        claim.verify(CODE)
    claim.reset()
    claim.renew(codes.made())
    assert claim.state == "open"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be written"):
        Claim(tmp_path / "missing").renew(CODE)


def test_a_lock_that_somebody_keeps_is_not_waited_for_for_ever(
    claim: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "LOCK_SECONDS", 0.1)
    with (tmp_path / ownership.LOCK).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SetupError, match="somebody else"):
            claim.check(CODE)
    claim.check(CODE)
