"""The last word before RAUC writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from appliance.updating import gate, order, record
from appliance.updating.errors import Refused, UpdateError
from appliance.updating.order import Order
from appliance.updating.record import Content
from tests.updating import machines
from tests.updating.machines import Machine

GOOD = {"VERSION": "2.0.0", "BOARD": "n100", "EPOCH": "1"}


def environment(**told: str) -> dict[str, str]:
    return {gate.META + name: value for name, value in {**GOOD, **told}.items()}


def test_a_good_bundle_marks_the_other_slot_with_what_it_will_hold(n100: Machine) -> None:
    known = record.with_content(record.Record(), "B", Content("good", "0.9", 1))
    record.write(n100.data, known)
    gate.judge(environment(), n100.places)
    assert record.read(n100.data).b == Content("writing", "2.0.0", 1)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"VERSION": "0.9.0"}, "older"),
        ({"BOARD": "pi5"}, "board"),
        ({"EPOCH": "0"}, "epoch"),
        ({"EPOCH": ""}, "does not say"),
        ({"EPOCH": "١"}, "does not say"),
        ({"VERSION": ""}, "does not say"),
        ({"MIN_VERSION": "1.5.0"}, "at least 1.5.0"),
    ],
)
def test_a_bad_one_leaves_the_other_slot_alone(n100: Machine, told: dict[str, str], why: str) -> None:
    before = record.read(n100.data)
    with pytest.raises(Refused, match=why):
        gate.judge(environment(**told), n100.places)
    assert record.read(n100.data) == before


def test_the_epoch_that_was_committed_counts_even_if_an_older_image_says_less(n100: Machine) -> None:
    record.write(n100.data, msgspec.structs.replace(record.read(n100.data), epoch=3))
    with pytest.raises(Refused, match="security fix"):
        gate.judge(environment(EPOCH="2"), n100.places)


def test_only_the_owners_order_lets_an_older_version_in(n100: Machine) -> None:
    order.give(n100.places, Order(allow_downgrade=True))
    gate.judge(environment(VERSION="0.9.0"), n100.places)
    order.withdraw(n100.places)
    with pytest.raises(Refused, match="older"):
        gate.judge(environment(VERSION="0.8.0"), n100.places)


def test_an_order_that_nobody_withdrew_ends_by_itself(n100: Machine) -> None:
    order.give(n100.places, Order(allow_downgrade=True))
    given = order.given(n100.places)
    assert given.allow_downgrade
    n100.places.order.write_bytes(msgspec.json.encode(msgspec.structs.replace(given, until=1.0)))
    with pytest.raises(Refused, match="older"):
        gate.judge(environment(VERSION="0.9.0"), n100.places)


def test_another_version_than_announced_is_refused(n100: Machine) -> None:
    order.give(n100.places, Order("2.0.0"))
    with pytest.raises(Refused, match=r"2\.0\.0 was announced"):
        gate.judge(environment(VERSION="2.0.1"), n100.places)


def test_nothing_gets_in_while_a_version_is_tried(n100: Machine) -> None:
    (n100.root / "proc/cmdline").write_text("rauc.slot=B")
    machines.release(n100.root, "n100", "2.0.0")
    with pytest.raises(UpdateError, match="still being tried"):
        gate.judge(environment(VERSION="2.1.0"), n100.places)


def test_as_a_program_it_says_why_and_leaves_the_reason(
    n100: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.main(n100.places) == 1
    assert "<< error this bundle does not say" in capsys.readouterr().out
    said = order.refusal(n100.places)
    assert said is not None
    assert said.hint


def test_rauc_can_call_it(tmp_path: Path) -> None:
    """Outside of the image it refuses: never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "appliance.updating.gate"],
        check=False,
        capture_output=True,
        text=True,
        env={gate.META + name: value for name, value in GOOD.items()} | {"PYTHONPATH": str(Path.cwd())},
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert "not the appliance's image" in done.stdout
