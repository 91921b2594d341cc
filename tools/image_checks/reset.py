"""Factory reset: everything that was kept is gone, and the machine is another one."""

from __future__ import annotations

from collections.abc import Iterator

from image_guest import GuestError
from image_observing import active_seconds
from image_trials import LISTENING, START_SECONDS, failed_units

from image_checks import Bench, Row

NAME = "reset"
HELP = "`appliance setup factory-reset`: it starts anew, knows nothing, and listens"
ORDER = 140
KEPT = ("/data/config/trial", "/data/appliance/trial", "/data/network/trial", "/data/home/trial")


def run(bench: Bench) -> Iterator[Row]:
    """A row a fact."""
    guest = bench.guest
    before = guest.says("cat /etc/machine-id")
    guest.says(f"mkdir -p /data/home && touch {' '.join(KEPT)} && sync")
    guest.tell("appliance setup factory-reset --yes")  # the machine may be down before its end is told
    guest.wait_for_shell(START_SECONDS)
    if guest.says("cat /proc/sys/kernel/random/boot_id; cat /etc/machine-id").split()[1] == before:
        raise GuestError("the machine is still the same")
    listens = guest.wait_until(LISTENING, START_SECONDS)
    seconds = active_seconds(guest, "appliance.service")
    yield Row("it starts by itself and listens", listens, f"{seconds:.0f} s")
    left = guest.run(f"ls {' '.join(KEPT)} 2>/dev/null")[1].split()
    yield Row("nothing is left", not left, " ".join(left))
    failed = failed_units(guest)
    yield Row("no failed units", not failed, " ".join(failed))
