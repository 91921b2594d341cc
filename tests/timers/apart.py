"""Timers in a process of their own, on the machine's clocks, which may be ahead."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.checkout import ROOT

PROGRAM = """
import asyncio, sys, time
from pathlib import Path
from msgspec.structs import replace
from appliance.config.model import Timers as Config
from appliance.timers.clock import SystemClock
from appliance.timers.service import Timers
from appliance.timers.spoken import parse

class Shifted(SystemClock):
    def now(self):
        now = super().now()
        shift = float(sys.argv[2])
        return replace(now, wall_s=now.wall_s + shift, boot_s=now.boot_s + shift)

class Rooms:
    def ring(self, timer, words): print("ring", words, flush=True); return True
    def hush(self, timer): print("hush", flush=True)
    def announce(self, room, text): return True

async def main():
    timers = Timers(Config(), Path(sys.argv[1]), Rooms(), clock=Shifted(lambda: True))
    await timers.start()
    for sentence in sys.argv[3:]:
        print((await timers.ask(parse(sentence, "en"))).text, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def process(data: Path, shift_s: float, *sentences: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(data), str(shift_s), *sentences,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
