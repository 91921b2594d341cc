"""`python -m appliance.updating`: root's part; its socket starts it when somebody asks.

A socket and not a watched folder: the kernel says who asks, a refusal is an answer, and nothing that another
user may write is ever opened by name as root but a bundle, which RAUC checks. RAUC's own D-Bus interface has
no rule but root or everybody; so its users are root alone, and a handful of requests is all that the
appliance's user may ask for.
"""

from __future__ import annotations

import logging
import os
import socket
import sys

from appliance.config import load
from appliance.config.model import Config
from appliance.errors import ApplianceError
from appliance.updating.helper import Helper
from appliance.updating.places import Places

FIRST_DESCRIPTOR = 3


def listening() -> socket.socket:
    """The socket that systemd has opened for us."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        raise SystemExit("started by appliance-update.socket, not by hand")
    return socket.socket(fileno=FIRST_DESCRIPTOR)


def main() -> int:
    """The exit status."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        config = load.load(None, os.environ).config
    except ApplianceError as error:
        # A broken setting must not keep the version away that could mend it.
        logging.getLogger(__name__).warning("%s", error)
        config = Config()
    with listening() as server:
        Helper(Places(), config.update).serve(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
