"""`python -m appliance.backup`: one snapshot, as ordered on standard input (see `snapshots`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from appliance.backup import passphrase, retention
from appliance.backup.errors import BackupError, cannot
from appliance.backup.files import give_to
from appliance.backup.making import make
from appliance.backup.offsite import Offsite
from appliance.backup.snapshots import Order, Taken, folder, listed, prepared
from appliance.config.model import Config
from appliance.errors import ApplianceError

NICE = 10
MAX_ORDER_BYTES = 4_194_304


def carry_out(order: Order) -> Taken:
    """A snapshot and its copy elsewhere, or the copy alone. Raises ApplianceError without a snapshot."""
    taken = Taken() if order.offsite_only else take(order)
    if not order.config.backup.offsite:
        return taken
    try:
        copy_offsite(order.config, taken.path)
    except ApplianceError as error:
        return msgspec.structs.replace(taken, offsite_error=error.message, offsite_hint=error.hint)
    return taken


def copy_offsite(config: Config, path: str = "") -> None:
    """Copy this snapshot, or the newest, into the offsite repository. Raises ApplianceError."""
    there = listed(folder(config))
    if not there:
        raise BackupError("there is no snapshot that could be copied", "appliance backup --offsite")
    settings = config.backup
    keep = (max(settings.keep_daily, 1), settings.keep_weekly, settings.keep_monthly)
    Offsite(config).push(Path(path) if path else there[max(there)], keep)


def take(order: Order) -> Taken:
    """Make it, then remove the older ones that the retention does not keep. Raises ApplianceError."""
    config = order.config
    try:
        place = prepared(config)
        if not config.backup.folder:
            give_to(place, place.parent.stat())
        made = make(config, place, passphrase.configured(config, new=True), order.now)
        removed = _thin(config, order)
    except OSError as error:
        raise cannot("the folder of snapshots cannot be used", error) from error
    return Taken(made.path, made.size, len(made.manifest.left_out), removed)


def _thin(config: Config, order: Order) -> tuple[str, ...]:
    there = listed(prepared(config))
    keep = retention.Keep(config.backup.keep_daily, config.backup.keep_weekly, config.backup.keep_monthly)
    gone = sorted(set(there) - retention.kept(there, order.now, keep))
    for when in gone:
        there[when].unlink(missing_ok=True)
    return tuple(there[when].name for when in gone)


def main() -> int:
    """The exit status; the answer is one line of JSON."""
    os.nice(NICE)
    order = msgspec.json.decode(sys.stdin.buffer.read(MAX_ORDER_BYTES), type=Order)
    try:
        taken = carry_out(order)
    except ApplianceError as error:
        taken = Taken(error=error.message, hint=error.hint)
    sys.stdout.buffer.write(msgspec.json.encode(taken) + b"\n")
    return 1 if taken.error else 0


if __name__ == "__main__":
    sys.exit(main())
