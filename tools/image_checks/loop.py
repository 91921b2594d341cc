"""A spoken command goes into the guest's sound card, and the answer comes out of it.

The card is snd-aloop, whose two ends hear one another: one is the appliance's, the other that of a person, a
lamp and an ear (`image_loop.py`). The guest's clock counts instructions, not seconds: the emulated machine is
fast enough for itself however busy this one is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from image_guest import Guest
from image_trials import START_SECONDS

from image_checks import Bench, Row

NAME = "loop"
HELP = "a spoken command into the guest's sound card: the lamp on its broker is told, the answer is heard"
ORDER = 205
OWN_GUEST = True
CARD = 5
COUNTED = ("-icount", "shift=0,sleep=off")
"""A billionth of a second for an instruction: what a small real machine does."""
DROP_IN = "/run/systemd/system/appliance.service.d/60-loop.conf"
SETTINGS = {
    "APPLIANCE__AUDIO__INPUT_DEVICE": f"hw:{CARD},1",
    "APPLIANCE__AUDIO__OUTPUT_DEVICE": f"hw:{CARD},1",
}
LINE = 2_000
"""Characters; a multiple of 4."""
PROGRAM = Path(__file__).resolve().parent.parent / "image_loop.py"
LISTENS_SECONDS = 1_500.0
SAYS_SECONDS = 1_500.0
JOURNAL = "journalctl -q -b --no-pager -o cat -u appliance | tail -n 40"


def run(bench: Bench) -> Iterator[Row]:
    """Listening at the card's end; the deed; the answer."""
    machine = bench.machine("loop")
    machine = replace(machine, sound=False, acceleration="tcg,thread=single,tb-size=512", arguments=COUNTED)
    machine.make_disk()
    with Guest(machine) as guest:
        guest.wait_for_shell(START_SECONDS)
        guest.says(f"modprobe snd-aloop index={CARD} pcm_substreams=1")
        lines = "\\n".join(f'Environment="{name}={value}"' for name, value in SETTINGS.items())
        guest.says(f"mkdir -p $(dirname {DROP_IN}) && printf '[Service]\\n{lines}\\n' >{DROP_IN}")
        guest.says("systemctl daemon-reload && systemctl restart appliance", LISTENS_SECONDS)
        yield Row("it listens at its end of the card", True, guest.says("cat /proc/uptime").split()[0] + " s")
        account = guest.says("/opt/appliance/bin/appliance device --json add lamp --topic lamp", 600)
        put(guest, PROGRAM.read_bytes(), "/run/loop.py")
        command = f"cd / && /opt/appliance/bin/python -I /run/loop.py {CARD} '{account}' 2>/run/loop.log"
        status, said = guest.run(command, SAYS_SECONDS)
        detail = said + guest.run(f"cat /run/loop.log; {JOURNAL}")[1]
        yield from rows(said, status, detail)


def put(guest: Guest, content: bytes, path: str) -> None:
    """Write a file in the guest, in lines that a terminal takes."""
    text = base64.b64encode(content).decode()
    guest.says(f"rm -f {path}")
    for at in range(0, len(text), LINE):
        guest.says(f"echo {text[at : at + LINE]} | base64 -d >>{path}")


def rows(said: str, status: int, detail: str) -> Iterator[Row]:
    """What the person found."""
    try:
        found = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        yield Row("the person could speak", False, f"status {status}", detail)
        return
    tries = f"{found['deed'] or 'nothing'}, try {found['tries']}"
    yield Row("the lamp on its broker was told", bool(found["deed"]), tries, detail)
    heard = f"{found['answer_seconds']} s, rms {found['answer_rms']}"
    yield Row("the answer came out of the card", found["answer_seconds"] > 0, heard, detail)
