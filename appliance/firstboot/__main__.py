"""What the units run: `python -m appliance.firstboot prepare | keep | host-keys | change`, as root."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import signal
import sys
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.firstboot import host_keys, prepare
from appliance.firstboot.disk import RealDisk
from appliance.firstboot.places import Places

LOG = logging.getLogger(__name__)


def main(argv: list[str] | None = None) -> int:
    """One of them; 1 when a step failed, which the journal tells."""
    parser = argparse.ArgumentParser(prog="python -m appliance.firstboot")
    parser.add_argument("step", choices=("prepare", "keep", "host-keys", "change"))
    parser.add_argument("--from", dest="drops", type=Path, action="append", default=[], metavar="FOLDER")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    places = Places()
    try:
        if arguments.step == "keep":
            _kept(places)
            return 0
        if arguments.step == "host-keys":
            host_keys.make(places.config)
            return 0
        if arguments.step == "change":
            return _changed(places)
        result = prepare.run(places, drops=tuple(arguments.drops))
    except ApplianceError as error:
        print(f"appliance: {error}", file=sys.stderr)
        return 1
    if result.forgetting:
        LOG.warning("a factory reset was asked for: the machine starts anew and removes everything")
    note = {"name": result.name, "taken": result.taken, "faulty": result.faulty}
    RealDisk().create(places.run / "prepared.json", json.dumps(note).encode(), 0o644)
    return 1 if result.failed else 0


def _kept(places: Places) -> None:
    # Here, as `prepare` is waited for by everything else and needs neither.
    import asyncio

    from appliance.control import socket_path
    from appliance.firstboot.keeping import keep

    async def until_stopped() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await keep(places, socket_path(Path("/var/lib/appliance")))

    asyncio.run(until_stopped())


def _changed(places: Places) -> int:
    import asyncio

    from appliance.firstboot.applying import apply
    from appliance.firstboot.networks import NetworkManager

    return asyncio.run(apply(places, NetworkManager(places.network)))


if __name__ == "__main__":
    sys.exit(main())
