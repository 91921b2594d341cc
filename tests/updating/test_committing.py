"""What each start owes to the slots, on machines of both kinds."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.config.model import Config, Update
from appliance.updating import committing, record, state
from appliance.updating.errors import UpdateError
from appliance.updating.trial import Report
from tests.updating import machines
from tests.updating.machines import Machine
from tests.updating.players import Rauc

CONFIG = Config(update=Update(healthy_minutes=2))
PASSED = Report(passed=True)
FAILED = Report(passed=False, reason="wake word: heard nothing", hint="listen")


def start_the_new_one(machine: Machine) -> None:
    """Installed, and started once."""
    committing.boot(machine.places)
    Rauc(machine)("/x.raucb", lambda *_: None)
    (machine.root / "proc/cmdline").write_text("rauc.slot=B")
    machines.release(machine.root, machine.board, "2.0.0")
    shutil.rmtree(machine.root / "run", ignore_errors=True)
    for variable in (machine.root / "sys/firmware/efi/efivars").glob("LoaderEntryOneShot*"):
        variable.unlink()


def back(machine: Machine) -> None:
    (machine.root / "proc/cmdline").write_text("rauc.slot=A")
    machines.release(machine.root, machine.board, "1.0.0")
    shutil.rmtree(machine.root / "run", ignore_errors=True)


def no_time(seconds: float) -> None:
    del seconds


def test_an_ordinary_start_lifts_the_deadline(machine: Machine) -> None:
    facts = committing.boot(machine.places)
    assert not facts.trying
    assert machine.places.settled.exists()
    known = record.read(machine.data)
    assert (known.a.mark, known.a.version) == ("good", "1.0.0")
    now = state.read(machine.places.state)
    assert now is not None
    assert (now.running, now.committed, now.trying) == ("A", "A", False)


def test_a_trial_keeps_its_deadline_until_it_is_healthy(machine: Machine) -> None:
    start_the_new_one(machine)
    assert committing.boot(machine.places).trying
    assert not machine.places.settled.exists()
    assert committing.commit(machine.places, CONFIG, lambda _: PASSED)
    assert machine.places.settled.exists()
    assert machine.firmware.committed() == "B"
    known = record.read(machine.data)
    assert (known.b.mark, known.b.version, known.a.mark) == ("good", "2.0.0", "good")
    now = state.read(machine.places.state)
    assert now is not None
    assert (now.trying, now.beside) == (False, "1.0.0")


class Short(Update, frozen=True):
    """Less than a configuration file may say: a tenth of a second."""

    healthy_minutes: float = 0.002


def test_an_unhealthy_one_is_given_up_in_time_and_with_its_reason(machine: Machine) -> None:
    start_the_new_one(machine)
    committing.boot(machine.places)
    assert not committing.commit(machine.places, Config(update=Short()), lambda _: FAILED, no_time)
    assert machine.firmware.committed() == "A"
    assert record.read(machine.data).b.mark == "failed"
    back(machine)
    committing.boot(machine.places)
    now = state.read(machine.places.state)
    assert now is not None
    assert (now.undone, now.undone_why) == ("2.0.0", "wake word: heard nothing")
    assert record.read(machine.data).failed == ("2.0.0",)


def test_one_that_did_not_start_is_told_at_the_next_start(machine: Machine) -> None:
    start_the_new_one(machine)
    back(machine)
    committing.boot(machine.places)
    known = record.read(machine.data)
    assert (known.b.mark, known.failed) == ("failed", ("2.0.0",))
    assert known.last is not None
    assert "did not start" in known.last.reason


def test_what_runs_and_is_committed_needs_no_test(machine: Machine) -> None:
    def test(seconds: float) -> Report:
        raise AssertionError(f"nobody asked for {seconds} seconds")

    assert committing.commit(machine.places, CONFIG, test)


def test_a_boot_partition_that_cannot_be_read_does_not_restart_a_good_version_for_ever(pi5: Machine) -> None:
    committing.boot(pi5.places)
    pi5.places.settled.unlink()
    (pi5.root / "boot/autoboot/autoboot.txt").unlink()
    with pytest.raises(UpdateError, match="autoboot"):
        committing.boot(pi5.places)
    assert pi5.places.settled.exists()


def test_but_one_of_which_nothing_is_known_keeps_its_deadline(pi5: Machine) -> None:
    start_the_new_one(pi5)
    (pi5.root / "boot/autoboot/autoboot.txt").unlink()
    with pytest.raises(UpdateError, match="autoboot"):
        committing.boot(pi5.places)
    assert not pi5.places.settled.exists()


def shell(text: str) -> list[str]:
    return ["sh", "-c", text]


ROW = """echo '{"what": "wake word", "ok": false, "found": "nothing"}'"""


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("exit 0", PASSED),
        ("exit 1", Report(passed=False, reason="wake word: nothing")),
        ("exec sleep 30", Report(passed=False, reason="wake word: nothing")),
    ],
)
def test_the_self_test_is_a_process_with_a_deadline(tmp_path: Path, start: str, expected: Report) -> None:
    seconds = 0.5 if "sleep" in start else 20.0
    stopped = tmp_path / "stopped"
    report = committing.run_test(seconds, shell(start), shell(ROW), shell(f"touch {stopped}"))
    assert report == expected
    assert stopped.exists() == ("sleep" in start)


def test_a_self_test_that_cannot_be_started() -> None:
    report = committing.run_test(5.0, ["/nonexistent/program"], shell(ROW), shell("true"))
    assert not report.passed
    assert "cannot be started" in report.reason


def test_as_a_program_it_ends_with_a_status_that_the_unit_sees() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "appliance.updating.committing", "boot"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "not the appliance's image" in done.stderr
    assert "Traceback" not in done.stderr
