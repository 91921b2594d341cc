"""What RAUC's custom boot loader backend answers."""

from __future__ import annotations

import pytest

from appliance.updating import backend, gate, healthy, record
from appliance.updating.errors import SlotError
from appliance.updating.record import Content, Record
from tests.updating.machines import Machine, System
from tests.updating.players import Rauc


def ask(machine: Machine, *words: str) -> str:
    return backend.answer(words, machine.firmware, machine.places)


def test_an_installation_as_rauc_does_it(machine: Machine) -> None:
    assert (ask(machine, "get-primary"), ask(machine, "get-current")) == ("A", "A")
    assert (ask(machine, "get-state", "A"), ask(machine, "get-state", "B")) == ("good", "bad")
    Rauc(machine)("/x.raucb", lambda *_: None)
    assert (ask(machine, "get-primary"), ask(machine, "get-state", "B")) == ("B", "good")
    assert ask(machine, "get-current") == "A"


def test_the_tried_slot_is_kept_only_with_the_proof_of_this_start(machine: Machine) -> None:
    Rauc(machine)("/x.raucb", lambda *_: None)
    machine.systems["B"] = System("2.0.0", "hang")
    (machine.root / "proc/cmdline").write_text("rauc.slot=B")
    with pytest.raises(SlotError, match="self test"):
        ask(machine, "set-state", "B", "good")
    healthy.attest(machine.places)
    (machine.root / healthy.BOOT_ID).write_text("another start\n")
    with pytest.raises(SlotError, match="self test"):
        ask(machine, "set-state", "B", "good")
    healthy.attest(machine.places)
    ask(machine, "set-state", "B", "good")
    assert machine.firmware.committed() == "B"


@pytest.mark.parametrize(
    "words",
    [
        ("set-state", "A", "bad"),
        ("set-state", "B", "good"),
        ("set-primary", "B"),
        ("set-primary", "C"),
        ("get-state", ""),
        ("get-state",),
        (),
        ("format", "A"),
        ("set-state", "A", "better"),
    ],
)
def test_what_it_refuses(machine: Machine, words: tuple[str, ...]) -> None:
    before = record.read(machine.data)
    with pytest.raises(SlotError):
        ask(machine, *words)
    assert (machine.firmware.committed(), machine.firmware.pending()) == ("A", None)
    assert record.read(machine.data) == before


def test_a_slot_of_another_installation_is_not_taken_for_the_new_one(machine: Machine) -> None:
    """The gate marks before RAUC does: a power cut between them leaves nothing that looks whole."""
    record.write(machine.data, record.with_content(Record(), "B", Content("good", "0.9", 1)))
    told = {"VERSION": "2.0.0", "BOARD": machine.board, "EPOCH": "1"}
    gate.judge({gate.META + name: value for name, value in told.items()}, machine.places)
    assert ask(machine, "get-state", "B") == "bad"
