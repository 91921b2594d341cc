"""`python -m appliance.updating.usb`: a stick whose file system is named UPDATE was plugged in. Runs as root.

The unit has mounted it read-only, without programs, devices or set-user-id. Its newest bundle for this board
is installed if it is newer than what runs and has not failed here before: a stick that is left in does not
start the same failing version again and again.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from appliance.config import load
from appliance.errors import ApplianceError
from appliance.updating import asking, here, state, versions
from appliance.updating.errors import UpdateError
from appliance.updating.places import Places

LOG = logging.getLogger(__name__)
NAME = re.compile(r"appliance-([a-z0-9]{1,16})-([0-9A-Za-z.+-]{1,64})\.raucb", re.ASCII)
MAX_FILES = 1_000
LOOK_SECONDS = 2.0


def newest(names: Iterable[str], board: str, running: str, failed: tuple[str, ...]) -> str:
    """The file to install; empty when there is none that is newer and did not fail before."""
    found: list[tuple[versions.Key, str]] = []
    for name in itertools.islice(names, MAX_FILES):
        match = NAME.fullmatch(name)
        if match is None or match[1] != board or match[2] in failed:
            continue
        try:
            if versions.newer(match[2], running):
                found.append((versions.key(match[2]), name))
        except UpdateError:
            LOG.info("%s: its name holds no version", name[:100])
    return max(found)[1] if found else ""


def install(places: Places, folder: Path) -> str:
    """Ask for it and wait until it is done; the file's name, empty for nothing. Raises UpdateError."""
    situation = here.look(places)
    with os.scandir(folder) as entries:
        names = [entry.name for entry in itertools.islice(entries, MAX_FILES)]
    name = newest(names, situation.release.board, situation.release.version, situation.record.failed)
    if not name:
        LOG.info("the stick holds nothing newer than %s", situation.release.version)
        return ""
    asking.ask(places, "install", source=str(folder / name))
    while (now := state.read(places.state)) is not None and now.busy:
        time.sleep(LOOK_SECONDS)
    return name


def main(words: list[str]) -> int:
    """The exit status."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if not load.load(None, os.environ).config.update.usb:
            LOG.info("updates from sticks are switched off (update.usb)")
            return 0
        install(Places(), Path(words[0]))
    except ApplianceError as error:
        LOG.error("%s", error)  # noqa: TRY400 - a sentence for people
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
