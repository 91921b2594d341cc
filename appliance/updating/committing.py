"""`python -m appliance.updating.committing boot|commit`: what each start owes to the slots. Runs as root.

boot:   learn where the firmware led, say so, and lift the deadline when the committed version runs.
commit: when a version runs on trial, let it test itself; then keep it, or start the former one again.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from appliance.config import load
from appliance.config.model import Config
from appliance.errors import ApplianceError
from appliance.updating import (
    boards,
    carrying,
    healthy,
    here,
    installing,
    record,
    release,
    slots,
    state,
    trial,
)
from appliance.updating.boards import Firmware
from appliance.updating.errors import UpdateError
from appliance.updating.places import Places
from appliance.updating.release import Release
from appliance.updating.trial import Report

LOG = logging.getLogger(__name__)
TEST_SECONDS = 700.0
"""A whole self test on a slow machine, with what it has to load: the unit's own time, and a little."""
PAUSE_SECONDS = 10.0
JOURNAL_SECONDS = 10.0
MAX_OUTPUT_BYTES = 262_144
UNIT = "appliance-selftest.service"
"""Runs `appliance selftest --json --for-update` as the appliance itself runs: its user, its walls."""
START = ("systemctl", "start", UNIT)
STOP = ("systemctl", "stop", "--no-block", UNIT)
ROWS = ("journalctl", "--quiet", "--output=cat", "--invocation=0", "--lines=200", f"--unit={UNIT}")
"""What it said the last time."""


def run_test(
    seconds: float,
    start: Sequence[str] = START,
    rows: Sequence[str] = ROWS,
    stop: Sequence[str] = STOP,
) -> Report:
    """One self test as a child process; it ends, or is ended, within the time."""
    status: int | None
    try:
        done = subprocess.run(
            start, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=seconds
        )
        status = done.returncode
    except subprocess.TimeoutExpired:
        status = None
        _output(stop)
    except OSError as error:
        return Report(passed=False, reason=f"the self test cannot be started: {error.strerror}")
    return trial.read(status, b"" if status == 0 else _output(rows))


def _output(command: Sequence[str]) -> bytes:
    """What a short command says; nothing when it cannot be asked: its answer is for people only."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=JOURNAL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        LOG.info("%s: %s", command[0], error)
        return b""
    return done.stdout[:MAX_OUTPUT_BYTES]


def boot(places: Places) -> slots.Facts:
    """At each start. Raises UpdateError.

    The deadline of a trial is lifted before anything can go wrong that does not concern a trial: a medium
    that cannot be written any more is no reason to start again and again.
    """
    running = release.read(places.root)
    firmware = boards.of_board(running.board, places.root)
    try:
        before = carrying.facts(firmware, places.kept)
    except UpdateError:
        if record.read(places.kept).of(firmware.running()).mark == "good":
            _lift_deadline(places)
        raise
    if not before.trying:
        _lift_deadline(places)
    facts = carrying.settle(firmware, places.kept)
    if not facts.trying:
        _learn(places, running, before)
    here.publish(places, afresh=True)
    return facts


def _learn(places: Places, running: Release, before: slots.Facts) -> None:
    """Keep what runs; and when a version beside it was tried and left, that it was."""
    slot = before.running
    known = record.read(places.kept)
    beside = slots.other(slot)
    if before.mark(beside) == "armed" and known.of(beside).mark == "failed":
        version = known.of(beside).version
        known = record.failed(
            known,
            version,
            "it did not start, or the power went while it did",
            "install it again; if it fails again, it does not suit this machine",
        )
        LOG.warning("version %s was started once and is undone", version)
    content = record.Content("good", running.version, running.epoch)
    after = record.with_content(known, slot, content)
    if after != record.read(places.kept):
        record.write(places.kept, after)


def _lift_deadline(places: Places) -> None:
    state.put(places.settled, b"", 0o644)


def commit(
    places: Places,
    config: Config,
    test: trial.Test,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Keep what runs on trial, or give it up; False: the machine has to start again. Raises UpdateError."""
    situation = here.look(places)
    firmware = boards.of_board(situation.release.board, places.root)
    if not situation.facts.trying:
        return True
    report = trial.judge(
        test,
        time.monotonic,
        sleep,
        seconds=config.update.healthy_minutes * 60,
        test_seconds=TEST_SECONDS,
        pause_seconds=PAUSE_SECONDS,
    )
    running = situation.release
    if not report.passed:
        LOG.error("version %s is given up: %s", running.version, report.reason)
        _give_up(places, firmware, running.version, report)
        return False
    healthy.attest(places)
    facts = carrying.facts(firmware, places.kept)
    carrying.carry_out(
        firmware, places.kept, slots.commit(facts, facts.running, healthy=healthy.found(places))
    )
    known = record.read(places.kept)
    record.write(places.kept, record.committed(known, facts.running, running.version, running.epoch))
    _lift_deadline(places)
    here.publish(places, afresh=True)
    LOG.info("version %s is healthy and stays", running.version)
    return True


def _give_up(places: Places, firmware: Firmware, version: str, report: Report) -> None:
    """Even a full disk must not keep the former version from starting."""
    try:
        carrying.carry_out(firmware, places.kept, slots.give_up(carrying.facts(firmware, places.kept)))
        record.write(
            places.kept, record.failed(record.read(places.kept), version, report.reason, report.hint)
        )
    except UpdateError as error:
        LOG.error("%s", error)  # noqa: TRY400 - a sentence; the restart that follows is what counts


def main(words: Sequence[str]) -> int:
    """The exit status; anything but 0 makes the unit start the machine again."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    places = Places()
    try:
        if list(words) == ["boot"]:
            boot(places)
            return 0
        if places.settled.exists():
            return 0
        if not commit(places, _config(), run_test):
            installing.restart()
    except ApplianceError as error:
        LOG.error("%s", error)  # noqa: TRY400 - a sentence for people
        return 1
    return 0


def _config() -> Config:
    """The configuration; its defaults when it is broken, which is no reason to go back by itself."""
    try:
        return load.load(None, os.environ).config
    except ApplianceError as error:
        LOG.warning("%s", error)
        return Config()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
