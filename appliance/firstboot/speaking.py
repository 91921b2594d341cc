"""What has to be said, one after the other, by whoever can: the appliance, or eSpeak NG by itself.

The running appliance says it (`announce` on its local socket): it owns the sound card and the voice. Before
it is up, eSpeak NG speaks by itself, but only while no process has the card open: most cards have one
loudspeaker stream, and the appliance must not find it taken. That is another process, ended after some
seconds. What is said goes to it through a pipe: arguments can be read by everybody, and it may be a code.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from pathlib import Path

from appliance.control import ControlClient, NotRunning
from appliance.errors import ControlError

LOG = logging.getLogger(__name__)
MAX_WAITING = 8
STALE_SECONDS = 180.0
DIRECT_SECONDS = 30.0
RETRY_SECONDS = 2.0
CARDS = Path("/proc/asound")


class Speaker:
    """A short queue; what waits too long is dropped, because it is no longer true."""

    def __init__(self, control: Path, cards: Path = CARDS, retry_seconds: float = RETRY_SECONDS) -> None:
        """`control` is the appliance's local socket."""
        self._control = control
        self._cards = cards
        self._retry_seconds = retry_seconds
        self._waiting: deque[tuple[float, str, str]] = deque(maxlen=MAX_WAITING)
        self._more = asyncio.Event()

    def say(self, text: str, language: str) -> None:
        """Say it soon; the oldest gives way when too much waits."""
        now = asyncio.get_running_loop().time()
        if all(text != waiting for _, waiting, _ in self._waiting):
            self._waiting.append((now, text, language))
            self._more.set()

    def forget(self) -> None:
        """What waits is no longer true."""
        self._waiting.clear()

    async def run(self) -> None:
        """Speak for ever; cancel it to end."""
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            since, text, language = self._waiting.popleft()
            await self._say(text, language, since)

    async def _say(self, text: str, language: str, since: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() - since < STALE_SECONDS:
            if await self._announced(text) or await self._direct(text, language):
                return
            await asyncio.sleep(self._retry_seconds)
        LOG.warning("nobody could say: a sentence of %d characters", len(text))

    async def _announced(self, text: str) -> bool:
        try:
            async with ControlClient(self._control) as client:
                await client.ask("announce", text=text)
        except (NotRunning, FileNotFoundError):
            return False
        except ControlError as error:
            LOG.info("the appliance cannot say it now: %s", error.message)
            return False
        return True

    async def _direct(self, text: str, language: str) -> bool:
        if self._control.exists() or not is_free(self._cards):
            return False
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "appliance.firstboot.voice", language, stdin=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(DIRECT_SECONDS):
                await process.communicate(text.encode())
                return process.returncode == 0
        except TimeoutError:
            return False
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def is_free(cards: Path = CARDS) -> bool:
    """Is there a loudspeaker that no process has open? Source: the kernel's proc-guide of ALSA."""
    states = [path.read_text(encoding="ascii").strip() for path in cards.glob("card*/pcm*p/sub*/status")]
    return bool(states) and all(state == "closed" for state in states)
