"""Boots an image in a virtual machine and runs image_checks on it; a plain table, status 0 or 1."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import image_checks
from image_checks import Bench, Row
from image_guest import Guest, GuestError, Machine, interactive
from image_observing import active_seconds, patience, trace_refused_writes

UNITS = Path(__file__).resolve().parent.parent / "systemd"
LISTENING = "systemctl is-active -q appliance"
"""Its READY comes when every stage is there. `appliance status` costs an emulated machine half a minute."""
LISTENING_SECONDS = 1_500


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
    if not guest.wait_until(LISTENING, LISTENING_SECONDS, pause=0.5):
        _, status = guest.run(
            "systemctl --no-pager --failed; systemctl status --no-pager appliance | head -n 40"
        )
        _, journal = guest.run("journalctl -q --no-pager -u appliance -o short-monotonic | tail -n 60")
        raise GuestError(f"not listening after {guest.seconds:.0f} s\n{status}\n{journal}")
    return active_seconds(guest, "appliance.service")


def test(image: Path, board: str, names: list[str], keep: Path) -> int:
    """Boot, wait, check; exit status."""
    modules = image_checks.chosen(names)
    machine = Machine(image, keep, drop_ins=patience(UNITS))
    machine.make_disk()
    print(f"{image.name}: first boot in a virtual machine (emulated: a minute or two)", flush=True)
    with Guest(machine) as guest:
        bench = Bench(guest, board, image, UNITS)
        try:
            bench.seconds_to_listening = wait_until_listening(guest)
        except GuestError as error:
            return 1 if report([Row("it listens", False, "", str(error))]) else 0
        failed = run_checks(bench, modules)
    print(f"{failed} failed" if failed else "all is well", flush=True)
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    """What tools/image hands over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("boot", "test", "checks"))
    parser.add_argument("--image", type=Path)
    parser.add_argument("--board", default="n100")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("rest", nargs="*")
    return parser.parse_args()


def main() -> int:
    """`boot`, `test` or the list of `checks`."""
    given = arguments()
    if given.action == "checks":
        for module in image_checks.all_checks():
            print(f"  {module.NAME:10} {module.HELP}")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="guest.", dir=given.work))
    try:
        if given.action == "boot":
            return interactive(Machine(given.image, folder, arguments=tuple(given.rest)))
        try:
            return test(given.image, given.board, given.rest, folder)
        except ValueError as error:
            print(f"image: {error}", file=sys.stderr)
            return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
