"""A spoken sentence goes all the way on the image: from wake word to deed and spoken answer.

`appliance selftest`, as the updates ask it, with more time: emulated, everything is some ten times slower.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from image_checks import Bench, Row

NAME = "speech"
HELP = "`appliance selftest`: a spoken command does its deed on the broker and is answered aloud"
ORDER = 60
SECONDS = 900
DROP_IN = "/run/systemd/system/appliance-selftest.service.d"
EXECUTE = "ExecStart=\\nExecStart=/opt/appliance/bin/appliance selftest"
SLOW = f"[Service]\\nTimeoutStartSec={SECONDS + 60}\\n{EXECUTE}"


def run(bench: Bench) -> Iterator[Row]:
    """One row a step of the self test."""
    guest = bench.guest
    command = f"{SLOW} --json --for-update --timeout {SECONDS}\\n"
    guest.says(f"mkdir -p {DROP_IN} && printf '{command}' >{DROP_IN}/slow.conf && systemctl daemon-reload")
    status, _ = guest.run("systemctl start --wait appliance-selftest.service", SECONDS + 120)
    _, text = guest.run("journalctl -q -b -o cat --no-pager -u appliance-selftest.service")
    for line in text.splitlines():
        if line.startswith("{"):
            step = json.loads(line)
            found, hint = str(step.get("found") or ""), str(step.get("hint") or "")
            yield Row(str(step.get("what")), bool(step.get("ok")), found, hint)
    yield Row("the self test has passed", status == 0, "", text)
