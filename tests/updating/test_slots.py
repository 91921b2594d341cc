"""Whatever happens: a slot starts, never an untried one twice, and committed only when healthy."""

from __future__ import annotations

import itertools
import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.updating import carrying, efivars, slots
from appliance.updating.errors import SlotError
from appliance.updating.slots import Commit, DoNotTry, Facts, Note, Try
from tests.updating.machines import Machine, System

BOARDS = ("n100", "pi5")
MEMORY = next((folder for folder in ("/dev/shm",) if os.access(folder, os.W_OK)), None)
"""Hundreds of lives write thousands of files to the end: in memory where that can be had."""
HEALTHS = ("healthy", "unhealthy", "hang", "panic")
CUTS = st.one_of(st.none(), st.integers(0, 24))

DEEDS = st.one_of(
    st.tuples(st.sampled_from(["install", "prepare"]), st.sampled_from(HEALTHS), CUTS),
    st.tuples(st.just("restart"), st.sampled_from(["restart", "power", "watchdog"]), CUTS),
    st.tuples(st.just("roll back"), st.just(""), CUTS),
)


@pytest.mark.parametrize("board", BOARDS)
@given(deeds=st.lists(DEEDS, max_size=6), seed=st.integers(0, 2**16))
@settings(max_examples=50, deadline=None)
def test_any_life_leads_to_a_system_that_runs(
    board: str, deeds: list[tuple[str, str, int | None]], seed: int
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        machine = Machine(Path(folder) / "root", board, random.Random(seed))
        for number, (what, how, cut) in enumerate(deeds):
            machine.cut_after = cut
            match what:
                case "install" | "prepare":
                    machine.install(System(f"{number} {how}", how), restart=what == "install")
                case "restart":
                    machine.restart(how)
                case _:
                    machine.roll_back()
            machine.cut_after = None
            now = carrying.facts(machine.firmware, machine.data)
            assert not now.trying
            running = machine.systems[now.running]
            assert running is not None
            assert running.passed


@pytest.mark.parametrize("board", BOARDS)
def test_a_healthy_version_is_committed(board: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root", board, random.Random(0))
    machine.install(System("second"))
    assert machine.started == [("A", "first"), ("B", "second")]
    machine.restart("power")
    assert machine.started[-1] == ("B", "second")


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("health", ["unhealthy", "hang", "panic"])
def test_any_other_version_is_left_after_one_start(board: str, health: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root", board, random.Random(0))
    machine.install(System("second", health))
    assert machine.started == [("A", "first"), ("B", "second"), ("A", "first")]
    now = carrying.facts(machine.firmware, machine.data)
    assert now.mark("B") == "failed"
    with pytest.raises(SlotError, match="not found healthy"):
        slots.arm(now, "B")
    machine.install(System("third"))
    assert machine.started[-1] == ("B", "third")


@pytest.mark.parametrize("board", BOARDS)
def test_every_single_cut_of_a_good_update_and_of_its_commit(board: str) -> None:
    ends = set()
    for cut in itertools.count():
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            machine = Machine(Path(folder) / "root", board, random.Random(cut))
            machine.cut_after = cut
            machine.install(System("second"))
            ends.add(machine.started[-1][1])
        if machine.cut_after is not None:
            break  # the whole update took fewer writes
    assert cut > 15, "writes are no longer cut one by one"
    assert ends == {"first", "second"}


@pytest.mark.parametrize("board", BOARDS)
def test_a_version_can_be_taken_back(board: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root", board, random.Random(0))
    machine.install(System("second"))
    machine.roll_back()
    machine.restart("power")
    assert machine.started[-1] == ("A", "first")


def test_a_mainboard_that_lost_its_variables_starts_the_same_version(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root", "n100", random.Random(0))
    machine.install(System("second"))
    for variable in (machine.root / efivars.FOLDER).iterdir():
        variable.unlink()
    machine.restart("power")
    assert machine.started[-1] == ("B", "second")


ON_A = Facts("A", "A", marks=("good", "good"))
TRIAL = Facts("B", "A", marks=("good", "armed"))


@pytest.mark.parametrize(
    ("facts", "slot"),
    [(ON_A, "A"), (TRIAL, "A"), (TRIAL, "B")],
    ids=["the running one", "the one to come back to", "the tried one"],
)
def test_a_slot_that_is_needed_is_not_overwritten(facts: Facts, slot: slots.Slot) -> None:
    with pytest.raises(SlotError):
        slots.begin_writing(facts, slot)


def test_a_slot_is_forbidden_before_it_is_written_and_armed_before_it_is_tried() -> None:
    assert slots.begin_writing(ON_A, "B") == [DoNotTry(), Note("B", "writing")]
    assert slots.arm(Facts("A", "A", marks=("good", "writing")), "B") == [Note("B", "armed"), Try("B")]


@pytest.mark.parametrize("mark", ["unknown", "failed", "retired"])
def test_what_had_its_try_gets_no_other(mark: slots.Mark) -> None:
    with pytest.raises(SlotError, match="slot B"):
        slots.arm(Facts("A", "A", marks=("good", mark)), "B")


def test_asking_for_the_committed_slot_takes_a_try_back() -> None:
    assert slots.arm(Facts("A", "A", pending="B", marks=("good", "armed")), "A") == [DoNotTry()]


def test_the_tried_slot_cannot_be_made_the_first_without_being_healthy() -> None:
    with pytest.raises(SlotError, match="trial"):
        slots.arm(TRIAL, "B")
    with pytest.raises(SlotError, match="self test"):
        slots.commit(TRIAL, "B", healthy=False)
    assert slots.commit(TRIAL, "B", healthy=True)[0] == Commit("B")


def test_only_what_runs_can_be_found_healthy() -> None:
    with pytest.raises(SlotError, match="does not run"):
        slots.commit(ON_A, "B", healthy=True)


def test_a_security_fix_retires_what_was_before_it() -> None:
    steps = slots.commit(Facts("B", "A", marks=("good", "armed"), epochs=(1, 2)), "B", healthy=True)
    assert steps[-1] == Note("A", "retired")
    same = slots.commit(Facts("B", "A", marks=("good", "armed"), epochs=(2, 2)), "B", healthy=True)
    assert Note("A", "retired") not in same


@pytest.mark.parametrize(
    ("facts", "primary", "good"),
    [
        (ON_A, "A", ("A", "B")),
        (Facts("A", "A", pending="B", marks=("good", "armed")), "B", ("A", "B")),
        (Facts("A", "A", marks=("good", "writing")), "A", ("A",)),
        (Facts("A", "A", marks=("unknown", "failed")), "A", ("A",)),
        (TRIAL, "A", ("A", "B")),
    ],
)
def test_what_rauc_is_told(facts: Facts, primary: str, good: tuple[str, ...]) -> None:
    assert slots.primary(facts) == primary
    assert tuple(slot for slot in ("A", "B") if slots.is_good(facts, slot)) == good
