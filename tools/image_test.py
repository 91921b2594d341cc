"""Boots an image in a virtual machine and runs image_checks on it; a plain table, status 0 or 1."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import image_checks
from image_breakage import BY_NAME
from image_checks import Bench, Row, boottime
from image_guest import Guest, GuestError, Machine, interactive
from image_observing import active_seconds, patience, trace_refused_writes
from image_pi5_firmware import DoesNotStart
from image_pi5_guest import PiMachine

MACHINES: dict[str, type[Machine]] = {"n100": Machine, "pi5": PiMachine}
UNITS = Path(__file__).resolve().parent.parent / "systemd"
LISTENING = "systemctl is-active -q appliance"
"""Its READY comes when every stage is there. `appliance status` costs an emulated machine half a minute."""
LISTENING_SECONDS = 1_500
LOOK_SECONDS = 5.0
"""Each look takes a second of the emulated processor, which the start should have."""


def line_of(row: Row) -> str:
    """A row of the table."""
    return f"  {'ok    ' if row.good else 'FAILED'}  {row.what:52} {row.value}".rstrip()


def report(rows: Iterable[Row]) -> int:
    """Print them as they come; the number of failed ones."""
    failed = 0
    for row in rows:
        print(line_of(row), flush=True)
        if not row.good:
            failed += 1
            for line in row.detail.strip().splitlines()[:40]:
                print(f"            {line}", flush=True)
    return failed


def run_checks(bench: Bench, modules: list[ModuleType]) -> int:
    """How many rows failed; a guest that breaks is one more."""
    failed = 0
    for module in modules:
        print(f"{module.NAME}: {module.HELP}", flush=True)
        try:
            failed += report(image_checks.rows(module, bench))
        except GuestError as error:
            failed += report([Row("the guest goes on", False, "", str(error))])
    return failed


def wait_until_listening(guest: Guest) -> float:
    """Seconds from the kernel's start. Raises GuestError with what the appliance said."""
    guest.wait_for_shell(LISTENING_SECONDS)
    trace_refused_writes(guest)
    if not guest.wait_until(LISTENING, LISTENING_SECONDS, pause=LOOK_SECONDS):
        _, status = guest.run(
            "systemctl --no-pager --failed; systemctl status --no-pager appliance | head -n 40"
        )
        _, journal = guest.run("journalctl -q --no-pager -u appliance -o short-monotonic | tail -n 60")
        raise GuestError(f"not listening after {guest.seconds:.0f} s\n{status}\n{journal}")
    return active_seconds(guest, "appliance.service")


def test(given: argparse.Namespace, folder: Path) -> int:
    """Boot, wait, check; exit status. Raises ValueError for a check or kind that is none."""
    image, board = given.image, given.board
    modules = image_checks.chosen(given.rest, board)
    _check_kinds(given.kinds)

    def make(where: Path) -> Machine:
        return MACHINES[board](image, where, drop_ins=patience(UNITS))

    bench = Bench(Guest(make(folder)), board, image, UNITS, make=make, folder=folder)
    bench.given_bundle, bench.tries, bench.kinds = given.bundle, given.tries, tuple(given.kinds)
    shared = [module for module in modules if not image_checks.has_own_guest(module)]
    own = [module for module in modules if image_checks.has_own_guest(module)]
    failed = _in_one_guest(bench, shared) if shared else 0
    failed += run_checks(bench, own)
    print(f"{failed} failed" if failed else "all is well", flush=True)
    return 1 if failed else 0


def _check_kinds(names: list[str]) -> None:
    for name in names:
        if name not in BY_NAME:
            raise ValueError(f"no such kind of breakage: {name}; there are {', '.join(BY_NAME)}")


def _in_one_guest(bench: Bench, modules: list[ModuleType]) -> int:
    """Checks that share a guest whose appliance listens; how many rows failed."""
    bench.guest.machine.make_disk()
    print(f"{bench.image.name}: first boot in a virtual machine (emulated: minutes)", flush=True)
    with bench.guest:
        try:
            bench.seconds_to_listening = wait_until_listening(bench.guest)
            bench.notes[boottime.PROCESSOR] = bench.guest.processor_seconds
        except GuestError as error:
            return report([Row("it listens", False, "", str(error))])
        return run_checks(bench, modules)


def arguments() -> argparse.Namespace:
    """What tools/image hands over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("boot", "test", "checks"))
    parser.add_argument("--image", type=Path)
    parser.add_argument("--board", default="n100", choices=sorted(MACHINES))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--tries", type=int, default=0)
    parser.add_argument("--kind", dest="kinds", action="append", default=[])
    parser.add_argument("rest", nargs="*")
    return parser.parse_args()


def main() -> int:
    """`boot`, `test` or the list of `checks`."""
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was begun is removed
    if given.action == "checks":
        for module in image_checks.all_checks():
            print(f"  {module.NAME:10} {module.HELP}")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="guest.", dir=given.work))
    try:
        if given.action == "boot":
            return interactive(MACHINES[given.board](given.image, folder, arguments=tuple(given.rest)))
        try:
            return test(given, folder)
        except ValueError as error:
            print(f"image: {error}", file=sys.stderr)
            return 2
    except DoesNotStart as error:
        print(f"image: the Raspberry Pi 5 would not start this: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
